%% SPDX-License-Identifier: Apache-2.0
%% The end of a process whose native runs on a dirty thread: it is gone for all others at once, whatever the native waits for.
-module(dirty_ends).
-export([main/0]).

main() ->
    process_flag(trap_exit, true),
    killed(fun() -> erts_debug:dirty_io(wait, 3000) end),
    Fifo = fifo(),
    killed(fun() -> file:open(Fifo, [read, raw]) end),
    killed(fun() -> {ok, F} = file:open(Fifo, [read, write, raw]), file:read(F, 10) end),
    file:delete(Fifo),
    many_relations(),
    io:format("~p~n", [purged()]),
    %% Nothing is held up by a native that waits.
    Waits = spawn(fun() -> erts_debug:dirty_io(wait, 1500) end),
    [load(N) || N <- lists:seq(1, 20)],
    literals(),
    io:format("~p~n", [is_process_alive(Waits)]).

killed(Fun) ->
    Self = self(),
    T = ets:new(t, [public]),
    {Pid, M} = spawn_opt(fun() ->
                             register(in_a_native, self()),
                             Own = ets:new(own, [public]),
                             Self ! {ready, Own, erlang:start_timer(1, Self, early), erlang:start_timer(60000, self(), late)},
                             Fun(),
                             ets:insert(T, {came_back})
                         end, [monitor, link]),
    Own = receive {ready, Table, _, _} -> Table end,
    receive after 150 -> ok end,
    Start = erlang:monotonic_time(millisecond),
    exit(Pid, stop),
    Told = [receive {'DOWN', M, process, Pid, R1} -> {down, R1} end, receive {'EXIT', Pid, R2} -> {exit, R2} end],
    M2 = monitor(process, Pid),
    Late = [receive {'DOWN', M2, process, Pid, R3} -> {down, R3} end, catch_link(Pid), exit(Pid, kill), Pid ! hello],
    Seen = [process_info(Pid), process_info(Pid, status), is_process_alive(Pid), lists:member(Pid, processes()), whereis(in_a_native), ets:info(Own),
            register(in_a_native, self()), unregister(in_a_native), catch erlang:suspend_process(Pid) =:= true, erlang:check_process_code(Pid, ?MODULE),
            erlang:garbage_collect(Pid)],
    io:format("~p ~p ~p~n", [Told, lists:droplast(Late), [element(1, X) || X = {'EXIT', _} <- Seen] ++ [X || X <- Seen, not is_tuple(X)]]),
    io:format("~p ~p~n", [erlang:monotonic_time(millisecond) - Start < 1000, ets:tab2list(T)]).

catch_link(Pid) ->
    link(Pid),
    receive {'EXIT', Pid, Reason} -> Reason end.

%% More than are told at a time.
many_relations() ->
    Self = self(),
    Pid = spawn(fun() ->
                    [spawn_link(fun() -> monitor(process, Self), receive after infinity -> ok end end) || _ <- lists:seq(1, 2500)],
                    Self ! ready,
                    erts_debug:dirty_io(wait, 3000)
                end),
    receive ready -> ok end,
    {links, Links} = process_info(Pid, links),
    Ms = [monitor(process, L) || L <- [Pid | Links]],
    receive after 100 -> ok end,
    Start = erlang:monotonic_time(millisecond),
    exit(Pid, many),
    Reasons = [receive {'DOWN', M, process, _, R} -> R end || M <- Ms],
    io:format("~p ~p~n", [lists:usort(Reasons), erlang:monotonic_time(millisecond) - Start < 2000]).

%% The code that the native was called from is purged.
purged() ->
    {module, M} = load(0),
    {Old, M1} = spawn_monitor(fun() -> M:run(fun() -> erts_debug:dirty_io(wait, 3000) end) end),
    {module, M} = load(0),
    {New, M2} = spawn_monitor(fun() -> M:run(fun() -> erts_debug:dirty_io(wait, 3000) end) end),
    receive after 100 -> ok end,
    Start = erlang:monotonic_time(millisecond),
    Checked = [erlang:check_process_code(P, M) || P <- [Old, New]],
    First = {erlang:purge_module(M), receive {'DOWN', M1, _, _, R1} -> R1 end, is_process_alive(New)},
    Second = {erlang:delete_module(M), is_process_alive(New), erlang:purge_module(M), receive {'DOWN', M2, _, _, R2} -> R2 end},
    {Checked, First, Second, erlang:monotonic_time(millisecond) - Start < 1500}.

load(N) ->
    Forms = [{attribute, 1, module, dirty_ends_code}, {attribute, 1, export, [{run, 1}, {text, 0}]},
             {function, 1, run, 1, [{clause, 1, [{var, 1, 'F'}], [], [{call, 1, {var, 1, 'F'}, []}, {call, 1, {atom, 1, text}, []}]}]},
             {function, 1, text, 0, [{clause, 1, [], [], [erl_parse:abstract({literal, N, lists:seq(1, 100)})]}]}],
    {ok, Module, Code} = compile:forms(Forms, []),
    catch erlang:purge_module(Module),
    erlang:load_module(Module, Code).

literals() ->
    T = dirty_ends_code:text(),
    erlang:purge_module(dirty_ends_code),
    erlang:delete_module(dirty_ends_code),
    erlang:purge_module(dirty_ends_code),
    io:format("~p~n", [{element(2, T), length(element(3, T))}]).

fifo() ->
    Name = filename:join("/tmp", "dirty_ends_" ++ os:getpid()),
    os:cmd("mkfifo " ++ Name),
    Name.
