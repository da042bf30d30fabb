%% SPDX-License-Identifier: Apache-2.0
%% Runs the parts of a program one after the other, each in a process of its own, and prints the processor time of each, the
%% system's for it included: `cpu_ns N PART`. Of these only the ones named by the emulator's flags `-part NAME`, where there are any.
-module(bench_parts).
-export([run/1]).

run(Parts) ->
    Wanted = [Name || {part, Names} <- init:get_arguments(), Name <- Names],
    [run(text(Name), Part) || {Name, Part} <- Parts, Wanted =:= [] orelse lists:member(text(Name), Wanted)].

text(Name) when is_atom(Name) -> atom_to_list(Name);
text(Name) -> Name.

run(Name, Part) ->
    {Runner, Monitor} = spawn_monitor(fun() ->
        T0 = processor_ns(),
        Part(),
        T1 = processor_ns(),
        io:format("cpu_ns ~w ~s~n", [T1 - T0, Name])
    end),
    receive {'DOWN', Monitor, process, Runner, Reason} -> normal = Reason end.

%% What all threads have taken. statistics(runtime) leaves out what the system does for them, page faults and calls.
processor_ns() ->
    {ok, Threads} = file:list_dir("/proc/self/task"),
    lists:sum([processor_ns("/proc/self/task/" ++ Thread ++ "/schedstat") || Thread <- Threads]).

processor_ns(Name) ->
    case file:read_file(Name) of
        {ok, Text} -> binary_to_integer(hd(binary:split(Text, <<" ">>)));
        {error, enoent} -> 0
    end.
