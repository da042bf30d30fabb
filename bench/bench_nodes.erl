%% SPDX-License-Identifier: Apache-2.0
%% A second node on loopback, of the same VM, for programs that measure what two nodes say to each other. Both nodes' processor time
%% counts, that of the system included.
-module(bench_nodes).
-export([main/1, measured/1, sink/2, echo/0]).

%% The epmd is bench.py's.
main(Work) ->
    application:set_env(kernel, inet_dist_use_interface, {127, 0, 0, 1}),
    {ok, _} = net_kernel:start(['bench@127.0.0.1', longnames]),
    erlang:set_cookie(bench),
    {ok, Peer, Node} = peer:start(#{name => other, host => "127.0.0.1", longnames => true, wait_boot => 120000,
                                    args => ["-setcookie", "bench", "-kernel", "inet_dist_use_interface", "{127,0,0,1}",
                                             "-pa", filename:dirname(code:which(?MODULE))]}),
    try io:format("cpu_ns ~w~n", [Work(Node)])
    after peer:stop(Peer)
    end.

%% Processor time in ns that the two nodes take for it.
measured({Node, F}) ->
    Before = cpu() + erpc:call(Node, fun cpu/0),
    F(),
    cpu() + erpc:call(Node, fun cpu/0) - Before.

cpu() ->
    {ok, Stat} = file:read_file("/proc/" ++ os:getpid() ++ "/stat"),
    [_, After] = string:split(Stat, ")", trailing),
    Fields = string:lexemes(After, " \n"),
    (binary_to_integer(lists:nth(12, Fields)) + binary_to_integer(lists:nth(13, Fields))) * 10000000.

sink(From, 0) -> From ! {self(), done};
sink(From, N) -> receive {message, _} -> sink(From, N - 1) end.

echo() -> receive {From, Term} -> From ! {self(), Term}, echo(); stop -> ok end.
