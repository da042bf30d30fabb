# SPDX-License-Identifier: Apache-2.0
# Schedulers online, multi-scheduling blocked and by whom, processes bound to a scheduler.
cat > t.erl <<'X'
-module(t).
-export([main/0]).

show(X) -> io:format("~w~n", [X]).
flag(K, V) -> erlang:system_flag(K, V).
info(K) -> erlang:system_info(K).

%% The stock machine's dirty schedulers come and go a little later.
state(Wanted) -> state(Wanted, 500).
state(Wanted, N) ->
    case info(all_schedulers_state) of
        Wanted -> show(Wanted);
        Other when N =:= 0 -> show({instead, Other});
        _ -> receive after 10 -> state(Wanted, N - 1) end
    end.
state(Normal, Cpu, Io) -> state([{normal, 4, element(1, Normal), element(2, Normal)}, {dirty_cpu, 4, element(1, Cpu), element(2, Cpu)}, {dirty_io, 10, 10, Io}]).

reason(F) -> try F() catch C:R -> {C, R} end.

main() ->
    state({4, 4}, {4, 4}, 10),
    show(flag(multi_scheduling, block_normal)),
    state({4, 1}, {4, 4}, 10),
    show({info(schedulers_state), info(schedulers_active), info(schedulers_online)}),
    show([self()] =:= info(normal_multi_scheduling_blockers)),
    show(info(multi_scheduling_blockers)),
    show(flag(schedulers_online, 2)),
    state({2, 1}, {2, 2}, 10),
    show(flag(multi_scheduling, block)),
    show(flag(multi_scheduling, block)),
    state({2, 1}, {2, 0}, 0),
    show([self()] =:= info(multi_scheduling_blockers)),
    %% What waits for a dirty scheduler goes on all the same.
    show(element(1, file:read_file_info("t.erl"))),
    show(lists:sum(binary_to_list(zlib:compress(binary:copy(<<"x">>, 100000)))) > 0),
    show(flag(multi_scheduling, unblock_normal)),
    show(info(normal_multi_scheduling_blockers)),
    show(flag(multi_scheduling, unblock)),
    show(info(multi_scheduling)),
    show(flag(multi_scheduling, unblock)),
    show(info(multi_scheduling)),
    show(flag(multi_scheduling, unblock)),
    state({2, 2}, {2, 2}, 10),
    show(flag(schedulers_online, 4)),
    state({4, 4}, {4, 4}, 10),
    show(flag(dirty_cpu_schedulers_online, 2)),
    state({4, 4}, {2, 2}, 10),
    show(flag(schedulers_online, 2)),
    state({2, 2}, {1, 1}, 10),
    show(reason(fun() -> flag(dirty_cpu_schedulers_online, 3) end)),
    show(flag(dirty_cpu_schedulers_online, 2)),
    show(flag(schedulers_online, 4)),
    state({4, 4}, {4, 4}, 10),
    [show({K, V, reason(fun() -> flag(K, V) end)})
     || {K, Vs} <- [{schedulers_online, [0, 5, a]}, {dirty_cpu_schedulers_online, [0, 5, a]}, {multi_scheduling, [x, true]}], V <- Vs],
    %% Who blocks and ends has blocked no more.
    {Pid, Monitor} = spawn_monitor(fun() -> show(flag(multi_scheduling, block)), show(flag(multi_scheduling, block_normal)), receive stop -> ok end end),
    receive after 100 -> ok end,
    show({[Pid] =:= info(multi_scheduling_blockers), info(multi_scheduling)}),
    show(flag(multi_scheduling, unblock)),
    Pid ! stop,
    receive {'DOWN', Monitor, _, _, Reason} -> show(Reason) end,
    state({4, 4}, {4, 4}, 10),
    show(info(multi_scheduling)),
    bound(),
    tasks(),
    halt().

%% A task that does nothing is answered in its turn, also by who runs all the time, and by who is gone.
tasks() ->
    Busy = spawn_opt(fun Loop() -> Loop() end, [{priority, low}]),
    {Gone, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, _, _, normal} -> ok end,
    [begin
         Ref = make_ref(),
         show(reason(fun() -> erts_internal:request_system_task(Pid, Priority, {system_task_test, Ref}) end)),
         show(receive {system_task_test, Ref, Answer} -> Answer after 5000 -> nothing end)
     end || Pid <- [Busy, self(), Gone], Priority <- [low, normal, max]],
    show(reason(fun() -> erts_internal:request_system_task(Busy, low, {system_task_tset, make_ref()}) end)),
    exit(Busy, kill).

bound() ->
    Self = self(),
    Loop = fun Loop() -> receive ask -> Self ! {self(), info(scheduler_id)}, Loop(); {bind, N} -> Self ! {self(), {process_flag(scheduler, N), info(scheduler_id)}}, Loop() end end,
    Ask = fun(P, What) -> P ! What, receive {P, Answer} -> Answer after 500 -> nothing end end,
    Pids = [spawn_opt(Loop, [{scheduler, N}]) || N <- [1, 2, 3, 4]],
    [show([Ask(P, ask) || P <- Pids]) || _ <- lists:seq(1, 20)],
    show([Ask(P, {bind, 5 - N}) || {P, N} <- lists:zip(Pids, [1, 2, 3, 4])]),
    [show([Ask(P, ask) || P <- Pids]) || _ <- lists:seq(1, 5)],
    %% One whose scheduler goes offline waits for its return.
    flag(schedulers_online, 2),
    show([Ask(P, ask) || P <- Pids]),
    flag(schedulers_online, 4),
    show(lists:sort([receive {_, N} -> N after 5000 -> late end || _ <- [1, 2]])),
    show([element(1, Ask(P, {bind, 0})) || P <- Pids]),
    show(process_flag(scheduler, 0)),
    [show(reason(fun() -> process_flag(scheduler, V) end)) || V <- [5, -1, a]],
    [show(reason(fun() -> spawn_opt(fun() -> ok end, [{scheduler, V}]) end)) || V <- [5, -1, a]],
    %% Bound ones among others that are not, and each where it belongs.
    Work = fun Work(0, _) -> ok; Work(N, Where) -> Where =:= any orelse Where =:= info(scheduler_id) orelse exit(elsewhere), lists:seq(1, 500), Work(N - 1, Where) end,
    Monitors = [element(2, spawn_opt(fun() -> Work(2000, Where) end, [monitor | [{scheduler, Where} || Where =/= any]])) || Where <- [1, any, 2, any, 1, any, 3, 1], _ <- [1, 2, 3]],
    show(lists:usort([receive {'DOWN', M, _, _, Why} -> Why end || M <- Monitors])).
X
erlc t.erl || exit 1
erl +S 4:4 +SDcpu 4:4 -noshell -s t main 2>&1
# Schedulers that wait for descriptors themselves.
for flags in "" "+IOs true" "+IOs false"; do
  erl $flags -noshell -eval 'io:format("~w~n", [length([S || S <- erlang:system_info(check_io), proplists:get_value(fallback, S) =:= false, proplists:get_value(poll_threads, S) =:= 0])]), halt().'
done
