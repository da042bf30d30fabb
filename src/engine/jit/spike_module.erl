%% SPDX-License-Identifier: Apache-2.0
%% What the tests of the JIT run, native and interpreted. Compiled into spike_module.inc by tools/beam-bytes; the tests know its lines by
%% number.
-module(spike_module).
-export([fib/1, fibs/1, fails/1, wraps/1, nested/1, caught/1, caught_in_native/1, caught_in_both/1, keeps/2, garbage/2]).

fib(N) when N < 2 -> N;
fib(N) ->
    fib(N - 1) +
        fib(N - 2).

fibs([]) -> [];
fibs([N | Rest]) -> [fib(N) | fibs(Rest)].

fails(X) ->
    ok = X.

wraps(X) ->
    {wrapped, fails(X)}.

nested(X) ->
    [wraps(X)].

caught(X) ->
    try nested(X) catch Class:Reason:Trace -> {Class, Reason, Trace} end.

caught_in_native(X) ->
    catch nested(X).

caught_in_both(X) ->
    try {caught_in_native(X), wraps(X)} catch Class:Reason:Trace -> {Class, Reason, Trace} end.

keeps(N, Term) ->
    Made = garbage(N, []),
    {Made, Term}.

garbage(0, [Last | _]) -> Last;
garbage(N, _) when N rem 50 =:= 0 -> garbage(N - 1, [{N}]);
garbage(N, List) -> garbage(N - 1, [{N} | List]).
