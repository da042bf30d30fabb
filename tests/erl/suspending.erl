%% SPDX-License-Identifier: Apache-2.0
%% suspend_process/2: what is told to whom asks without waiting, counts, and waiting for one that is under way.
-module(suspending).
-export([main/0]).

main() ->
    P = spawn(fun() -> receive stop -> ok end end),
    Q = spawn(fun() -> loop(0) end),
    lists:foreach(fun(T) ->
        io:format("~p~n", [[erlang:suspend_process(T, [{asynchronous, a}]), told(), erlang:suspend_process(T, [{asynchronous, {b, [1]}}]), told(), count(T),
                            erlang:suspend_process(T, [unless_suspending]), erlang:suspend_process(T, [unless_suspending, {asynchronous, c}]), told(),
                            erlang:suspend_process(T, [unless_suspending, asynchronous]), erlang:suspend_process(T), count(T),
                            erlang:resume_process(T), erlang:resume_process(T), count(T), erlang:resume_process(T), count(T),
                            catch erlang:resume_process(T) =:= true]])
    end, [P, Q]),
    io:format("~p~n", [[begin erlang:suspend_process(Q, [{asynchronous, N}, unless_suspending]), R = erlang:suspend_process(Q, [unless_suspending]), S = status(Q),
                              erlang:resume_process(Q), T = told(), {R, S, T} end || N <- lists:seq(1, 5)]]),
    exit(Q, kill),
    {Gone, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    io:format("~p ~p~n", [failed(fun() -> erlang:suspend_process(Gone, [{asynchronous, gone}]) end), told()]),
    %% One that ends while it is asked.
    R = spawn(fun() -> receive stop -> ok end end),
    erlang:suspend_process(R, [{asynchronous, first}]),
    io:format("~p~n", [told()]),
    erlang:resume_process(R),
    io:format("~p~n", [lists:usort([outcome() || _ <- lists:seq(1, 300)]) -- [[{x, badarg}], [{x, exited}], [{x, suspended}], []]]),
    io:format("~p~n", [[failed(fun() -> erlang:suspend_process(P, Options) end) || Options <- [[what], [{asynchronous}], x, [{async, 1}]]]]),
    ended_while_suspended().

%% Suspended, killed, and with more links than a slice tells.
ended_while_suspended() ->
    Self = self(),
    P = spawn(fun() -> Self ! {linked, [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 5000)]}, receive stop -> ok end end),
    Monitors = receive {linked, Linked} -> [monitor(process, L) || L <- [P | Linked]] end,
    true = erlang:suspend_process(P),
    exit(P, kill),
    io:format("~p~n", [lists:usort([receive {'DOWN', M, _, _, Reason} -> Reason after 10000 -> still_there end || M <- Monitors])]).

outcome() ->
    {S, M} = spawn_monitor(fun() -> ok end),
    catch erlang:suspend_process(S, [{asynchronous, x}]),
    catch erlang:resume_process(S),
    receive {'DOWN', M, _, _, _} -> ok end,
    receive {x, _} = What -> [What] after 20 -> [] end.

loop(N) -> loop(N + 1).

told() -> receive Message -> Message after 200 -> nothing end.

status(P) -> element(2, process_info(P, status)).

count(P) ->
    {suspending, List} = process_info(self(), suspending),
    case lists:keyfind(P, 1, List) of {_, Active, Outstanding} -> {Active, Outstanding}; false -> none end.

failed(Fun) -> try Fun() catch Class:Reason -> {Class, Reason} end.
