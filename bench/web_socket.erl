%% SPDX-License-Identifier: Apache-2.0
%% Messages of 100 bytes echoed by a WebSocket handler of Cowboy: 20,000 on 50 connections. The server's processor time.
-module(web_socket).
-export([main/0]).

main() ->
    Port = bench_web:listen(),
    client(Port, 20),
    Started = bench_web:cpu_ns(),
    client(Port, 400),
    bench_web:report(bench_web:cpu_ns() - Started).

client(Port, Rounds) ->
    Script = filename:join(os:getenv("BENCH_DIRECTORY"), "websocket_client.py"),
    bench_web:run("python3", [Script, integer_to_list(Port), "50", integer_to_list(Rounds)]).
