-module(microstates).
-mode(compile).
-export([main/1]).

%% Microstate accounting: what it counts, by properties that do not hang on the machine's speed.
main(_) ->
    say([erlang:system_flag(microstate_accounting, X) || X <- [false, true, true, reset, false, reset, false]]),
    say([catch element(1, element(2, catch erlang:system_flag(microstate_accounting, X))) || X <- [1, foo, undefined]]),
    say({zero, lists:all(fun({_, _, C}) -> lists:sum(maps:values(C)) =:= 0 end, stats())}),
    say({keys, lists:usort([lists:sort(maps:keys(C)) || {_, _, C} <- stats()])}),
    say({types, [T || T <- lists:usort([T || {T, _, _} <- stats()]), T =:= scheduler orelse T =:= poll]}),
    say({schedulers, [I || {scheduler, I, _} <- lists:sort(stats())] =:= lists:seq(1, erlang:system_info(schedulers))}),
    run("sleeping", fun() -> timer:sleep(300) end, fun(C) -> share(sleep, C) > 0.6 end),
    run("computing", fun() -> until(300, fun() -> lists:seq(1, 100) end) end, fun(C) -> maps:get(emulator, C) > 0 andalso maps:get(gc, C) > 0 end),
    run("collecting", fun() -> L = lists:seq(1, 100000), until(300, fun() -> erlang:garbage_collect(), length(L) end) end, fun(C) -> maps:get(gc, C) > 100000 end),
    run("ports", fun() -> P = open_port({spawn, "cat"}, [binary]), until(300, fun() -> port_command(P, "x") end), port_close(P) end, fun(C) -> maps:get(port, C) > 0 end),
    %% The time that each scheduler accounts for is that which has passed.
    erlang:system_flag(microstate_accounting, true), T0 = os:perf_counter(),
    timer:sleep(200), until(100, fun() -> lists:seq(1, 100) end),
    Stats = stats(), T1 = os:perf_counter(),
    erlang:system_flag(microstate_accounting, false),
    say({whole, lists:all(fun({scheduler, _, C}) -> S = lists:sum(maps:values(C)) / (T1 - T0), S > 0.5 andalso S < 1.2; (_) -> true end, Stats)}),
    erlang:system_flag(microstate_accounting, reset),
    %% msacc of runtime_tools.
    msacc:start(50), S2 = msacc:stats(), msacc:stop(),
    say({msacc, [msacc:stats(X, S2) > 0 || X <- [system_realtime, system_runtime]], length(msacc:stats(type, S2)) > 1}),
    msacc:reset().

say(T) -> io:format("~0p~n", [T]).
stats() -> [{T, I, C} || #{type := T, id := I, counters := C} <- erlang:statistics(microstate_accounting)].
until(Ms, F) -> until_(erlang:monotonic_time(millisecond) + Ms, F).
until_(End, F) -> case erlang:monotonic_time(millisecond) >= End of true -> ok; false -> F(), until_(End, F) end.
run(Title, Fun, Check) ->
    erlang:system_flag(microstate_accounting, reset),
    erlang:system_flag(microstate_accounting, true),
    Fun(),
    erlang:system_flag(microstate_accounting, false),
    Sum = lists:foldl(fun({scheduler, _, C}, A) -> maps:map(fun(K, V) -> V + maps:get(K, A, 0) end, C); (_, A) -> A end, #{}, stats()),
    case Check(Sum) of true -> say({Title, true}); false -> say({Title, Sum}) end.
share(K, C) -> maps:get(K, C) / lists:sum(maps:values(C)).
