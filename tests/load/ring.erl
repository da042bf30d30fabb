%% SPDX-License-Identifier: Apache-2.0
%% 10,000 processes in a ring, a token goes round a hundred times. The size counts hops.
-module(ring).
-export([size/0, run/1]).

-define(LAPS, 100).

size() -> 10000 * ?LAPS.

run(Hops) ->
    Count = max(2, Hops div ?LAPS),
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> member(Next) end) end, Self, lists:seq(1, Count - 1)),
    First ! {token, 0},
    Passed = lap(First, ?LAPS),
    First ! stop,
    receive stop -> {{Count, Passed}, []} end.

member(Next) ->
    receive
        {token, N} -> Next ! {token, N + 1}, member(Next);
        stop -> Next ! stop
    end.

lap(_, 1) -> receive {token, N} -> N + 1 end;
lap(First, Left) -> receive {token, N} -> First ! {token, N + 1}, lap(First, Left - 1) end.
