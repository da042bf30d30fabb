%% SPDX-License-Identifier: Apache-2.0
%% Echo over loopback: twenty connections, both ends in this machine, packets of 200 bytes; the server is active once, the client
%% passive. The processor time of the whole run counts, that of the system included.
-module(tcp_echo).
-export([main/0]).

-define(CONNECTIONS, 20).
-define(ROUNDS, 3000).

main() ->
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {packet, 2}, {nodelay, true}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(L),
    spawn_link(fun() -> accept(L) end),
    Me = self(),
    Clients = [spawn_link(fun() -> client(Port, ?ROUNDS, Me) end) || _ <- lists:seq(1, ?CONNECTIONS)],
    [receive {C, done} -> ok end || C <- Clients].

accept(L) ->
    case gen_tcp:accept(L) of
        {ok, S} ->
            Server = spawn(fun() -> receive go -> serve(S) end end),
            ok = gen_tcp:controlling_process(S, Server),
            Server ! go,
            accept(L);
        {error, _} -> ok
    end.

serve(S) ->
    ok = inet:setopts(S, [{active, once}]),
    receive
        {tcp, S, Data} -> ok = gen_tcp:send(S, Data), serve(S);
        {tcp_closed, S} -> ok
    end.

client(Port, Rounds, Parent) ->
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, 2}, {nodelay, true}]),
    Data = binary:copy(<<"x">>, 200),
    rounds(C, Data, Rounds),
    gen_tcp:close(C),
    Parent ! {self(), done}.

rounds(_, _, 0) -> ok;
rounds(C, Data, N) ->
    ok = gen_tcp:send(C, Data),
    {ok, Data} = gen_tcp:recv(C, 0),
    rounds(C, Data, N - 1).
