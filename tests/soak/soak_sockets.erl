%% SPDX-License-Identifier: Apache-2.0
%% Sockets on loopback: streams in all modes, datagrams, the module `socket`, refused and cut connections.
-module(soak_sockets).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3, one_of/1]).

-define(HERE, {127, 0, 0, 1}).
-define(LIMIT_MS, 300000).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([soak_help:elsewhere(Fun) || Fun <- [fun streams/0, fun packets/0, fun datagrams/0, fun sockets/0, fun refused/0, fun cut/0]]), none}.

listen(Options) ->
    {ok, Listener} = gen_tcp:listen(0, [binary, {ip, ?HERE}, {reuseaddr, true}, {active, false}, {backlog, 64} | Options]),
    {ok, Port} = inet:port(Listener),
    {Listener, Port}.

%% Several clients send much and read it back, in any mode.
streams() ->
    {Listener, Port} = listen([]),
    Clients = 1 + rand:uniform(4),
    Server = spawn_link(fun() -> [accept(Listener) || _ <- lists:seq(1, Clients)], receive done -> ok end end),
    Good = soak_help:all_elsewhere([fun() ->
        {ok, Socket} = gen_tcp:connect(?HERE, Port, [binary, {active, false}]),
        Data = rand:bytes(1000 + rand:uniform(200000)),
        Sender = spawn_link(fun() -> ok = gen_tcp:send(Socket, Data) end),
        Back = read(one_of([passive, once, true, 3]), Socket, byte_size(Data)),
        soak_help:gone(Sender),
        ok = gen_tcp:close(Socket),
        same(stream, erlang:md5(Data), erlang:md5(Back))
    end || _ <- lists:seq(1, Clients)]),
    Server ! done,
    soak_help:gone(Server),
    ok = gen_tcp:close(Listener),
    lists:sum(Good).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener, ?LIMIT_MS),
    Pid = spawn_link(fun() -> receive go -> echo(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go.

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Data} -> ok = gen_tcp:send(Socket, Data), echo(Socket);
        {error, closed} -> gen_tcp:close(Socket)
    end.

read(passive, Socket, Bytes) -> {ok, Data} = gen_tcp:recv(Socket, Bytes, ?LIMIT_MS), Data;
read(Mode, Socket, Bytes) ->
    ok = inet:setopts(Socket, [{active, Mode}]),
    Data = active(Mode, Socket, Bytes, []),
    ok = inet:setopts(Socket, [{active, false}]),
    Data.

active(_, _, 0, Data) -> iolist_to_binary(lists:reverse(Data));
active(Mode, Socket, Left, Data) ->
    receive
        {tcp, Socket, More} ->
            Mode =/= once orelse inet:setopts(Socket, [{active, once}]),
            active(Mode, Socket, Left - byte_size(More), [More | Data]);
        {tcp_passive, Socket} ->
            ok = inet:setopts(Socket, [{active, Mode}]),
            active(Mode, Socket, Left, Data)
    after ?LIMIT_MS -> error({wrong, stream_stops, Left})
    end.

%% Framed by the socket.
packets() ->
    Packet = one_of([1, 2, 4, line]),
    {Listener, Port} = listen([{packet, Packet}]),
    Sent = [case Packet of line -> <<(binary:copy(<<"x">>, rand:uniform(200)))/binary, $\n>>; _ -> rand:bytes(rand:uniform(200)) end || _ <- lists:seq(1, 50)],
    Client = spawn_link(fun() ->
        {ok, Socket} = gen_tcp:connect(?HERE, Port, [binary, {packet, Packet}, {active, false}, {nodelay, true}]),
        [ok = gen_tcp:send(Socket, S) || S <- Sent],
        {error, closed} = gen_tcp:recv(Socket, 0)
    end),
    {ok, Socket} = gen_tcp:accept(Listener, ?LIMIT_MS),
    Got = [begin {ok, P} = gen_tcp:recv(Socket, 0, ?LIMIT_MS), P end || _ <- Sent],
    ok = gen_tcp:close(Socket),
    soak_help:gone(Client),
    ok = gen_tcp:close(Listener),
    same(packets, Sent, Got).

%% One at a time: loopback loses what does not fit.
datagrams() ->
    {ok, A} = gen_udp:open(0, [binary, {ip, ?HERE}, {active, true}]),
    {ok, B} = gen_udp:open(0, [binary, {ip, ?HERE}, {active, false}]),
    {ok, PortA} = inet:port(A),
    {ok, PortB} = inet:port(B),
    Checks = [begin
        Data = rand:bytes(rand:uniform(1400)),
        ok = gen_udp:send(A, ?HERE, PortB, Data),
        {ok, {_, PortA, Data}} = gen_udp:recv(B, 0, ?LIMIT_MS),
        ok = gen_udp:send(B, ?HERE, PortA, Data),
        receive {udp, A, _, PortB, Back} -> same(datagram, Data, Back) after ?LIMIT_MS -> error({wrong, datagram_lost, PortA}) end
    end || _ <- lists:seq(1, 10)],
    [ok = gen_udp:close(S) || S <- [A, B]],
    lists:sum(Checks).

sockets() ->
    {ok, Listener} = socket:open(inet, stream, tcp),
    ok = socket:bind(Listener, #{family => inet, addr => ?HERE, port => 0}),
    ok = socket:listen(Listener),
    {ok, #{port := Port}} = socket:sockname(Listener),
    Data = rand:bytes(1000 + rand:uniform(50000)),
    Client = spawn_link(fun() ->
        {ok, Socket} = socket:open(inet, stream, tcp),
        ok = socket:connect(Socket, #{family => inet, addr => ?HERE, port => Port}),
        ok = socket:send(Socket, Data),
        ok = socket:close(Socket)
    end),
    {ok, Socket} = socket:accept(Listener, ?LIMIT_MS),
    {ok, Got} = socket:recv(Socket, byte_size(Data), ?LIMIT_MS),
    {error, closed} = socket:recv(Socket, 0, ?LIMIT_MS),
    soak_help:gone(Client),
    [ok = socket:close(S) || S <- [Socket, Listener]],
    same(socket, Data, Got).

refused() ->
    {Listener, Port} = listen([]),
    ok = gen_tcp:close(Listener),
    same(refused, {error, econnrefused}, gen_tcp:connect(?HERE, Port, [])).

%% The other side goes while one reads and one waits for a connection.
cut() ->
    {Listener, Port} = listen([]),
    Me = self(),
    Waiting = spawn_link(fun() -> {ok, S} = gen_tcp:accept(Listener), Me ! {self(), accepted}, Me ! {self(), gen_tcp:recv(S, 0), gen_tcp:accept(Listener)} end),
    {ok, Socket} = gen_tcp:connect(?HERE, Port, [binary]),
    receive {Waiting, accepted} -> ok end,
    ok = gen_tcp:close(Socket),
    receive after 1 -> ok end,
    ok = gen_tcp:close(Listener),
    receive {Waiting, Read, Accepted} -> same(cut, {{error, closed}, {error, closed}}, {Read, closed(Accepted)}) after ?LIMIT_MS -> error({wrong, cut, not_told}) end.

%% Where the listener goes between the look-up of its module and the call of the port, both VMs say einval: prim_inet:accept/1 of what is closed.
closed({error, einval}) -> {error, closed};
closed(Answer) -> Answer.
