%% SPDX-License-Identifier: Apache-2.0
%% Small messages one way between two nodes, as fast as they are taken.
-module(dist_small).
-export([main/0]).

main() -> bench_nodes:main(fun(Node) ->
    send(Node, 5000),
    bench_nodes:measured({Node, fun() -> send(Node, 200000) end}) end).

send(Node, Count) ->
    Sink = spawn(Node, bench_nodes, sink, [self(), Count]),
    say(Sink, Count),
    receive {Sink, done} -> ok end.

say(_, 0) -> ok;
say(Sink, N) -> Sink ! {message, {N, some, "text"}}, say(Sink, N - 1).
