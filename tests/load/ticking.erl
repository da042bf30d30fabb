%% SPDX-License-Identifier: Apache-2.0
%% Endless loops, one more than there are schedulers, beside a timer that ticks every 10 ms; how late its ticks come is printed.
-module(ticking).
-export([size/0, run/1]).

-define(PERIOD_MS, 10).

size() -> 500.

run(Ticks) ->
    Loops = [spawn(fun() -> loop(0) end) || _ <- lists:seq(0, erlang:system_info(schedulers_online))],
    Start = erlang:monotonic_time(millisecond),
    Late = lists:sort([tick(Start + N * ?PERIOD_MS) || N <- lists:seq(1, Ticks)]),
    [exit(Loop, kill) || Loop <- Loops],
    {length(Late), [{late_median_us, lists:nth(length(Late) div 2 + 1, Late)}, {late_99_us, lists:nth(length(Late) * 99 div 100 + 1, Late)}, {late_most_us, lists:last(Late)}]}.

tick(At) ->
    Timer = erlang:start_timer(At, self(), tick, [{abs, true}]),
    receive {timeout, Timer, tick} -> max(0, erlang:monotonic_time(microsecond) - At * 1000) end.

loop(N) -> loop(N + 1).
