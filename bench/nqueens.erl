%% SPDX-License-Identifier: Apache-2.0
%% Lists and backtracking.
-module(nqueens).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() -> 724 = queens(10), 724 = queens(10), 724 = queens(10), 724 = queens(10).

queens(N) -> place(N, N, []).

place(0, _, _) -> 1;
place(Row, N, Board) -> lists:sum([place(Row - 1, N, [C | Board]) || C <- lists:seq(1, N), safe(C, 1, Board)]).

safe(_, _, []) -> true;
safe(C, D, [Q | Rest]) -> C =/= Q andalso abs(C - Q) =/= D andalso safe(C, D + 1, Rest).
