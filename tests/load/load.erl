%% SPDX-License-Identifier: Apache-2.0
%% Runs one load program and says what came out and whether everything is back afterwards:
%%
%%   result TERM            the same on both machines
%%   figure NAME VALUE [OF_STOCK]   times and the like, for people; the part of the stock VM's that it may be at most
%%   back NAME BEFORE AFTER yes|no
%%
%% A load program exports size/0, how much is its whole, and run/1, which does that much and gives {Result, [{Name, Value} | {Name, Value, OfStock}]}. A small run goes
%% first, so that code is loaded and what is kept for good is there before anything is counted.
-module(load).
-export([main/1]).

-define(SETTLING_MS, 20000).
-define(MEMORY_SLACK, (8 bsl 20)).

main([Name, Scale]) ->
    logger:set_primary_config(level, none),
    Program = list_to_atom(Name),
    Whole = Program:size(),
    Size = max(1, round(Whole * number(Scale))),
    _ = run(Program, max(1, min(Size div 10, Whole div 1000))),
    Before = settled(counted(), 0),
    {Microseconds, {Result, Figures}} = timer:tc(fun() -> run(Program, Size) end),
    After = back(Before, erlang:monotonic_time(millisecond) + ?SETTLING_MS),
    io:format("result ~0p~n", [{Size, Result}]),
    [io:format("figure~s~n", [[io_lib:format(" ~0p", [Part]) || Part <- tuple_to_list(Figure)]]) || Figure <- [{wall_ms, Microseconds div 1000} | Figures]],
    [io:format("back ~s ~b ~b ~s~n", [What, Was, Is, case is_back(What, Was, Is) of true -> "yes"; false -> "no" end]) ||
        {{What, Was}, {What, Is}} <- lists:zip(Before, After)],
    erlang:halt(0).

number(Text) ->
    try list_to_float(Text) catch error:badarg -> list_to_integer(Text) end.

%% In a process of its own, whose heap goes with it.
run(Program, Size) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({ran, Program:run(Size)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {ran, Outcome}} -> Outcome;
        {'DOWN', Monitor, process, Pid, Reason} -> io:format("result ~0p~n", [{died, Reason}]), erlang:halt(1)
    end.

counted() ->
    [garbage_collect(Pid) || Pid <- processes()],
    {ok, Descriptors} = file:list_dir("/proc/self/fd"),
    [{memory, erlang:memory(total)}, {processes, erlang:system_info(process_count)}, {ports, erlang:system_info(port_count)}, {descriptors, length(Descriptors)}].

%% What ends on its own after the small run is not counted as there before.
settled(Last, Rounds) ->
    receive after 100 -> ok end,
    Now = counted(),
    case Rounds < 20 andalso tl(Now) =/= tl(Last) of
        true -> settled(Now, Rounds + 1);
        false -> Now
    end.

back(Before, Deadline) ->
    Now = counted(),
    Is = lists:all(fun({{What, Was}, {What, Value}}) -> is_back(What, Was, Value) end, lists:zip(Before, Now)),
    case Is orelse erlang:monotonic_time(millisecond) > Deadline of
        true -> Now;
        false -> receive after 100 -> back(Before, Deadline) end
    end.

is_back(memory, Was, Is) -> Is =< Was + ?MEMORY_SLACK;
is_back(_, Was, Is) -> Is =< Was.
