%% SPDX-License-Identifier: Apache-2.0
%% clients.py as seen by load programs that are servers; and what those measure of themselves.
-module(load_clients).
-export([start/1, start/2, ask/3, stop/1, resident/0, bounded/4, processor_us/0, descriptors/0]).

-define(LIMIT_MS, 280000).

%% One program of clients, or several, as a process may have only so many descriptors.
start(TcpPort) -> open(TcpPort).
start(TcpPort, Programs) -> [open(TcpPort) || _ <- lists:seq(1, Programs)].

open(TcpPort) ->
    Script = filename:join(os:getenv("LOAD_DIRECTORY"), "clients.py"),
    open_port({spawn_executable, os:find_executable("python3")}, [{args, [Script, integer_to_list(TcpPort)]}, {line, 1000}, exit_status]).

%% The number that the command gives; of several programs, all work at once and their numbers are added.
ask(Programs, Format, Arguments) when is_list(Programs) ->
    [port_command(Port, [io_lib:format(Format, Arguments), $\n]) || Port <- Programs],
    lists:sum([answer(Port, Format, Arguments) || Port <- Programs]);
ask(Port, Format, Arguments) -> ask([Port], Format, Arguments).

answer(Port, Format, Arguments) ->
    receive
        {Port, {data, {eol, "ok " ++ Number}}} -> list_to_integer(Number);
        {Port, {data, {eol, Line}}} -> exit({lists:flatten(io_lib:format(Format, Arguments)), Line});
        {Port, {exit_status, Status}} -> exit({clients_ended, Status})
    after ?LIMIT_MS -> exit({no_answer, lists:flatten(io_lib:format(Format, Arguments))})
    end.

stop(Programs) when is_list(Programs) -> lists:foreach(fun stop/1, Programs);
stop(Port) -> port_close(Port).

%% Resident memory in bytes, when what has ended is gone and what waits has done so for a while.
resident() ->
    receive after 1000 -> ok end,
    {ok, Status} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Status, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.

%% What one of so many takes; where there are enough of them to tell, with the part of the stock VM's that it may be at most.
bounded(Name, Bytes, Count, Part) when Count >= 1000 -> {Name, Bytes div Count, Part};
bounded(Name, Bytes, Count, _) -> {Name, Bytes div Count}.

%% Of all threads, what they did in the system included; statistics(runtime) leaves that out.
processor_us() -> lists:sum([thread_ns(Path) || Path <- filelib:wildcard("/proc/self/task/*/schedstat")]) div 1000.

thread_ns(Path) ->
    case file:read_file(Path) of
        {ok, Text} -> binary_to_integer(hd(binary:split(Text, <<" ">>)));
        {error, _} -> 0   % it has just ended
    end.

%% How many this process may have.
descriptors() ->
    {ok, Limits} = file:read_file("/proc/self/limits"),
    {match, [Number]} = re:run(Limits, "Max open files +([0-9]+)", [{capture, all_but_first, list}]),
    list_to_integer(Number).
