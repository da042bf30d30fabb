%% SPDX-License-Identifier: Apache-2.0
%% gen_server calls.
-module(servercalls).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    {ok, Server} = gen_server:start_link(bench_server, 0, []),
    calls(300000, Server).

calls(0, Server) -> gen_server:stop(Server);
calls(N, Server) -> ok = gen_server:call(Server, {add, N}), calls(N - 1, Server).
