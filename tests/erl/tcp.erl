%% SPDX-License-Identifier: Apache-2.0
%% gen_tcp over loopback: passive and active modes, errors, options, watermarks and time limits, several acceptors, the ends of connections.
-module(tcp).
-mode(compile).
-export([main/1]).

-define(WAIT, 10000).

main(_) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    each([fun passive/0, fun active/0, fun once/0, fun counted/0, fun lists/0, fun headers/0, fun accepting/0, fun accept_limits/0,
          fun connect_errors/0, fun send_errors/0, fun half_closed/0, fun late_active/0, fun reset/0, fun exit_on_close/0,
          fun options/0, fun names/0, fun statistics/0, fun busy/0, fun send_limits/0, fun delay_send/0, fun large/0, fun unreceive/0,
          fun owners/0, fun closing/0, fun bad_requests/0, fun local/0, fun six/0, fun descriptors/0]),
    p(left, erlang:ports() =:= [P || P <- erlang:ports(), erlang:port_info(P, name) =/= {name, "tcp_inet"}]).

each(Functions) ->
    lists:foreach(fun(F) -> {name, N} = erlang:fun_info(F, name), io:format("--- ~s~n", [N]), F() end, Functions).

% Without the places of files: how lines are broken would hang on where the program lies.
p(Label, {'EXIT', {Reason, Stack}}) when is_list(Stack) ->
    p(Label, {'EXIT', Reason, [erlang:delete_element(tuple_size(Item), Item) || Item <- Stack]});
p(Label, Term) -> io:format("~p: ~p~n", [Label, Term]).

pair(Options) -> pair(Options, Options).
pair(ClientOptions, ServerOptions) ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {active, false} | ServerOptions]),
    {ok, Port} = inet:port(L),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [{active, false} | ClientOptions], ?WAIT),
    {ok, S} = gen_tcp:accept(L, ?WAIT),
    ok = gen_tcp:close(L),
    {C, S}.

close(Sockets) -> lists:foreach(fun gen_tcp:close/1, Sockets), flush().
flush() -> receive _ -> flush() after 0 -> ok end.

%% The next message about a socket, with `s` for it.
next(S) -> next(S, ?WAIT).
next(S, Limit) ->
    receive
        M when element(2, M) =:= S -> setelement(2, M, s)
    after Limit -> nothing
    end.

%% All bytes that come until the end.
collect(S, Acc) ->
    case gen_tcp:recv(S, 0, ?WAIT) of
        {ok, D} -> collect(S, [Acc, D]);
        End -> {iolist_size(Acc), erlang:md5(Acc), End}
    end.

passive() ->
    {C, S} = pair([binary]),
    p(send, gen_tcp:send(C, "hello")),
    p(recv, gen_tcp:recv(S, 5, ?WAIT)),
    p(send, gen_tcp:send(S, [$a, <<"bc">>, ["d", [<<"e">> | "f"]]])),
    p(three, gen_tcp:recv(C, 3, ?WAIT)),
    p(rest, gen_tcp:recv(C, 0, ?WAIT)),
    p(nothing, gen_tcp:recv(C, 0, 20)),
    p(now, gen_tcp:recv(C, 0, 0)),
    p(empty, gen_tcp:send(C, "")),
    Me = self(),
    spawn_link(fun() -> Me ! {waited, gen_tcp:recv(S, 10, ?WAIT)} end),
    spawn_link(fun() -> timer:sleep(50), Me ! {second, gen_tcp:recv(S, 0, ?WAIT)} end),
    p(second, receive {second, R2} -> R2 end),
    [begin ok = gen_tcp:send(C, [X]), timer:sleep(2) end || X <- "0123456789"],
    p(waited, receive {waited, R1} -> R1 end),
    p(too_long, gen_tcp:recv(S, 64 bsl 20 + 1, 100)),
    p(close, gen_tcp:close(C)),
    p(closed, gen_tcp:recv(S, 0, ?WAIT)),
    p(again, gen_tcp:recv(S, 0, ?WAIT)),
    p(send_closed, gen_tcp:send(S, "x")),
    close([S]).

active() ->
    {C, S} = pair([binary]),
    ok = inet:setopts(S, [{active, true}]),
    ok = gen_tcp:send(C, "one"),
    p(one, next(S)),
    p(recv, gen_tcp:recv(S, 0, 100)),
    ok = gen_tcp:send(C, "two"),
    p(two, next(S)),
    ok = gen_tcp:close(C),
    p(closed, next(S)),
    p(exit, receive {'EXIT', S, Reason} -> Reason after 100 -> none end),
    p(gone, erlang:port_info(S)),
    p(send, gen_tcp:send(S, "x")),
    close([S]).

once() ->
    {C, S} = pair([binary, {packet, 2}]),
    [ok = gen_tcp:send(C, [X]) || X <- "abc"],
    ok = inet:setopts(S, [{active, once}]),
    p(a, next(S)),
    p(passive, inet:getopts(S, [active])),
    p(none, next(S, 50)),
    p(b, gen_tcp:recv(S, 0, ?WAIT)),
    ok = inet:setopts(S, [{active, once}]),
    p(c, next(S)),
    close([C, S]).

counted() ->
    {C, S} = pair([binary, {packet, 1}]),
    ok = inet:setopts(S, [{active, 2}]),
    p(get, inet:getopts(S, [active])),
    [ok = gen_tcp:send(C, [X]) || X <- "abc"],
    p(a, next(S)), p(b, next(S)), p(passive, next(S)), p(none, next(S, 50)),
    p(get, inet:getopts(S, [active])),
    ok = inet:setopts(S, [{active, 3}]), ok = inet:setopts(S, [{active, -1}]),
    p(c, next(S)),
    p(get, inet:getopts(S, [active])),
    p(down, inet:setopts(S, [{active, -5}])),
    p(passive, next(S)),
    p(too_many, inet:setopts(S, [{active, 32768}])),
    p(many, inet:setopts(S, [{active, 32767}])),
    p(more, inet:setopts(S, [{active, 1}])),
    p(get, inet:getopts(S, [active])),
    close([C, S]).

lists() ->
    {C, S} = pair([list]),
    ok = gen_tcp:send(C, <<1, 2, 255>>),
    p(list, gen_tcp:recv(S, 3, ?WAIT)),
    ok = inet:setopts(S, [{active, true}]),
    ok = gen_tcp:send(C, "text"),
    p(list, next(S)),
    close([C, S]).

headers() ->
    {C, S} = pair([binary, {header, 2}, {packet, 2}]),
    [ok = gen_tcp:send(C, X) || X <- ["abcd", "ab", "a", ""]],
    [p(header, gen_tcp:recv(S, 0, ?WAIT)) || _ <- "1234"],
    close([C, S]).

accepting() ->
    {ok, L} = gen_tcp:listen(0, [binary, {ip, {127, 0, 0, 1}}, {active, true}, {packet, 1}, {nodelay, true}]),
    {ok, Port} = inet:port(L),
    Me = self(),
    Acceptors = [spawn(fun() -> {ok, S} = gen_tcp:accept(L), Me ! {self(), accepted}, receive {tcp, S, D} -> Me ! {self(), D} end end) || _ <- "123"],
    timer:sleep(100),
    [Dead | Alive] = Acceptors,
    exit(Dead, kill),
    timer:sleep(50),
    Clients = [begin {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {packet, 1}]), C end || _ <- "12"],
    [receive {A, accepted} -> ok after ?WAIT -> p(not_accepted, A) end || A <- Alive],
    [ok = gen_tcp:send(C, "hi") || C <- Clients],
    p(got, [receive {A, D} -> D after ?WAIT -> none end || A <- Alive]),
    %% A connection before anybody accepts.
    {ok, C3} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {packet, 1}]),
    timer:sleep(50),
    {ok, S3} = gen_tcp:accept(L),
    p(inherited, inet:getopts(S3, [active, packet, mode, nodelay])),
    p(listening, inet:getopts(L, [active])),
    p(send_listen, gen_tcp:send(L, "x")),
    p(recv_listen, gen_tcp:recv(L, 0)),
    spawn(fun() -> Me ! {ended, gen_tcp:accept(L)} end),
    spawn(fun() -> Me ! {ended, gen_tcp:accept(L, ?WAIT)} end),
    timer:sleep(100),
    ok = gen_tcp:close(L),
    p(ended, [receive {ended, X} -> X after ?WAIT -> none end || _ <- "12"]),
    p(accept_closed, gen_tcp:accept(L)),
    close([C3, S3 | Clients]).

accept_limits() ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    p(now, gen_tcp:accept(L, 0)),
    p(soon, gen_tcp:accept(L, 30)),
    Me = self(),
    [spawn(fun() -> Me ! {N, gen_tcp:accept(L, N)} end) || N <- [40, 80, 120]],
    p(several, [receive {N, R} -> {N, R} after ?WAIT -> none end || N <- [40, 80, 120]]),
    p(status, prim_inet:getstatus(L)),
    close([L]).

connect_errors() ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(L),
    p(in_use, gen_tcp:listen(Port, [{ip, {127, 0, 0, 1}}])),
    close([L]),
    p(refused, gen_tcp:connect({127, 0, 0, 1}, Port, [], ?WAIT)),
    p(family, catch gen_tcp:connect({127, 0, 0, 1}, Port, [inet6], ?WAIT)),
    p(bad_option, catch gen_tcp:connect({127, 0, 0, 1}, Port, [{no_option, 1}])),
    p(bad_port, catch gen_tcp:connect({127, 0, 0, 1}, 70000, [])),
    p(address, gen_tcp:listen(0, [{ip, {192, 0, 2, 1}}])).

send_errors() ->
    {C, S} = pair([binary]),
    p(bad, gen_tcp:send(C, [a])),
    p(bad, gen_tcp:send(C, [256])),
    p(bad, gen_tcp:send(C, <<1:3>>)),
    p(good, gen_tcp:send(C, [])),
    close([S]),
    p(recv, gen_tcp:recv(C, 0, ?WAIT)),
    p(send, gen_tcp:send(C, "x")),
    p(send, gen_tcp:send(C, "x")),
    close([C]),
    p(send, gen_tcp:send(C, "x")),
    p(recv, gen_tcp:recv(C, 0)),
    p(close, gen_tcp:close(C)).

half_closed() ->
    {C, S} = pair([binary, {exit_on_close, false}]),
    ok = gen_tcp:send(C, "last words"),
    p(shutdown, gen_tcp:shutdown(C, write)),
    p(send, gen_tcp:send(C, "x")),
    p(got, collect(S, [])),
    p(answer, gen_tcp:send(S, "answer")),
    close([S]),
    p(late, gen_tcp:recv(C, 6, ?WAIT)),
    close([C]),
    {C2, S2} = pair([binary, {exit_on_close, false}]),
    ok = gen_tcp:shutdown(C2, write),
    p(got, gen_tcp:recv(S2, 0, ?WAIT)),
    p(send, gen_tcp:send(S2, "answer")),
    p(answer, gen_tcp:recv(C2, 6, ?WAIT)),
    p(again, gen_tcp:recv(S2, 0, ?WAIT)),
    p(both, gen_tcp:shutdown(S2, read_write)),
    p(end_of_it, gen_tcp:recv(C2, 0, ?WAIT)),
    close([C2, S2]).

%% A connection that ended while nobody listened is told of when somebody does.
late_active() ->
    {C, S} = pair([binary]),
    ok = gen_tcp:send(C, "rest"),
    close([C]),
    timer:sleep(50),
    ok = inet:setopts(S, [{active, true}]),
    p(rest, next(S)),
    p(closed, next(S)),
    p(exit, receive {'EXIT', S, R} -> R after 200 -> none end),
    {C2, S2} = pair([binary]),
    close([C2]),
    p(closed, gen_tcp:recv(S2, 0, ?WAIT)),
    p(setopts, inet:setopts(S2, [{active, true}])),
    p(closed, next(S2)),
    close([S2]).

reset() ->
    {C, S} = pair([binary, {show_econnreset, true}]),
    ok = inet:setopts(C, [{linger, {true, 0}}]),
    close([C]),
    p(passive, gen_tcp:recv(S, 0, ?WAIT)),
    close([S]),
    {C2, S2} = pair([binary]),
    ok = inet:setopts(C2, [{linger, {true, 0}}]),
    close([C2]),
    p(hidden, gen_tcp:recv(S2, 0, ?WAIT)),
    close([S2]),
    {C3, S3} = pair([binary, {show_econnreset, true}]),
    ok = inet:setopts(S3, [{active, true}]),
    ok = inet:setopts(C3, [{linger, {true, 0}}]),
    gen_tcp:close(C3),
    p(error, next(S3)), p(closed, next(S3)),
    p(exit, receive {'EXIT', S3, R} -> R after 200 -> none end),
    close([S3]).

exit_on_close() ->
    {C, S} = pair([binary, {exit_on_close, false}, {active, true}]),
    ok = inet:setopts(S, [{active, true}]),
    ok = gen_tcp:close(C),
    p(closed, next(S)),
    p(port, is_list(erlang:port_info(S))),
    p(send, gen_tcp:send(S, "x")),
    close([S]).

options() ->
    {C, S} = pair([binary]),
    Names = [active, buffer, delay_send, deliver, dontroute, exit_on_close, header, high_watermark, keepalive, linger, low_watermark,
             mode, nodelay, packet, packet_size, reuseaddr, send_timeout, send_timeout_close, show_econnreset, priority, tos, nopush,
             high_msgq_watermark, low_msgq_watermark, recvtos, recvttl, broadcast],
    p(defaults, inet:getopts(C, Names)),
    p(accepted, inet:getopts(S, Names)),
    p(set, inet:setopts(C, [{keepalive, true}, {linger, {true, 3}}, {nodelay, true}, {tos, 16}, {priority, 3}, {send_timeout, 500},
                            {send_timeout_close, true}, {high_watermark, 100}, {low_watermark, 50}, {packet_size, 77}, {buffer, 5000},
                            {delay_send, true}, {exit_on_close, false}, {header, 1}, list, {packet, 4}, {show_econnreset, true}])),
    p(set, inet:getopts(C, Names)),
    p(marks, [inet:setopts(C, [{low_watermark, 200}]), inet:getopts(C, [high_watermark, low_watermark])]),
    p(marks, [inet:setopts(C, [{high_watermark, 10}]), inet:getopts(C, [high_watermark, low_watermark])]),
    p(unknown, inet:setopts(C, [{no_option, 1}])),
    p(bad, inet:setopts(C, [{nodelay, 1}])),
    p(bad, inet:setopts(C, [{packet, 3}])),
    p(bad, inet:getopts(C, [no_option])),
    p(udp, [inet:setopts(C, [{read_packets, 3}]), inet:getopts(C, [read_packets])]),
    p(raw, inet:setopts(C, [{raw, 6, 1, <<0:32/native>>}])),
    p(raw, inet:getopts(C, [{raw, 6, 1, 4}, nodelay])),
    p(raw, inet:getopts(C, [{raw, 6, 9999, 4}])),
    p(device, inet:getopts(C, [bind_to_device])),
    p(msgq, [inet:setopts(C, [{high_msgq_watermark, 100}, {low_msgq_watermark, 0}]), inet:getopts(C, [high_msgq_watermark])]),
    {ok, [{recbuf, R0}, {sndbuf, W0}]} = inet:getopts(C, [recbuf, sndbuf]),
    p(buffers, R0 > 1000 andalso W0 > 1000),
    ok = inet:setopts(S, [{recbuf, 20000}]),
    p(buffer, inet:getopts(S, [buffer])),
    close([C, S]).

names() ->
    {C, S} = pair([binary]),
    {ok, {A, P}} = inet:sockname(C),
    {ok, {B, P}} = inet:peername(S),
    p(addresses, {A, B, inet:port(C) =:= {ok, P}}),
    p(type, {prim_inet:gettype(C), prim_inet:getstatus(C)}),
    p(fake, [prim_inet:setpeername(C, {{1, 2, 3, 4}, 5}), inet:peername(C), prim_inet:setsockname(C, {{5, 6, 7, 8}, 9}), inet:sockname(C),
             prim_inet:setpeername(C, undefined), element(1, element(2, inet:peername(C)))]),
    p(names, [{inet:socknames(S) =:= {ok, [{B2, P2}]}, B2} || {ok, {B2, P2}} <- [inet:sockname(S)]]),
    {name, N} = erlang:port_info(C, name),
    p(name, N),
    p(connected, erlang:port_info(C, connected) =:= {connected, self()}),
    close([C, S]),
    p(closed, {inet:peername(C), inet:sockname(C), inet:port(C)}),
    {ok, L} = gen_tcp:listen(0, []),
    p(listener, {inet:peername(L), element(1, element(2, inet:sockname(L)))}),
    close([L]).

statistics() ->
    {C, S} = pair([binary, {packet, 4}]),
    [begin ok = gen_tcp:send(C, lists:duplicate(N, x(N))), {ok, _} = gen_tcp:recv(S, 0, ?WAIT) end || N <- [1, 10, 100]],
    p(sent, inet:getstat(C)),
    p(received, inet:getstat(S)),
    p(one, inet:getstat(S, [recv_oct, send_pend])),
    p(counts, {erlang:port_info(C, output), erlang:port_info(S, input)}),
    close([C, S]).
x(N) -> $a + N rem 26.

%% The other side does not read: at some time the sender waits, and goes on when it does.
busy() ->
    {C, S} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}, {high_watermark, 20000}, {low_watermark, 5000}]),
    Me = self(),
    Data = binary:copy(<<"0123456789">>, 1000),
    erlang:system_monitor(Me, [busy_port]),
    Sender = spawn_link(fun() -> [ok = gen_tcp:send(C, Data) || _ <- lists:seq(1, 400)], Me ! {self(), done} end),
    receive {Sender, done} -> p(sender, did_not_wait) after 300 -> p(sender, waits) end,
    %% Its first busy send waits for the reply, the next in the port.
    p(nosuspend, port_command_of(C)),
    Second = spawn_link(fun() -> Me ! {self(), gen_tcp:send(C, "")} end),
    p(monitor, receive {monitor, Second, busy_port, C} -> told after ?WAIT -> none end),
    erlang:system_monitor(undefined),
    Receiver = spawn_link(fun() -> receive go -> ok end, Me ! {self(), collect(S, [])} end),
    ok = gen_tcp:controlling_process(S, Receiver),
    Receiver ! go,
    receive {Sender, done} -> p(sender, done) after ?WAIT -> p(sender, still_waits) end,
    p(second, receive {Second, R} -> R after ?WAIT -> none end),
    gen_tcp:close(C),
    p(received, receive {Receiver, {Size, Md5, End}} -> {Size, Md5 =:= erlang:md5(binary:copy(Data, 400)), End} after ?WAIT -> none end),
    close([S]).

port_command_of(S) ->
    %% Sends nothing: the port is busy.
    try erlang:port_command(S, "x", [nosuspend]) catch error:E -> E end.

send_limits() ->
    {C, S} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}, {send_timeout, 100}, {high_watermark, 10000}]),
    p(timeout, until_error(C, binary:copy(<<"x">>, 100000), 1000)),
    p(open, is_list(erlang:port_info(C))),
    close([S]),
    gen_tcp:close(C),
    {C2, S2} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}, {send_timeout, 100}, {send_timeout_close, true}, {high_watermark, 10000}]),
    p(timeout, until_error(C2, binary:copy(<<"x">>, 100000), 1000)),
    p(closed, gen_tcp:send(C2, "x")),
    close([C2, S2]),
    {C3, S3} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}, {send_timeout, 0}, {high_watermark, 10000}]),
    p(timeout, until_error(C3, binary:copy(<<"x">>, 100000), 1000)),
    %% The connection ends under a sender who waits.
    ok = inet:setopts(C3, [{send_timeout, infinity}]),
    Me = self(),
    spawn_link(fun() -> Me ! {waited, gen_tcp:send(C3, "x")} end),
    timer:sleep(100),
    ok = inet:setopts(S3, [{linger, {true, 0}}]),
    gen_tcp:close(S3),
    p(recv, gen_tcp:recv(C3, 0, ?WAIT)),
    p(waited, receive {waited, W} -> W after ?WAIT -> none end),
    close([C3]).

until_error(_, _, 0) -> never;
until_error(S, Data, N) ->
    case gen_tcp:send(S, Data) of
        ok -> until_error(S, Data, N - 1);
        Error -> Error
    end.

delay_send() ->
    {C, S} = pair([binary, {delay_send, true}, {packet, 2}]),
    [ok = gen_tcp:send(C, [X]) || X <- "abc"],
    p(got, [gen_tcp:recv(S, 0, ?WAIT) || _ <- "abc"]),
    close([C, S]).

large() ->
    {C, S} = pair([binary, {packet, 4}]),
    Data = iolist_to_binary([<<N:32>> || N <- lists:seq(1, 250000)]),
    Me = self(),
    spawn_link(fun() -> Me ! {sent, gen_tcp:send(C, [Data, "end", Data])} end),
    {ok, Got} = gen_tcp:recv(S, 0, ?WAIT),
    p(large, {byte_size(Got), Got =:= <<Data/binary, "end", Data/binary>>}),
    p(sent, receive {sent, R} -> R after ?WAIT -> none end),
    ok = inet:setopts(S, [{packet, raw}]), ok = inet:setopts(C, [{packet, raw}]),
    spawn_link(fun() -> Me ! {sent, gen_tcp:send(C, binary_to_list(Data))} end),
    {ok, Raw} = gen_tcp:recv(S, byte_size(Data), ?WAIT),
    p(raw, Raw =:= Data),
    p(sent, receive {sent, R2} -> R2 after ?WAIT -> none end),
    close([C, S]).

unreceive() ->
    {C, S} = pair([binary]),
    ok = gen_tcp:send(C, "world"),
    {ok, <<"wo">>} = gen_tcp:recv(S, 2, ?WAIT),
    p(unrecv, gen_tcp:unrecv(S, "hello wo")),
    p(again, gen_tcp:recv(S, 11, ?WAIT)),
    p(unrecv, gen_tcp:unrecv(S, "more")),
    ok = inet:setopts(S, [{active, once}]),
    p(told, next(S)),
    ok = inet:setopts(S, [{active, true}]),
    p(unrecv, gen_tcp:unrecv(S, "active")),
    p(told, next(S)),
    close([C, S]).

owners() ->
    {C, S} = pair([binary, {active, true}]),
    Me = self(),
    ok = inet:setopts(S, [{active, true}]),
    Other = spawn(fun() -> receive {tcp, S, D} -> Me ! {other, D} after ?WAIT -> ok end, receive stop -> ok end end),
    p(give, gen_tcp:controlling_process(S, Other)),
    p(not_mine, gen_tcp:controlling_process(S, Me)),
    ok = gen_tcp:send(C, "for other"),
    p(other, receive {other, D} -> D after ?WAIT -> none end),
    Other ! stop,
    p(closed, next(C)),
    close([C]).

%% What was sent before close arrives, even where it had to wait.
closing() ->
    {C, S} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}, {high_watermark, 10000000}]),
    Data = binary:copy(<<"0123456789">>, 100000),
    ok = gen_tcp:send(C, Data),
    Me = self(),
    Closer = spawn_link(fun() -> receive go -> ok end, ok = gen_tcp:close(C), Me ! {self(), closed} end),
    ok = gen_tcp:controlling_process(C, Closer),
    Closer ! go,
    timer:sleep(100),
    {Size, Md5, End} = collect(S, []),
    p(got, {Size, Md5 =:= erlang:md5(Data), End}),
    p(closer, receive {Closer, closed} -> closed after ?WAIT -> none end),
    close([S]),
    %% The owner ends with output that waits.
    Owner = spawn(fun() -> {C2, S2} = pair([binary, {sndbuf, 4096}, {recbuf, 4096}]), ok = gen_tcp:controlling_process(S2, Me), Me ! {socket, S2},
                           ok = gen_tcp:send(C2, Data), receive stop -> ok end end),
    S2 = receive {socket, X} -> X after ?WAIT -> none end,
    timer:sleep(50),
    Owner ! stop,
    {Size2, _, End2} = collect(S2, []),
    p(got, {Size2, End2}),
    close([S2]).

bad_requests() ->
    {C, S} = pair([binary]),
    Control = fun(Request, Data) -> try erlang:port_control(C, Request, Data) catch error:E -> E end end,
    Base = 16#03f1a300,
    p(unknown, Control(Base + 99, [])),
    p(old, Control(9, [])),
    [p(R, Control(Base + R, D)) || {R, D} <- [{1, [1, 1]}, {1, []}, {3, [0, 0, 0, 0, 1, 0, 0, 127, 0, 0, 1]}, {6, [1, 0, 0, 127, 0, 0, 1]}, {6, []},
                                             {7, [22, 0]}, {7, [250, 0, 0, 0, 0]}, {7, [34, 0, 0, 0, 0, 0]}, {8, [250]}, {8, [34, 0]}, {11, [77]}, {17, [200]}, {17, []},
                                             {18, [1]}, {22, [9]}, {24, [7]}, {26, [0, 0, 0, 0]}, {27, []}, {29, []}, {42, [0]},
                                             {42, [0, 0, 0, 0, 255, 255, 255, 255]}, {44, []}, {45, [1, 2, 3]}, {60, [0]}, {62, []}, {2, []}, {42, [0, 0, 0, 0, 0, 0, 0, 0]}]],
    close([C, S]).

local() ->
    File = filename:join("/tmp", "athanor-tcp-" ++ os:getpid()),
    file:delete(File),
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {ifaddr, {local, File}}]),
    p(named, inet:sockname(L) =:= {ok, {local, list_to_binary(File)}}),
    {ok, C} = gen_tcp:connect({local, File}, 0, [binary, {active, false}]),
    {ok, S} = gen_tcp:accept(L, ?WAIT),
    ok = gen_tcp:send(C, "local"),
    p(got, gen_tcp:recv(S, 0, ?WAIT)),
    p(names, {inet:sockname(C), inet:peername(S), inet:peername(C) =:= {ok, {local, list_to_binary(File)}}}),
    close([C]),
    p(closed, gen_tcp:recv(S, 0, ?WAIT)),
    close([S, L]),
    p(again, gen_tcp:connect({local, File}, 0, [])),
    file:delete(File),
    p(none, gen_tcp:connect({local, File}, 0, [])),
    p(in_use, element(1, gen_tcp:listen(0, [{ifaddr, {local, "/nonexistent/dir"}}]))),
    p(too_long, gen_tcp:listen(0, [{ifaddr, {local, lists:duplicate(150, $a)}}])),
    Abstract = <<0, "athanor-", (list_to_binary(os:getpid()))/binary>>,
    {ok, L2} = gen_tcp:listen(0, [{ifaddr, {local, Abstract}}]),
    p(abstract, inet:sockname(L2) =:= {ok, {local, Abstract}}),
    close([L2]).

six() ->
    case gen_tcp:listen(0, [inet6, binary, {active, false}, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}, {ipv6_v6only, true}]) of
        {ok, L} ->
            {ok, Port} = inet:port(L),
            {ok, C} = gen_tcp:connect({0, 0, 0, 0, 0, 0, 0, 1}, Port, [inet6, binary, {active, false}]),
            {ok, S} = gen_tcp:accept(L, ?WAIT),
            ok = gen_tcp:send(C, "six"),
            p(got, gen_tcp:recv(S, 0, ?WAIT)),
            p(name, element(1, element(2, inet:peername(C)))),
            p(options, inet:getopts(L, [ipv6_v6only, tclass])),
            close([C, S, L]);
        {error, _} = E -> p(no_six, E)
    end.

descriptors() ->
    {C, S} = pair([binary]),
    {ok, Fd} = inet:getfd(C),
    p(number, is_integer(Fd)),
    {ok, Same} = gen_tcp:fdopen(Fd, [binary, {active, false}]),
    ok = gen_tcp:send(Same, "through both"),
    p(got, gen_tcp:recv(S, 0, ?WAIT)),
    gen_tcp:close(Same),
    ok = gen_tcp:send(C, "still open"),
    p(got, gen_tcp:recv(S, 0, ?WAIT)),
    p(ignore, prim_inet:ignorefd(C, true)),
    ok = gen_tcp:send(S, "x"),
    timer:sleep(20),
    p(give_back, prim_inet:ignorefd(C, false)),
    p(got, gen_tcp:recv(C, 0, ?WAIT)),
    close([C, S]).
