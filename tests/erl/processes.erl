%% SPDX-License-Identifier: Apache-2.0
%% Processes: messages, selective receive, timeouts, links, monitors, aliases, names, dictionary, info.
-module(processes).
-mode(compile).
-export([main/1, echo/0, sleeper/0]).

main(_) ->
    process_flag(trap_exit, true),
    Echo = spawn(?MODULE, echo, []),
    Echo ! {self(), hello}, receive {Echo, R1} -> io:format("~p~n", [R1]) end,
    self() ! c, self() ! a, self() ! b,
    io:format("~p~n", [[receive a -> a end, receive b -> b end, receive X -> X end]]),
    io:format("~p~n", [receive never -> never after 20 -> timeout end]),
    io:format("~p~n", [receive never -> never after 0 -> none end]),
    Pid = spawn_link(fun() -> exit(done) end), receive {'EXIT', Pid, W1} -> io:format("~p~n", [W1]) end,
    Crash = spawn_link(fun() -> exit(self(), kill), receive after infinity -> ok end end),
    receive {'EXIT', Crash, W2} -> io:format("~p~n", [W2]) end,
    {P3, M3} = spawn_monitor(?MODULE, sleeper, []), exit(P3, stop),
    receive {'DOWN', M3, process, P3, W3} -> io:format("~p~n", [W3]) end,
    M4 = monitor(process, no_such_name), receive {'DOWN', M4, process, N4, W4} -> io:format("~p~n", [{N4, W4}]) end,
    register(sleepy, P5 = spawn(?MODULE, sleeper, [])), io:format("~p~n", [whereis(sleepy) =:= P5]),
    M5 = monitor(process, sleepy), exit(P5, kill), receive {'DOWN', M5, process, {N5, _}, W5} -> io:format("~p~n", [{N5, W5}]) end,
    io:format("~p~n", [whereis(sleepy)]),
    Alias = alias([reply]), Self = self(),
    spawn(fun() -> Alias ! {first, 1}, Alias ! {second, 2}, Self ! sent end),
    receive {first, 1} -> io:format("aliased~n") end, receive sent -> ok end,
    io:format("~p~n", [receive {second, 2} -> wrong after 20 -> dropped end]),
    put(key, value), put(other, 1), io:format("~p ~p ~p ~p~n", [get(key), put(key, v2), erase(key), lists:sort(get())]),
    io:format("~p~n", [process_info(self(), [trap_exit, priority, message_queue_len, registered_name])]),
    io:format("~p~n", [is_process_alive(P5)]),
    Ring = lists:foldl(fun(_, Next) -> spawn(fun() -> receive M -> Next ! M + 1 end end) end, self(), lists:seq(1, 1000)),
    Ring ! 0, receive Count when is_integer(Count) -> io:format("ring ~p~n", [Count]) end,
    T = erlang:start_timer(10, self(), tick), receive {timeout, T, Tick} -> io:format("~p~n", [Tick]) end,
    T2 = erlang:send_after(100000, self(), never), io:format("~p ~p~n", [is_integer(erlang:cancel_timer(T2)), erlang:cancel_timer(T2)]),
    Workers = [spawn_monitor(fun() -> exit({result, N * N}) end) || N <- lists:seq(1, 50)],
    io:format("~p~n", [[receive {'DOWN', Ref, process, P, {result, V}} -> V end || {P, Ref} <- Workers]]).

echo() -> receive {From, Message} -> From ! {self(), Message}, echo() end.
sleeper() -> receive after infinity -> ok end.
