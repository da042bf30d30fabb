%% SPDX-License-Identifier: Apache-2.0
%% gen_udp over loopback: passive and active modes, connected sockets, options told with datagrams, errors, local sockets.
-module(udp).
-mode(compile).
-export([main/1]).

-define(WAIT, 10000).

main(_) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    lists:foreach(fun(F) -> {name, N} = erlang:fun_info(F, name), io:format("--- ~s~n", [N]), F() end,
                  [fun passive/0, fun active/0, fun counted/0, fun forms/0, fun headers/0, fun connected/0, fun ancillary/0, fun sizes/0,
                   fun errors/0, fun options/0, fun multicast/0, fun local/0, fun six/0, fun flood/0, fun closing/0, fun bad_requests/0]),
    p(left, [P || P <- erlang:ports(), erlang:port_info(P, name) =:= {name, "udp_inet"}, erlang:port_info(P, connected) =:= {connected, self()}]).

% Without the places of files: how lines are broken would hang on where the program lies.
p(Label, {'EXIT', {Reason, Stack}}) when is_list(Stack) ->
    p(Label, {'EXIT', Reason, [erlang:delete_element(tuple_size(Item), Item) || Item <- Stack]});
p(Label, Term) -> io:format("~p: ~p~n", [Label, Term]).

open(Options) -> {ok, S} = gen_udp:open(0, [{ip, {127, 0, 0, 1}} | Options]), {ok, P} = inet:port(S), {S, P}.
close(Sockets) -> lists:foreach(fun gen_udp:close/1, Sockets), flush().
flush() -> receive _ -> flush() after 0 -> ok end.

%% The next message about a socket: `s` for it, `port` for the sender's port.
next(S, From) -> next(S, From, ?WAIT).
next(S, From, Limit) ->
    receive
        M when element(2, M) =:= S -> list_to_tuple([case X of S -> s; From -> port; _ -> X end || X <- tuple_to_list(M)])
    after Limit -> nothing
    end.

recv(S, From) -> recv(S, From, ?WAIT).
recv(S, From, Limit) ->
    case gen_udp:recv(S, 0, Limit) of
        {ok, T} -> {ok, list_to_tuple([case X of From -> port; _ -> X end || X <- tuple_to_list(T)])};
        Other -> Other
    end.

passive() ->
    {A, PA} = open([binary, {active, false}]),
    {B, PB} = open([binary, {active, false}]),
    p(send, gen_udp:send(A, {127, 0, 0, 1}, PB, ["he", <<"llo">>])),
    p(recv, recv(B, PA)),
    p(send, gen_udp:send(B, "localhost", PA, "back")),
    p(recv, recv(A, PB)),
    p(send, gen_udp:send(A, {{127, 0, 0, 1}, PB}, "address")),
    p(recv, recv(B, PA)),
    p(empty, gen_udp:send(A, {127, 0, 0, 1}, PB, "")),
    p(recv, recv(B, PA)),
    p(nothing, recv(B, PA, 20)),
    p(now, recv(B, PA, 0)),
    Me = self(),
    spawn_link(fun() -> Me ! {waited, recv(B, PA)} end),
    timer:sleep(50),
    p(two, gen_udp:recv(B, 0, 10)),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "late"),
    p(waited, receive {waited, W} -> W after ?WAIT -> none end),
    p(length_means_nothing, begin ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "abc"), element(1, gen_udp:recv(B, 1, ?WAIT)) end),
    close([A, B]).

active() ->
    {A, PA} = open([binary]),
    {B, PB} = open([list]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "text"),
    p(told, next(B, PA)),
    p(recv, gen_udp:recv(B, 0, 100)),
    ok = inet:setopts(B, [{active, once}, binary]),
    [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, [X]) || X <- "ab"],
    p(told, next(B, PA)),
    p(none, next(B, PA, 30)),
    p(active, inet:getopts(B, [active])),
    p(recv, recv(B, PA)),
    close([A, B]).

counted() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, 2}]),
    [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, [X]) || X <- "abc"],
    p(told, [next(B, PA), next(B, PA), next(B, PA), next(B, PA, 30)]),
    ok = inet:setopts(B, [{active, 1}]),
    p(told, [next(B, PA), next(B, PA)]),
    close([A, B]).

forms() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, true}, {deliver, port}]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "as port"),
    p(told, receive {B, {data, <<F, PA:16, Rest/binary>>}} -> {F, Rest}; Other -> Other after ?WAIT -> none end),
    close([A, B]).

headers() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, false}, {header, 3}]),
    [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, D) || D <- ["abcdef", "abc", "ab"]],
    p(recv, [recv(B, PA) || _ <- "123"]),
    ok = inet:setopts(B, [{active, true}]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "abcdef"),
    p(told, next(B, PA)),
    close([A, B]).

connected() ->
    {A, PA} = open([binary, {active, false}]),
    {B, PB} = open([binary, {active, false}]),
    {C, _} = open([binary, {active, false}]),
    p(before, gen_udp:send(A, "x")),
    p(connect, gen_udp:connect(A, {127, 0, 0, 1}, PB)),
    p(send, gen_udp:send(A, "connected")),
    p(recv, recv(B, PA)),
    p(peer, inet:peername(A) =:= {ok, {{127, 0, 0, 1}, PB}}),
    ok = gen_udp:send(C, {127, 0, 0, 1}, PA, "stranger"),
    p(stranger, recv(A, 0, 50)),
    ok = gen_udp:send(B, {127, 0, 0, 1}, PA, "friend"),
    p(friend, recv(A, PB)),
    close([B]),
    p(send, gen_udp:send(A, "to nobody")),
    p(refused, gen_udp:recv(A, 0, ?WAIT)),
    ok = inet:setopts(A, [{active, true}]),
    p(send, gen_udp:send(A, "to nobody")),
    p(refused, next(A, 0)),
    p(open, is_list(erlang:port_info(A))),
    p(status, prim_inet:getstatus(A)),
    close([A, C]).

ancillary() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, false}, {recvttl, true}, {recvtos, true}]),
    ok = inet:setopts(A, [{ttl, 7}, {tos, 8}]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "x"),
    {ok, {IP, PA, Anc, D}} = gen_udp:recv(B, 0, ?WAIT),
    p(recv, {IP, lists:sort(Anc), D}),
    p(send, gen_udp:send(A, {{127, 0, 0, 1}, PB}, [{ttl, 9}, {tos, 16}], "with")),
    {ok, {_, _, Anc2, _}} = gen_udp:recv(B, 0, ?WAIT),
    p(recv, lists:sort(Anc2)),
    ok = inet:setopts(B, [{active, true}, {recvtos, false}]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "x"),
    p(told, next(B, PA)),
    p(options, inet:getopts(B, [recvttl, recvtos, recvtclass])),
    p(bad, catch gen_udp:send(A, {{127, 0, 0, 1}, PB}, [{nodelay, true}], "x")),
    close([A, B]).

sizes() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, false}]),
    p(buffer, inet:getopts(B, [buffer])),
    [begin
         ok = gen_udp:send(A, {127, 0, 0, 1}, PB, binary:copy(<<"x">>, N)),
         {ok, {_, PA, D}} = gen_udp:recv(B, 0, ?WAIT),
         p(N, byte_size(D))
     end || N <- [1, 64, 65, 1000, 8000, 9000]],
    ok = inet:setopts(B, [{buffer, 10}]),
    ok = gen_udp:send(A, {127, 0, 0, 1}, PB, "longer than ten"),
    p(cut, recv(B, PA)),
    p(too_long, gen_udp:send(A, {127, 0, 0, 1}, PB, binary:copy(<<"x">>, 70000))),
    ok = inet:setopts(B, [{recbuf, 100000}]),
    p(buffer, inet:getopts(B, [buffer])),
    close([A, B]).

errors() ->
    {A, PA} = open([]),
    p(in_use, gen_udp:open(PA, [{ip, {127, 0, 0, 1}}])),
    p(bad_address, gen_udp:open(0, [{ip, {192, 0, 2, 1}}])),
    p(bad_data, gen_udp:send(A, {127, 0, 0, 1}, PA, [a])),
    p(bad_port, catch gen_udp:send(A, {127, 0, 0, 1}, 70000, "x")),
    p(six, gen_udp:send(A, {0, 0, 0, 0, 0, 0, 0, 1}, PA, "x")),
    p(broadcast, gen_udp:send(A, {255, 255, 255, 255}, 9, "x")),
    ok = gen_udp:close(A),
    p(closed, gen_udp:send(A, {127, 0, 0, 1}, PA, "x")),
    p(closed, gen_udp:recv(A, 0)),
    p(closed, gen_udp:close(A)).

options() ->
    {A, _} = open([]),
    Names = [active, buffer, broadcast, deliver, dontroute, header, high_watermark, linger, mode, multicast_loop, multicast_ttl, packet,
             priority, read_packets, reuseaddr, send_timeout, tos, ttl, nodelay, high_msgq_watermark],
    p(defaults, inet:getopts(A, Names)),
    p(set, inet:setopts(A, [{broadcast, true}, {multicast_ttl, 3}, {multicast_loop, false}, {read_packets, 9}, {tos, 8}, {ttl, 33}, {high_watermark, 1}])),
    p(set, inet:getopts(A, Names)),
    p(bad, inet:setopts(A, [{read_packets, 0}])),
    p(type, prim_inet:gettype(A)),
    p(statistics, inet:getstat(A, [recv_cnt, send_cnt, send_pend])),
    close([A]).

multicast() ->
    {ok, A} = gen_udp:open(0, [{ip, {0, 0, 0, 0}}, {multicast_if, {127, 0, 0, 1}}, binary, {active, false}]),
    p(add, inet:setopts(A, [{add_membership, {{239, 1, 2, 3}, {127, 0, 0, 1}}}])),
    {ok, Port} = inet:port(A),
    {B, PB} = open([binary, {multicast_if, {127, 0, 0, 1}}, {multicast_loop, true}]),
    p(send, gen_udp:send(B, {239, 1, 2, 3}, Port, "to all")),
    p(recv, recv(A, PB)),
    p(drop, inet:setopts(A, [{drop_membership, {{239, 1, 2, 3}, {127, 0, 0, 1}}}])),
    close([A, B]).

local() ->
    F = fun(N) -> filename:join("/tmp", "athanor-udp-" ++ os:getpid() ++ N) end,
    [file:delete(F(N)) || N <- ["a", "b"]],
    {ok, A} = gen_udp:open(0, [binary, {active, false}, {ifaddr, {local, F("a")}}]),
    {ok, B} = gen_udp:open(0, [list, {active, false}, {ifaddr, {local, F("b")}}]),
    {ok, C} = gen_udp:open(0, [binary, local, {active, false}]),
    p(send, gen_udp:send(A, {local, F("b")}, 0, "local")),
    p(recv, gen_udp:recv(B, 0, ?WAIT) =:= {ok, {{local, list_to_binary(F("a"))}, 0, <<"local">>}}),
    p(send, gen_udp:send(C, {local, F("b")}, 0, "unnamed")),
    p(recv, gen_udp:recv(B, 0, ?WAIT)),
    ok = inet:setopts(B, [{active, true}, binary]),
    p(send, gen_udp:send(C, {local, F("b")}, 0, "unnamed")),
    p(told, next(B, none)),
    p(none, gen_udp:send(C, {local, "/nonexistent/x"}, 0, "x")),
    close([A, B, C]),
    [file:delete(F(N)) || N <- ["a", "b"]].

six() ->
    case gen_udp:open(0, [inet6, binary, {active, false}, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}]) of
        {ok, A} ->
            {ok, PA} = inet:port(A),
            p(send, gen_udp:send(A, {0, 0, 0, 0, 0, 0, 0, 1}, PA, "six")),
            p(recv, recv(A, PA)),
            ok = inet:setopts(A, [{active, true}, {recvtclass, true}]),
            p(send, gen_udp:send(A, {0, 0, 0, 0, 0, 0, 0, 1}, PA, "six")),
            p(told, next(A, PA)),
            close([A]);
        {error, _} = E -> p(no_six, E)
    end.

flood() ->
    {A, _} = open([binary]),
    {B, PB} = open([binary, {active, true}, {read_packets, 2}, {recbuf, 2000000}]),
    Me = self(),
    Sender = spawn_link(fun() -> receive go -> ok end, [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, <<N:32>>) || N <- lists:seq(1, 200)], Me ! sent end),
    ok = gen_udp:controlling_process(A, Sender),
    Sender ! go,
    Got = [receive {udp, B, _, _, <<N:32>>} -> N after ?WAIT -> none end || _ <- lists:seq(1, 200)],
    p(in_order, Got =:= lists:seq(1, 200)),
    receive sent -> ok end,
    close([A, B]).

closing() ->
    {A, _} = open([{active, false}]),
    Me = self(),
    spawn_link(fun() -> Me ! {ended, gen_udp:recv(A, 0, ?WAIT)} end),
    timer:sleep(100),
    ok = gen_udp:close(A),
    p(ended, receive {ended, E} -> E after ?WAIT -> none end),
    Owner = spawn(fun() -> {B, _} = open([]), Me ! {b, B}, receive stop -> ok end end),
    B = receive {b, X} -> X end,
    erlang:monitor(port, B),
    Owner ! stop,
    p(gone, receive {'DOWN', _, port, B, Reason} -> Reason after ?WAIT -> none end).

bad_requests() ->
    {A, _} = open([{active, false}]),
    Base = 16#03f1a300,
    Control = fun(R, D) -> try erlang:port_control(A, Base + R, D) catch error:E -> E end end,
    [p(R, Control(R, D)) || {R, D} <- [{1, [1, 2]}, {1, []}, {3, [1]}, {6, [9, 9]}, {7, [38, 255, 255, 255, 255]}, {8, [200]}, {26, [0, 0, 0, 0]}, {27, [0, 1]},
                                       {42, [0, 0, 0, 0, 0, 0, 0, 0]}, {60, []}, {99, []}]],
    Command = fun(D) -> true = erlang:port_command(A, D), receive {inet_reply, A, R} -> R after ?WAIT -> none end end,
    p(commands, [Command(D) || D <- [[], [1], [1, 0, 9, 127, 0, 0, 1], [1, 0, 9, 127, 0, 0, 1, 0, 0, 0, 9, 1], [77, 1, 2, 3, 4, 5, 6, 7],
                                     [1, 0, 9, 127, 0, 0, 1, 0, 0, 0, 5, 99, 0, 0, 0, 0], [5, 200, 1, 2], [2, 0, 1]]]),
    close([A]).
