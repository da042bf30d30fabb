%% SPDX-License-Identifier: Apache-2.0
%% A recursion ten million deep that is no tail call, twice: counting up, and an exception that passes all frames.
-module(deep).
-export([size/0, run/1]).

size() -> 10000000.

run(Depth) ->
    Sum = sum(Depth),
    Caught = try fall(Depth) catch throw:Reached -> Reached end,
    {{Sum, Caught}, []}.

sum(0) -> 0;
sum(N) -> N + sum(N - 1).

fall(0) -> throw(bottom);
fall(N) -> [N | fall(N - 1)].
