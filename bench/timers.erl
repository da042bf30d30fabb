%% SPDX-License-Identifier: Apache-2.0
%% Timers: started and cancelled, read, fired, and as the limit of a receive.
-module(timers).
-export([main/0]).

main() ->
    bench_parts:run([
        {cancelled, fun() -> cancelled(700000) end},
        {many_cancelled, fun() -> [many_cancelled(100000) || _ <- lists:seq(1, 4)] end},
        {fired, fun() -> [fired(100000) || _ <- lists:seq(1, 4)] end},
        {receive_limit, fun() -> receive_limit(1000000) end},
        {receive_fired, fun() -> receive_fired(20000) end}
    ]).

cancelled(0) -> ok;
cancelled(N) ->
    Timer = erlang:send_after(60000 + N rem 5000, self(), late),
    true = is_integer(erlang:cancel_timer(Timer)),
    cancelled(N - 1).

many_cancelled(N) ->
    Timers = [erlang:start_timer(10000 + I * 7919 rem 90001, self(), I) || I <- lists:seq(1, N)],
    [true = is_integer(erlang:read_timer(Timer)) || Timer <- Timers],
    [true = is_integer(erlang:cancel_timer(Timer)) || Timer <- Timers].

fired(N) ->
    [erlang:send_after(I * 7919 rem 101, self(), fired) || I <- lists:seq(1, N)],
    collect(N).

collect(0) -> ok;
collect(N) -> receive fired -> collect(N - 1) end.

%% A limit that is never reached: each message takes it back.
receive_limit(0) -> ok;
receive_limit(N) ->
    self() ! N,
    receive N -> ok after 5000 -> exit(late) end,
    receive never -> exit(never) after 0 -> receive_limit(N - 1) end.

receive_fired(N) ->
    Parent = self(),
    [spawn(fun() -> receive never -> ok after I rem 50 + 1 -> receive never -> ok after 5 -> Parent ! fired end end end) || I <- lists:seq(1, N)],
    collect(N).
