%% SPDX-License-Identifier: Apache-2.0
%% Resident memory of an idle process waiting in receive: the difference between 100,000 and 200,000 of them.
-module(idle).
-export([main/0]).

main() ->
    start(100000),
    First = resident(),
    start(100000),
    Second = resident(),
    io:format("bytes ~w~n", [(Second - First) div 100000]).

start(0) -> timer:sleep(500);
start(N) -> spawn(fun() -> receive stop -> ok end end), start(N - 1).

resident() ->
    {ok, Status} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Status, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
