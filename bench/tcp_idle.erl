%% SPDX-License-Identifier: Apache-2.0
%% Resident memory of an idle gen_tcp socket with its process, active and waiting: the difference between 4,000 and 8,000 of them.
-module(tcp_idle).
-export([main/0]).

main() ->
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 1024}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(L),
    start(L, Port, 2000),
    First = resident(),
    start(L, Port, 2000),
    Second = resident(),
    io:format("bytes ~w~n", [(Second - First) div 4000]).

start(_, _, 0) -> timer:sleep(1000), erlang:garbage_collect();
start(L, Port, N) ->
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    {ok, S} = gen_tcp:accept(L),
    [begin
         Owner = spawn(fun() -> receive go -> ok end, inet:setopts(X, [{active, true}]), receive stop -> ok end end),
         ok = gen_tcp:controlling_process(X, Owner),
         Owner ! go
     end || X <- [C, S]],
    start(L, Port, N - 1).

resident() ->
    {ok, Status} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Status, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.
