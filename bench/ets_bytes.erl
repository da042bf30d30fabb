%% SPDX-License-Identifier: Apache-2.0
%% Resident memory of a row of a large table of small rows.
-module(ets_bytes).
-export([main/0]).

main() ->
    T = ets:new(t, [set]),
    fill(T, 1000000, 1),
    Before = resident(),
    fill(T, 3000000, 1000001),
    io:format("bytes ~w~n", [(resident() - Before) div 2000000]).

fill(_, Last, N) when N > Last -> ok;
fill(T, Last, N) -> ets:insert(T, {N, N}), fill(T, Last, N + 1).

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
