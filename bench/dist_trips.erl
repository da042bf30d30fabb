%% SPDX-License-Identifier: Apache-2.0
%% Round trips of a small message between two nodes.
-module(dist_trips).
-export([main/0]).

main() -> bench_nodes:main(fun(Node) ->
    Echo = spawn(Node, bench_nodes, echo, []),
    trips(Echo, 2000),
    bench_nodes:measured({Node, fun() -> trips(Echo, 10000) end}) end).

trips(_, 0) -> ok;
trips(Echo, N) -> Echo ! {self(), N}, receive {Echo, N} -> trips(Echo, N - 1) end.
