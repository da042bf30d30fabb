%% SPDX-License-Identifier: Apache-2.0
%% Allocation and collection: binary trees.
-module(trees).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() -> [check(make(14)) || _ <- lists:seq(1, 300)].

make(0) -> leaf;
make(D) -> {make(D - 1), make(D - 1)}.

check(leaf) -> 1;
check({L, R}) -> check(L) + check(R) + 1.
