%% SPDX-License-Identifier: Apache-2.0
%% Questions that other processes, or the machine, must answer: in order, before their turn, beside a native on another thread.
-module(process_questions).
-mode(compile).
-export([main/1]).

main(_) ->
    %% how many funs there are of an entry
    F = adder(1),
    p(refc_one, erlang:fun_info(F, refc)),
    G = adder(2),
    p(refc_two, erlang:fun_info(F, refc)),
    T = ets:new(t, [public]),
    ets:insert(T, [{a, F}, {b, [G, G]}]),
    p(refc_table, erlang:fun_info(F, refc)),
    Main = self(),
    Holder = spawn(fun() -> receive {keep, H} -> Main ! kept, receive stop -> H end end end),
    Holder ! {keep, F},
    receive kept -> ok end,
    p(refc_other, erlang:fun_info(F, refc)),
    Holder ! {queued, {F, F}},
    p(refc_message, erlang:fun_info(F, refc)),
    exit(Holder, kill),
    ets:delete(T),
    _ = erlang:process_info(self(), messages),
    gone(Holder),
    p(refc_back, erlang:fun_info(F, refc)),
    p(sum, F(1) + G(1)),
    p(refc_export, erlang:fun_info(fun lists:map/2, refc)),

    %% queued messages count towards the largest heap
    {Full, M} = spawn_opt(fun() -> receive never -> ok end end,
                          [monitor, {max_heap_size, #{size => 2000, kill => true, error_logger => false}}, {message_queue_data, on_heap}]),
    [Full ! lists:seq(1, 100) || _ <- lists:seq(1, 30)],
    _ = erlang:process_info(Full, message_queue_len),
    erlang:garbage_collect(Full),
    p(full, receive {'DOWN', M, process, Full, R} -> R after 10000 -> alive end),

    %% its stack as text
    Waiting = spawn(fun() -> waiting(<<"seen">>) end),
    wait_until(fun() -> process_info(Waiting, status) =:= {status, waiting} end),
    {backtrace, Text} = process_info(Waiting, backtrace),
    p(backtrace, [binary:match(Text, Part) =/= nomatch || Part <- [<<"Program counter: 0x">>, <<"process_questions:waiting/1">>, <<"Return addr 0x">>,
                                                                  <<"y(0)">>, <<"<<\"seen\">>">>, <<"<terminate process normally>">>]]),
    exit(Waiting, kill),

    %% one that runs on a dirty thread
    Dirty = spawn(fun() -> erts_debug:dirty_io(ready_wait6_done, Main), receive stop -> ok end end),
    receive {ready, Dirty} -> ok end,
    p(dirty_alive, is_process_alive(Dirty)),
    p(dirty_status, process_info(Dirty, status)),
    Leader = group_leader(),
    p(dirty_leader, {group_leader(whereis(init), Dirty), process_info(Dirty, group_leader) =:= {group_leader, whereis(init)}}),
    true = group_leader(Leader, Dirty),
    Dirty ! one,
    p(dirty_messages, process_info(Dirty, messages)),
    D = monitor(process, Dirty),
    exit(Dirty, bang),
    p(dirty_ends, try group_leader(Leader, Dirty) catch error:E -> E end),
    p(dirty_down, receive {'DOWN', D, _, _, Why} -> Why after 30000 -> still_there end),
    p(dirty_kinds, {erts_debug:dirty_cpu(scheduler, type), erts_debug:dirty_io(scheduler, type), erts_debug:dirty(normal, scheduler, type),
                    erts_debug:dirty(dirty_cpu, reschedule, 20), catch_error(fun() -> erts_debug:dirty_io(error, badarith) end)}),

    %% a low process is asked by a max one while others of high priority keep all schedulers busy
    Low = spawn_opt(fun() -> receive stop -> ok end end, [{priority, low}]),
    Busy = [spawn_opt(fun busy/0, [{priority, high}]) || _ <- lists:seq(1, 2 * erlang:system_info(schedulers))],
    process_flag(priority, max),
    receive after 50 -> ok end,
    Leaders = [{group_leader(whereis(init), Low), group_leader(Leader, Low)} || _ <- [1, 2, 3]],
    Collected = erlang:garbage_collect(Low),
    L = monitor(process, Low),
    exit(Low, over),
    Ends = {is_process_alive(Low), receive {'DOWN', L, _, _, O} -> O end},
    process_flag(priority, normal),
    [exit(B, kill) || B <- Busy],
    p(low, {Leaders, Collected, Ends}),     % not before: what prints has a lower priority too

    p(own, [lists:member(N, erlang:system_info(snifs)) || N <- [{erlang, apply, 3}, {erlang, memory, 0}, {ets, all, 0}, {lists, reverse, 2}]]),
    p(built_in, [erlang:is_builtin(erlang, N, A) || {N, A} <- [{apply, 3}, {yield, 0}, {memory, 0}, {self, 0}]]).

p(Name, Value) -> io:format("~p: ~p~n", [Name, Value]).

adder(N) -> fun(X) -> X + N end.

waiting(Text) ->
    receive stop -> ok end,
    Text.

busy() ->
    lists:foldl(fun(X, A) -> (X * A) rem 1000003 end, 1, lists:seq(1, 200)),
    busy().

gone(Pid) ->
    M = monitor(process, Pid),
    receive {'DOWN', M, _, _, _} -> ok end.

wait_until(Test) ->
    case Test() of
        true -> ok;
        false -> receive after 1 -> ok end, wait_until(Test)
    end.

catch_error(Fun) -> try Fun() catch error:E -> E end.
