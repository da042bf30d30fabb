%% SPDX-License-Identifier: Apache-2.0
%% Calls and small integers.
-module(fib).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() -> fib(32).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
