%% SPDX-License-Identifier: Apache-2.0
%% Binaries of 64 KB one way between two nodes.
-module(dist_binaries).
-export([main/0]).

main() -> bench_nodes:main(fun(Node) ->
    Data = binary:copy(<<"b">>, 64 * 1024),
    send(Node, Data, 200),
    bench_nodes:measured({Node, fun() -> send(Node, Data, 5000) end}) end).

send(Node, Data, Count) ->
    Sink = spawn(Node, bench_nodes, sink, [self(), Count]),
    [Sink ! {message, Data} || _ <- lists:seq(1, Count)],
    receive {Sink, done} -> ok end.
