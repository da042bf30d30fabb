%% SPDX-License-Identifier: Apache-2.0
%% A node is shaken hands with by peers that do it wrong at some point, among them ones that get as far as sending frames. main/0 attacks the node that it
%% runs on; check/0, on another, sees that the node can still be reached.
-module(hostile_peer).
-export([main/0, check/0]).

-define(FLAGS, 55966662588).      % erts_dflags of release 25
-define(CONNECTIONS, 250).

main() ->
    Seed = case os:getenv("HOSTILE_SEED") of false -> erlang:unique_integer([positive]) + erlang:system_time(); S -> list_to_integer(S) end,
    io:format("hostile peers: seed ~w~n", [Seed]),
    rand:seed(exsss, Seed),
    logger:set_primary_config(level, none),
    Kernel = whereis(net_kernel),
    {ok, [[Port]]} = init:get_argument(erl_epmd_port),
    Results = [attack(list_to_integer(Port), N) || N <- lists:seq(1, ?CONNECTIONS)],
    Connected = length([ok || connected <- Results]),
    true = Connected > ?CONNECTIONS div 10,
    true = Kernel =:= whereis(net_kernel),
    true = is_alive(),
    io:format("hostile peers: ~w connections, ~w through the handshake~n", [?CONNECTIONS, Connected]),
    file:write_file("ready", ""),
    receive after 60000 -> halt(2) end.

check() ->
    {ok, [[Node]]} = init:get_argument(attacked),
    pong = net_adm:ping(list_to_atom(Node)),
    3 = rpc:call(list_to_atom(Node), erlang, '+', [1, 2]),
    rpc:cast(list_to_atom(Node), erlang, halt, [0]),
    halt(0).

attack(Port, N) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {packet, 2}, {active, false}]),
    Result = try shake(Socket, "peer" ++ integer_to_list(N) ++ "@localhost") catch _:_ -> refused end,
    gen_tcp:close(Socket),
    Result.

shake(Socket, Name) ->
    Bytes = list_to_binary(Name),
    Flags = case rand:uniform(4) of 1 -> rand:uniform(1 bsl 64) - 1; _ -> ?FLAGS end,
    send(Socket, <<$N, Flags:64, 7:32, (byte_size(Bytes)):16, Bytes/binary>>),
    {ok, <<$s, _/binary>>} = gen_tcp:recv(Socket, 0, 300),
    {ok, Challenge} = gen_tcp:recv(Socket, 0, 300),
    <<$N, _:64, Number:32, _/binary>> = Challenge,
    Digest = erlang:md5([atom_to_list(erlang:get_cookie()), integer_to_list(Number)]),
    send(Socket, <<$r, 4711:32, Digest/binary>>),
    {ok, <<$a, _/binary>>} = gen_tcp:recv(Socket, 0, 300),
    inet:setopts(Socket, [{packet, 4}]),
    [send(Socket, frame(Bytes)) || _ <- lists:seq(1, 1 + rand:uniform(5))],
    _ = gen_tcp:recv(Socket, 0, 30),
    connected.

frame(Peer) ->
    Pid = <<88, 119, (byte_size(Peer)), Peer/binary, 1:32, 0:32, 7:32>>,
    Here = atom_to_binary(node()),
    %% Nobody who is there: a peer that is let in may end any process, and that is no defect.
    To = <<88, 119, (byte_size(Here)), Here/binary, (5000 + rand:uniform(1000)):32, 0:32, (erts_internal:get_creation()):32>>,
    Control = case rand:uniform(5) of
                  1 -> <<104, 4, 97, 6, Pid/binary, 119, 0, 119, 10, "net_kernel">>;
                  2 -> <<104, 3, 97, 1, Pid/binary, To/binary>>;
                  3 -> <<104, 4, 97, 3, Pid/binary, To/binary, 119, 6, "normal">>;
                  4 -> <<104, 3, 97, 2, 119, 0, To/binary>>;
                  5 -> random_bytes(rand:uniform(60))
              end,
    Message = term_to_binary({rand:uniform(1000), [list], #{}}),
    Header = case rand:uniform(3) of 1 -> <<131, 68, 0>>; 2 -> <<131, 69, (rand:uniform(5)):64, (rand:uniform(3)):64, 0>>; 3 -> <<112>> end,
    <<Header/binary, Control/binary, Message/binary>>.

random_bytes(Count) -> << <<(rand:uniform(256) - 1)>> || _ <- lists:seq(1, Count) >>.

%% As it is, or with something wrong.
send(Socket, Bytes) ->
    gen_tcp:send(Socket, case rand:uniform(5) of
                             1 -> changed(Bytes);
                             _ -> Bytes
                         end).

changed(Bytes) ->
    At = rand:uniform(byte_size(Bytes)) - 1,
    <<Before:At/binary, Byte, After/binary>> = Bytes,
    case rand:uniform(4) of
        1 -> <<Before/binary, (Byte bxor (1 bsl (rand:uniform(8) - 1))), After/binary>>;
        2 -> Before;
        3 -> <<Before/binary, After/binary>>;
        4 -> <<Before/binary, (random_bytes(rand:uniform(300)))/binary, After/binary>>
    end.
