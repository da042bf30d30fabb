%% SPDX-License-Identifier: Apache-2.0
%% {packet, Type} of streams: every type, passive and active, in one piece, byte by byte and many in one piece; packet_size; what is no packet.
-module(packets).
-mode(compile).
-export([main/1]).

-define(WAIT, 10000).

main(_) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    [begin io:format("--- ~p~n", [Type]), each(Type, Data, Count) end || {Type, Data, Count} <- types()],
    io:format("--- bad~n"),
    [p(Type, bad(Type, Data, Options)) || {Type, Data, Options} <- bad_ones()],
    io:format("--- lines~n"), lines(),
    io:format("--- change~n"), change(),
    io:format("--- sizes~n"), sizes().

p(Label, Term) -> io:format("~p: ~p~n", [Label, Term]).

pair(Options) ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {active, false}, binary | Options]),
    {ok, Port} = inet:port(L),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [{active, false}, binary, {nodelay, true}]),
    {ok, S} = gen_tcp:accept(L, ?WAIT),
    gen_tcp:close(L),
    {C, S}.

types() ->
    [{0, <<"raw">>, 1},
     {1, <<3, "abc", 0, 1, "x">>, 3},
     {2, <<0, 3, "abc", 0, 0, 0, 1, "x">>, 3},
     {4, <<3:32, "abc", 0:32, 1:32, "x">>, 3},
     {asn1, <<16#30, 3, "abc", 16#1f, 16#81, 16#01, 2, "de", 16#04, 16#82, 0, 2, "fg">>, 3},
     {sunrm, <<1:1, 3:31, "abc", 0:1, 2:31, "de">>, 2},
     {cdr, <<"GIOP", 1, 0, 0, 0, 3:32/big, "abc", "GIOP", 1, 0, 1, 0, 2:32/little, "de">>, 2},
     {fcgi, <<1, 1, 0, 1, 0, 3, 2, 0, "abc", 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, "d">>, 2},
     {line, <<"one\ntwo\r\n\nlast\n">>, 4},
     {tpkt, <<3, 0, 0, 7, "abc", 3, 0, 0, 5, "d">>, 2},
     {ssl_tls, <<22, 3, 1, 0, 3, "abc", 23, 3, 3, 0, 1, "d">>, 2},
     {http, request(), 5}, {http_bin, request(), 5}, {http, response(), 3}, {http_bin, response(), 3},
     {httph, <<"Host: a\r\nX-Own: b\r\n c\r\n\r\n">>, 3}, {httph_bin, <<"Host: a\r\nX-Own: b\r\n c\r\n\r\n">>, 3}].

request() -> <<"GET /path?q=1 HTTP/1.1\r\nHost: example\r\nContent-Length:   5\r\nx-own-header: v\r\n\r\n">>.
response() -> <<"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n">>.

each(Type, Data, Count) ->
    p(passive, run(Type, fun(C) -> gen_tcp:send(C, Data) end, passive, Count)),
    p(active, run(Type, fun(C) -> gen_tcp:send(C, Data) end, active, Count)),
    p(once, run(Type, fun(C) -> gen_tcp:send(C, Data) end, once, Count)),
    case Type of
        0 -> ok;
        _ ->
            Slowly = fun(C) -> [begin ok = gen_tcp:send(C, [X]), erlang:yield() end || <<X>> <= Data], ok end,
            p(slowly, run(Type, Slowly, passive, Count)),
            p(slowly_active, run(Type, Slowly, active, Count)),
            p(small_buffer, run(Type, fun(C) -> gen_tcp:send(C, Data) end, small, Count))
    end.

run(Type, Send, How, Count) ->
    {C, S} = pair([{packet, Type}]),
    Result =
        case How of
            passive -> ok = Send(C), [gen_tcp:recv(S, 0, ?WAIT) || _ <- lists:seq(1, Count)];
            small -> ok = inet:setopts(S, [{buffer, 3}, {packet_size, 200}]), ok = Send(C), [no_socket(gen_tcp:recv(S, 0, ?WAIT), S) || _ <- lists:seq(1, Count)];
            active -> ok = inet:setopts(S, [{active, true}]), ok = Send(C), [next(S) || _ <- lists:seq(1, Count)];
            once -> ok = Send(C), [begin ok = inet:setopts(S, [{active, once}]), next(S) end || _ <- lists:seq(1, Count)]
        end,
    gen_tcp:close(C),
    End = case How of
              active -> next(S);
              once -> inet:setopts(S, [{active, once}]), next(S);
              _ -> gen_tcp:recv(S, 0, ?WAIT)
          end,
    gen_tcp:close(S),
    [no_socket(R, S) || R <- Result] ++ [End].

no_socket({ok, T}, S) when is_tuple(T), element(2, T) =:= S -> {ok, setelement(2, T, s)};
no_socket(T, _) -> T.

next(S) -> receive M when element(2, M) =:= S -> setelement(2, M, s) after ?WAIT -> nothing end.

bad_ones() ->
    [{cdr, <<"JUNK00000000">>, []}, {fcgi, <<9, 9, 9, 9, 9, 9, 9, 9>>, []}, {tpkt, <<9, 9, 9, 9>>, []}, {tpkt, <<3, 0, 0, 1>>, []},
     {asn1, <<16#30, 16#89, 1, 1, 1, 1, 1, 1, 1, 1, 1>>, []},
     {4, <<100:32, "x">>, [{packet_size, 99}]}, {4, <<(1 bsl 32 - 1):32, "x">>, []}, {4, <<(1 bsl 31):32, "x">>, []}, {2, <<100:16>>, [{packet_size, 10}]},
     {line, <<"a line that is too long\n">>, [{packet_size, 10}]}, {http, <<"GET / HTTP/1.1\r\n">>, [{packet_size, 5}]},
     {http, <<"nonsense\r\nmore\r\n\r\n">>, []}, {http_bin, <<"\0\1\2\3\r\n">>, []}, {http, <<"GET  \r\n">>, []},
     {httph, <<"no header\r\n\r\n">>, []}, {http, binary:copy(<<"x">>, 3000), []}, {ssl_tls, <<22, 3, 1, 255, 255, "abc">>, [{packet_size, 100}]}].

bad(Type, Data, Options) ->
    Passive = begin
                  {C, S} = pair([{packet, Type} | Options]),
                  ok = gen_tcp:send(C, Data),
                  R = gen_tcp:recv(S, 0, 200),
                  gen_tcp:close(C), gen_tcp:close(S), R
              end,
    {C2, S2} = pair([{packet, Type} | Options]),
    ok = inet:setopts(S2, [{active, true}]),
    ok = gen_tcp:send(C2, Data),
    First = receive M when element(2, M) =:= S2 -> setelement(2, M, s) after 200 -> nothing end,
    Second = case First of {tcp_error, _, _} -> next(S2); _ -> none end,
    gen_tcp:close(C2), gen_tcp:close(S2),
    {Passive, First, Second}.

%% A line longer than the buffer comes in parts; another character may end lines.
lines() ->
    {C, S} = pair([{packet, line}, {buffer, 10}]),
    ok = gen_tcp:send(C, "0123456789abcdefghijklm\nshort\n"),
    p(parts, [gen_tcp:recv(S, 0, ?WAIT) || _ <- "1234"]),
    ok = inet:setopts(S, [{line_delimiter, $;}]),
    ok = gen_tcp:send(C, "a;b\n;"),
    p(other, [gen_tcp:recv(S, 0, ?WAIT) || _ <- "12"]),
    gen_tcp:close(C), gen_tcp:close(S).

%% The type changes while there is something in the buffer.
change() ->
    {C, S} = pair([{packet, http_bin}]),
    ok = gen_tcp:send(C, [request(), "12345", <<0, 2, "ab">>, <<3:32, "xyz">>]),
    p(head, [gen_tcp:recv(S, 0, ?WAIT) || _ <- "12345"]),
    ok = inet:setopts(S, [{packet, raw}]),
    p(body, gen_tcp:recv(S, 5, ?WAIT)),
    ok = inet:setopts(S, [{packet, 2}]),
    p(two, gen_tcp:recv(S, 0, ?WAIT)),
    ok = inet:setopts(S, [{active, once}, {packet, 4}]),
    p(four, next(S)),
    p(length, gen_tcp:recv(S, 3, 10)),
    gen_tcp:close(C), gen_tcp:close(S).

sizes() ->
    {C, S} = pair([{packet, 4}]),
    ok = inet:setopts(C, [{packet, 4}]),
    Sizes = [0, 1, 63, 64, 65, 1455, 1456, 1457, 1460, 3000, 65535, 65536, 65537, 1000000],
    spawn_link(fun() -> [ok = gen_tcp:send(C, binary:copy(<<"x">>, N)) || N <- Sizes] end),
    p(sizes, [begin {ok, D} = gen_tcp:recv(S, 0, ?WAIT), {byte_size(D), binary:referenced_byte_size(D) =< 2 * byte_size(D) + 64} end || _ <- Sizes]),
    gen_tcp:close(C), gen_tcp:close(S),
    {C1, S1} = pair([{packet, 1}]),
    ok = inet:setopts(C1, [{packet, 1}]),
    p(too_long, gen_tcp:send(C1, binary:copy(<<"x">>, 258))),
    p(cut, gen_tcp:recv(S1, 0, ?WAIT)),
    gen_tcp:close(C1), gen_tcp:close(S1).
