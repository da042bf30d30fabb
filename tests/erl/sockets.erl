%% SPDX-License-Identifier: Apache-2.0
%% The socket and net modules, and gen_tcp and gen_udp on top of them, on the loopback interface.
-module(sockets).
-mode(compile).
-export([main/1]).

main(_) ->
  supports(), addresses(), stream(), waiting(), datagrams(), local(), messages(), options(), otp_options(), closing(),
  owners(), registry(), files(), descriptors(), interfaces(), names(), tcp(), udp(), many().

show(Label, Value) -> io:format("~s: ~p~n", [Label, Value]).
try_it(F) -> try F() catch C:R -> {C, R} end.

supports() ->
  show("supports", [case V of L when is_list(L) -> {K, lists:sort(L)}; _ -> {K, V} end || {K, V} <- lists:sort(socket:supports())]),
  [show(K, lists:sort(prim_socket:supports(K))) || K <- [options, msg_flags, protocols, ioctl_requests, ioctl_flags]],
  show("no such", [socket:supports(nonsense), socket:is_supported(options, socket, acceptconn), socket:is_supported(options, tcp, info)]),
  #{counters := C} = I = socket:info(),
  show("info", {lists:sort(maps:keys(I)), lists:sort(maps:keys(C)), maps:get(num_sockets, C), maps:get(iov_max, I)}).

addresses() ->
  {ok, S} = socket:open(inet, stream),
  show("unbound", socket:sockname(S)),
  show("peer", socket:peername(S)),
  [show("bind", try_it(fun() -> socket:bind(S, A) end)) ||
    A <- [#{family => inet}, #{family => inet, addr => {1,2,3}}, #{family => inet, addr => {1,2,3,256}}, #{family => inet, port => a},
          #{addr => any}, #{family => inet, nonsense => 1}, #{family => nonsense}, #{family => local}, #{family => local, path => 17},
          nonsense, 17, #{family => inet, addr => {192,0,2,77}}]],
  show("bound", begin {ok, #{addr := A1, family := F1}} = socket:sockname(S), {A1, F1} end),
  ok = socket:close(S),
  {ok, S6} = socket:open(inet6, stream, tcp),
  ok = socket:bind(S6, #{family => inet6, addr => loopback}),
  {ok, N6} = socket:sockname(S6),
  show("inet6", N6#{port := 0}),
  ok = socket:close(S6),
  [show("open", try_it(fun() -> socket:open(D, T, P) end)) ||
    {D, T, P} <- [{nonsense, stream, tcp}, {inet, nonsense, tcp}, {inet, stream, nonsense}, {inet, stream, udp}, {inet, 1 bsl 40, tcp},
                  {inet, dgram, {raw, 6}}, {17000, stream, 0}, {inet, stream, "tcp"}, {inet, stream, sctp}]],
  {ok, L} = socket:open(local, stream),
  show("local", [socket:sockname(L), socket:getopt(L, socket, protocol), socket:getopt(L, socket, domain), socket:getopt(L, socket, type)]),
  show("long", [try_it(fun() -> element(1, socket:bind(L, #{family => local, path => lists:duplicate(N, $a)})) end) || N <- [107, 108, 256]]),
  socket:close(L),
  file:delete(lists:duplicate(107, $a)).

listener() -> listener(#{}).
listener(Extra) ->
  {ok, L} = socket:open(inet, stream, tcp, Extra),
  ok = socket:bind(L, #{family => inet, addr => loopback}),
  ok = socket:listen(L),
  {ok, Name} = socket:sockname(L),
  {L, Name}.
pair() ->
  {L, Name} = listener(),
  {ok, C} = socket:open(inet, stream, tcp),
  ok = socket:connect(C, Name),
  {ok, S} = socket:accept(L),
  ok = socket:close(L),
  {C, S}.

stream() ->
  {C, S} = pair(),
  show("send", [socket:send(C, <<"hello">>), socket:send(C, [<<" ">>, "wor", [$l, <<"d">>]])]),
  show("recv", [socket:recv(S, 11), socket:recv(S, 0, 0), socket:recv(S, 5, 10)]),
  ok = socket:send(S, binary:copy(<<"x">>, 200)),
  show("long", byte_size(element(2, socket:recv(C, 200)))),
  ok = socket:send(S, <<"partial">>),
  show("partial", socket:recv(C, 100, 50)),
  ok = socket:send(S, <<"peek">>),
  show("peek", [socket:recv(C, 4, [peek], 1000), socket:recv(C, 4)]),
  show("nowait", begin {select, {select_info, recv, R1}} = socket:recv(C, 0, nowait), is_reference(R1) andalso socket:cancel(C, {select_info, recv, R1}) end),
  show("bits", begin <<_:3, Odd:5/bytes, _:5>> = <<2#111:3, "odder", 0:5>>, ok = socket:send(S, Odd), socket:recv(C, 5) end),
  show("flags", [try_it(fun() -> socket:send(C, <<>>, F) end) || F <- [[nonsense], [-1], nonsense, [1 bsl 40]]]),
  show("timeouts", [try_it(fun() -> socket:recv(C, 0, [], T) end) || T <- [-1, a]]),
  show("lengths", [try_it(fun() -> socket:recv(C, L, [], 0) end) || L <- [-1, a, 1 bsl 70]]),
  show("shutdown", [socket:shutdown(C, write), try_it(fun() -> socket:shutdown(C, nonsense) end)]),
  show("end", [socket:recv(S, 0), socket:send(C, <<"a">>), socket:recvfrom(S, 0), socket:recvmsg(S)]),
  [ok, ok] = [socket:close(X) || X <- [C, S]],
  show("closed", [socket:send(C, <<"a">>), socket:recv(C, 0), socket:close(C), socket:sockname(C), socket:shutdown(C, read),
                  socket:getopt(C, socket, type), socket:setopt(C, socket, keepalive, true), socket:listen(C), socket:bind(C, any),
                  maps:with([rstates, wstates, domain, type, protocol], socket:info(C))]),
  {L, #{port := Port} = Name} = listener(),
  socket:close(L),
  {ok, R} = socket:open(inet, stream, tcp),
  show("refused", socket:connect(R, Name#{port := Port})),
  show("not connected", [socket:recv(R, 0, 100), socket:connect(R, #{family => inet, addr => {1,2}})]),
  socket:close(R),
  show("not sockets", [try_it(fun() -> F(make_ref()) end) || F <- [fun prim_socket:close/1, fun prim_socket:sockname/1]]).

%% Several processes at one socket: each in its turn.
waiting() ->
  {L, Name} = listener(),
  Self = self(),
  Accept = fun(N) -> spawn_link(fun() -> {ok, S} = socket:accept(L), Self ! {accepted, N}, {ok, B} = socket:recv(S, 1), Self ! {got, N, B} end) end,
  [begin Accept(N), wait_for(fun() -> maps:get(num_acceptors, socket:info(L)) =:= N end) end || N <- [1, 2, 3]],
  Clients = [begin {ok, C} = socket:open(inet, stream, tcp), ok = socket:connect(C, Name), receive {accepted, N} -> show("accepted", N) end, C end || _ <- [1, 2, 3]],
  [ok = socket:send(C, <<"z">>) || C <- Clients],
  show("got", lists:sort([receive {got, N, B} -> {N, B} end || _ <- [1, 2, 3]])),
  [socket:close(C) || C <- Clients],
  {select, First} = socket:accept(L, nowait),
  show("cancelled", [socket:cancel(L, First), (catch element(1, socket:cancel(L, First)))]),
  show("handle", begin H = make_ref(), {select, I1} = socket:accept(L, H), socket:cancel(L, I1) end),
  show("unknown", [element(1, socket:cancel(L, {select_info, accept, make_ref()})), try_it(fun() -> prim_socket:cancel(element(2, L), nonsense, make_ref()) end)]),
  show("timeout", socket:accept(L, 20)),
  show("mixed", begin {select, I} = socket:accept(L, nowait), R = socket:recv(L, 0, 0), socket:cancel(L, I), R end),
  socket:close(L),
  {C1, S1} = pair(),
  Readers = [begin P = spawn_link(fun() -> Self ! {self(), socket:recv(C1, 3)} end), wait_for(fun() -> maps:get(num_readers, socket:info(C1)) =:= N end), P end || N <- [1, 2, 3]],
  [P1, P2, P3] = Readers,
  unlink(P2), exit(P2, kill),
  wait_for(fun() -> maps:get(num_readers, socket:info(C1)) =:= 2 end),
  ok = socket:send(S1, <<"abc">>), receive {P1, A} -> show("first", A) end,
  ok = socket:send(S1, <<"def">>), receive {P3, B} -> show("third", B) end,
  _ = [spawn_link(fun() -> Self ! {N, socket:recv(C1, 1)} end) || N <- [a, b]],
  wait_for(fun() -> maps:get(num_readers, socket:info(C1)) =:= 2 end),
  socket:close(C1),
  show("told", [receive {a, X} -> X end, receive {b, X} -> X end]),
  show("ended", socket:recv(S1, 1)),
  socket:close(S1),
  {C2, S2} = pair(),
  ok = socket:setopt(C2, socket, sndbuf, 20000),
  Big = binary:copy(<<"0123456789">>, 60000),
  Writer = spawn_link(fun() -> Self ! {wrote, socket:send(C2, Big)} end),
  wait_for(fun() -> maps:get(num_writers, socket:info(C2)) =:= 1 end),
  show("writer waits", lists:member(selected, maps:get(wstates, socket:info(C2)))),
  show("second writer", socket:send(C2, <<"x">>, 20)),
  {ok, All} = socket:recv(S2, byte_size(Big)),
  show("big", {All =:= Big, receive {wrote, W} -> W end, is_pid(Writer)}),
  show("nowait send", begin F = fun F(N) -> case socket:send(C2, Big, nowait) of ok -> F(N + 1); {select, {_, Rest}} -> byte_size(Rest) < byte_size(Big); {select, _} -> true end end, F(0) end),
  socket:close(C2),
  receive {'$socket', C2, _, _} -> ok after 0 -> ok end,   % ready or aborted: both may be
  socket:close(S2).

wait_for(F) -> wait_for(F, 1000).
wait_for(F, N) when N > 0 -> case F() of true -> ok; false -> receive after 5 -> wait_for(F, N - 1) end end.

datagrams() ->
  [A, B] = [begin {ok, S} = socket:open(inet, dgram, udp), ok = socket:bind(S, #{family => inet, addr => loopback}), S end || _ <- [1, 2]],
  {ok, An} = socket:sockname(A), {ok, Bn} = socket:sockname(B),
  show("sendto", [socket:sendto(A, <<"one">>, Bn), socket:sendto(A, <<>>, Bn), socket:sendto(A, [<<"t">>, "wo"], Bn), socket:sendto(A, binary:copy(<<1>>, 300), Bn)]),
  {ok, {From, First}} = socket:recvfrom(B),
  show("from", {From =:= An, First}),
  show("empty", begin {ok, {_, E}} = socket:recvfrom(B), E end),
  show("short", [begin {ok, {_, X}} = socket:recvfrom(B, N), X end || N <- [2]]),
  show("large", begin {ok, {_, Lg}} = socket:recvfrom(B, 1000), byte_size(Lg) end),
  show("nothing", [socket:recvfrom(B, 0, 0), socket:recvfrom(B, 0, 10), socket:recv(B, 0, [], 0)]),
  show("too large", socket:sendto(A, binary:copy(<<0>>, 70000), Bn)),
  show("no destination", socket:send(A, <<"x">>)),
  show("connected", begin ok = socket:connect(A, Bn), ok = socket:send(A, <<"hi">>), {ok, {_, Hi}} = socket:recvfrom(B), [Hi, socket:peername(A) =:= {ok, Bn}] end),
  show("disconnected", [socket:connect(A, #{family => unspec}), socket:peername(A)]),
  show("bad destination", [try_it(fun() -> socket:sendto(A, <<"x">>, D) end) || D <- [#{family => inet, addr => {1}}, #{family => inet6}, nonsense]]),
  [socket:close(X) || X <- [A, B]],
  {ok, U} = socket:open(inet, dgram, udp),
  show("listen", socket:listen(U)),
  show("accept", socket:accept(U, 0)),
  socket:close(U).

local() ->
  Path = "sockets_local",
  file:delete(Path),
  {ok, L} = socket:open(local, stream),
  ok = socket:bind(L, #{family => local, path => Path}),
  ok = socket:listen(L),
  show("name", socket:sockname(L)),
  {ok, C} = socket:open(local, stream),
  ok = socket:connect(C, #{family => local, path => list_to_binary(Path)}),
  {ok, S} = socket:accept(L),
  show("peers", [socket:peername(C), socket:peername(S), socket:sockname(C)]),
  ok = socket:send(C, <<"over">>),
  show("got", socket:recv(S, 4)),
  ok = socket:send(C, <<"from">>),
  show("recvfrom", socket:recvfrom(S, 4)),
  [socket:close(X) || X <- [C, S, L]],
  file:delete(Path),
  {ok, Q} = socket:open(local, seqpacket),
  {ok, A} = socket:open(local, dgram),
  ok = socket:bind(A, #{family => local, path => <<0, "athanor-sockets-test", (integer_to_binary(erlang:unique_integer([positive])))/binary, (list_to_binary(os:getpid()))/binary>>}),
  {ok, #{path := <<0, Start:20/binary, _/binary>>} = Name} = socket:sockname(A),
  show("abstract", Start),
  {ok, B} = socket:open(local, dgram),
  show("unnamed", begin ok = socket:sendto(B, <<"x">>, Name), socket:recvfrom(A) end),
  [socket:close(X) || X <- [Q, A, B]],
  {ok, N} = socket:open(local, stream),
  show("nobody", socket:connect(N, #{family => local, path => "/nonexistent/socket"})),
  socket:close(N).

messages() ->
  [A, B] = [begin {ok, S} = socket:open(inet, dgram, udp), ok = socket:bind(S, #{family => inet, addr => loopback}), S end || _ <- [1, 2]],
  {ok, An} = socket:sockname(A), {ok, Bn} = socket:sockname(B),
  ok = socket:sendmsg(A, #{addr => Bn, iov => [<<"a">>, <<>>, <<"bc">>, binary:copy(<<"d">>, 100)]}),
  {ok, M} = socket:recvmsg(B),
  show("message", {maps:get(addr, M) =:= An, maps:without([addr], M)}),
  [ok = socket:setopt(B, ip, O, true) || O <- [recvtos, recvttl, pktinfo]],
  ok = socket:setopt(B, socket, timestamp, true),
  ok = socket:sendmsg(A, #{addr => Bn, iov => [<<"x">>], ctrl => [#{level => ip, type => tos, value => reliability}, #{level => ip, type => ttl, data => <<17:32/native>>}]}),
  {ok, #{ctrl := Ctrl}} = socket:recvmsg(B, 0, 4096),
  [show("control", case T of timestamp -> [is_integer(maps:get(sec, V)), is_integer(maps:get(usec, V))]; pktinfo -> maps:without([ifindex], V); _ -> {V, D} end)
   || {T, V, D} <- lists:sort([{T, V, D} || #{type := T, value := V, data := D} <- Ctrl])],
  show("cut off", begin ok = socket:sendmsg(A, #{addr => Bn, iov => [<<"longer">>]}), {ok, M2} = socket:recvmsg(B, 3, 20), maps:with([iov, flags], M2) end),
  [show("bad message", try_it(fun() -> socket:sendmsg(A, Bad) end)) ||
    Bad <- [#{addr => Bn}, #{addr => Bn, iov => [a]}, #{addr => Bn, iov => nonsense}, #{addr => #{family => inet, addr => 1}, iov => [<<"x">>]},
            #{addr => Bn, iov => [<<"x">>], ctrl => [#{level => ip, type => nonsense, value => 1}]}, #{addr => Bn, iov => [<<"x">>], ctrl => [#{level => ip, type => tos, value => x}]},
            #{addr => Bn, iov => [<<"x">>], ctrl => [#{level => nonsense, type => tos, value => 1}]}, #{addr => Bn, iov => [<<"x">> | <<"y">>]}, 17]],
  [socket:close(X) || X <- [A, B]],
  {C, S} = pair(),
  Iov = [<<N:16>> || N <- lists:seq(1, 3000)],
  ok = socket:sendmsg(C, #{iov => Iov}),
  show("many pieces", socket:recv(S, 6000) =:= {ok, iolist_to_binary(Iov)}),
  show("stream message", begin ok = socket:sendmsg(C, #{iov => [<<"a">>, <<"b">>]}), {ok, M3} = socket:recvmsg(S), M3 end),
  [socket:close(X) || X <- [C, S]],
  {L, Name} = listener(), socket:close(L),
  {ok, U} = socket:open(inet, dgram, udp),
  ok = socket:setopt(U, ip, recverr, true),
  ok = socket:connect(U, Name),
  ok = socket:send(U, <<"x">>),
  show("unreachable", socket:recv(U, 0, 2000)),
  show("error queue", case socket:recvmsg(U, [errqueue], 2000) of {ok, #{ctrl := [#{value := V1} = K1], iov := I1}} -> {maps:with([level, type], K1), V1#{offender := maps:with([family, addr], maps:get(offender, V1))}, I1}; O1 -> O1 end),
  socket:close(U).

options() ->
  {ok, S} = socket:open(inet, stream, tcp),
  Set = fun(O, V) -> try_it(fun() -> socket:setopt(S, O, V) end) end,
  Get = fun(O) -> try_it(fun() -> socket:getopt(S, O) end) end,
  [show(io_lib:format("~w ~w", [L, O]), [Get({L, O}), Set({L, O}, V), Get({L, O})]) ||
    {L, O, V} <- [{socket, acceptconn, true}, {socket, broadcast, true}, {socket, debug, 0}, {socket, domain, inet}, {socket, dontroute, true},
                  {socket, keepalive, true}, {socket, keepalive, 1}, {socket, linger, #{onoff => true, linger => 3}}, {socket, linger, abort}, {socket, linger, #{onoff => true}},
                  {socket, oobinline, true}, {socket, passcred, true}, {socket, priority, 2}, {socket, protocol, tcp}, {socket, rcvlowat, 3},
                  {socket, reuseaddr, true}, {socket, reuseport, true}, {socket, sndlowat, 1}, {socket, timestamp, true}, {socket, type, x},
                  {socket, bindtodevice, "lo"}, {socket, rcvtimeo, #{sec => 1, usec => 0}}, {socket, nonsense, 1}, {socket, busy_poll, 1},
                  {ip, tos, lowdelay}, {ip, tos, 17}, {ip, tos, x}, {ip, ttl, 33}, {ip, ttl, 0}, {ip, mtu_discover, do}, {ip, mtu_discover, nonsense}, {ip, mtu, 1},
                  {ip, recvtos, true}, {ip, recvttl, true}, {ip, freebind, true}, {ip, minttl, 5}, {ip, multicast_if, {127,0,0,1}}, {ip, multicast_loop, false},
                  {ip, multicast_ttl, 4}, {ip, multicast_all, false}, {ip, nodefrag, true}, {ip, pktinfo, true}, {ip, recverr, true}, {ip, router_alert, 1},
                  {ip, retopts, true}, {ip, recvopts, true}, {ip, recvorigdstaddr, true}, {ip, transparent, false}, {ip, hdrincl, true}, {ip, pktoptions, 1},
                  {ip, add_membership, #{multiaddr => {224,0,0,77}, interface => {127,0,0,1}}}, {ip, add_membership, #{multiaddr => any}}, {ip, msfilter, null},
                  {tcp, nodelay, true}, {tcp, cork, true}, {tcp, maxseg, 900}, {tcp, congestion, "reno"}, {tcp, congestion, nonsense}, {tcp, info, 1}, {udp, cork, true},
                  {sctp, nodelay, true}, {ipv6, v6only, true}]],
  show("buffers", [{Set({socket, O}, 20000), element(2, Get({socket, O})) >= 20000} || O <- [rcvbuf, sndbuf]]),
  show("native", [socket:getopt_native(S, {socket, 3}, integer), socket:getopt_native(S, {socket, keepalive}, boolean), socket:getopt_native(S, {1, 13}, 8),
                  socket:getopt_native(S, {tcp, 1}, <<0:32>>), socket:setopt_native(S, {socket, keepalive}, 0), socket:setopt_native(S, {tcp, 1}, <<0:32/native>>),
                  socket:setopt_native(S, {tcp, nodelay}, true), socket:getopt(S, tcp, nodelay), try_it(fun() -> socket:setopt_native(S, {tcp, 1}, "x") end),
                  try_it(fun() -> socket:getopt_native(S, {tcp, 1}, x) end), socket:getopt_native(S, {tcp, 99999}, integer), socket:getopt_native(S, {nonsense, 1}, integer)]),
  socket:close(S),
  {ok, U} = socket:open(inet6, dgram, udp),
  [show(io_lib:format("ipv6 ~w", [O]), [socket:getopt(U, ipv6, O), try_it(fun() -> socket:setopt(U, ipv6, O, V) end), socket:getopt(U, ipv6, O)]) ||
    {O, V} <- [{v6only, true}, {multicast_hops, 9}, {multicast_hops, default}, {multicast_hops, 256}, {unicast_hops, 9}, {multicast_loop, false}, {mtu_discover, dont},
               {recvhoplimit, true}, {recvpktinfo, true}, {recvtclass, true}, {tclass, 8}, {recverr, true}, {multicast_if, 1}, {flowinfo, true}, {dstopts, true},
               {hopopts, true}, {rthdr, true}, {authhdr, true}, {checksum, 1}, {add_membership, #{multiaddr => {16#ff02,0,0,0,0,0,0,77}, interface => 1}},
               {drop_membership, #{multiaddr => {16#ff02,0,0,0,0,0,0,77}, interface => 1}}, {addrform, nonsense}]],
  socket:close(U),
  {ok, M} = socket:open(inet, dgram, udp),
  Lo = {127,0,0,1},
  [show("multicast", try_it(fun() -> socket:setopt(M, ip, O, V) end)) ||
    {O, V} <- [{add_membership, #{multiaddr => {224,0,0,77}, interface => Lo}}, {add_membership, #{multiaddr => {224,0,0,77}, interface => Lo}},
               {drop_membership, #{multiaddr => {224,0,0,77}, interface => Lo}}, {add_source_membership, #{multiaddr => {232,0,0,77}, interface => Lo, sourceaddr => Lo}},
               {block_source, #{multiaddr => {232,0,0,78}, interface => Lo, sourceaddr => Lo}},
               {drop_source_membership, #{multiaddr => {232,0,0,77}, interface => Lo, sourceaddr => Lo}},
               {msfilter, #{multiaddr => {232,0,0,77}, interface => Lo, mode => include, slist => []}}, {msfilter, #{multiaddr => {232,0,0,77}, interface => Lo, mode => x, slist => []}}]],
  socket:close(M).

otp_options() ->
  {ok, S} = socket:open(inet, stream, tcp),
  Set = fun(O, V) -> try_it(fun() -> socket:setopt(S, {otp, O}, V) end) end,
  Get = fun(O) -> try_it(fun() -> socket:getopt(S, {otp, O}) end) end,
  [show(O, [Get(O), Set(O, V), Get(O)]) ||
    {O, V} <- [{debug, x}, {iow, true}, {iow, 1}, {rcvbuf, 100}, {rcvbuf, {3, 100}}, {rcvbuf, {0, 100}}, {rcvbuf, default}, {rcvbuf, 0}, {rcvctrlbuf, 500},
               {rcvctrlbuf, x}, {sndctrlbuf, 500}, {meta, {a, [b], <<"c">>}}, {use_registry, false}, {use_registry, true}, {domain, x}, {nonsense, 1}]],
  show("fd", [is_integer(element(2, Get(fd))), Set(fd, 1), element(2, Get(controlling_process)) =:= self()]),
  socket:close(S),
  {C, P} = pair(),
  ok = socket:setopt(C, otp, rcvbuf, {3, 10}),
  ok = socket:send(P, binary:copy(<<"y">>, 100)),
  receive after 100 -> ok end,
  show("three buffers", [socket:recv(C), socket:recv(C)]),
  ok = socket:setopt(C, otp, rcvbuf, 15),
  show("one buffer", [socket:recv(C), socket:recv(C, 25)]),
  #{counters := #{read_byte := RB, read_pkg := RP, write_pkg := WP}} = socket:info(C),
  show("counters", {RB, RP, WP}),
  [socket:close(X) || X <- [C, P]].

closing() ->
  {C, S} = pair(),
  Self = self(),
  P = spawn_link(fun() -> Self ! {self(), socket:recv(C, 0)} end),
  wait_for(fun() -> maps:get(num_readers, socket:info(C)) =:= 1 end),
  ok = socket:close(C),
  show("reader told", receive {P, R} -> R end),
  show("states", maps:with([rstates, wstates, owner], socket:info(C))),
  show("finalize", [try_it(fun() -> prim_socket:finalize_close(element(2, X)) end) || X <- [C, S]]),
  socket:close(S).

owners() ->
  Self = self(),
  {Pid, Mon} = spawn_monitor(fun() -> {L, Name} = listener(), Self ! {L, Name}, receive stop -> ok end end),
  {L, Name} = receive {X, N} when is_tuple(X) -> {X, N} end,
  Waiter = spawn_link(fun() -> Self ! {self(), socket:accept(L)} end),
  wait_for(fun() -> maps:get(num_acceptors, socket:info(L)) =:= 1 end),
  show("not owner", [socket:setopt(L, otp, controlling_process, self()), socket:setopt(L, otp, meta, x)]),
  Pid ! stop,
  receive {'DOWN', Mon, _, _, _} -> ok end,
  show("waiter told", receive {Waiter, W} -> W end),
  wait_for(fun() -> lists:member(closed, maps:get(rstates, socket:info(L))) end),
  show("closed", [socket:sockname(L), begin {ok, C} = socket:open(inet, stream, tcp), R = socket:connect(C, Name), socket:close(C), R end]),
  {ok, S} = socket:open(inet, stream, tcp),
  Other = spawn_link(fun() -> receive stop -> ok end end),
  show("given away", [socket:setopt(S, otp, controlling_process, Other), socket:getopt(S, otp, controlling_process) =:= {ok, Other},
                      socket:setopt(S, otp, controlling_process, self())]),
  Other ! stop,
  wait_for(fun() -> lists:member(closed, maps:get(rstates, socket:info(S))) end),
  {ok, S2} = socket:open(inet, stream, tcp),
  {Dead, M2} = spawn_monitor(fun() -> ok end),
  receive {'DOWN', M2, _, _, _} -> ok end,
  show("to the dead", [socket:setopt(S2, otp, controlling_process, Dead), socket:sockname(S2)]),
  show("not by others", begin {ok, S3} = socket:open(inet, stream, tcp), P3 = spawn_link(fun() -> Self ! {self(), socket:close(S3)} end), receive {P3, R3} -> R3 end end).

registry() ->
  Before = socket:number_of(),
  {ok, S} = socket:open(inet, dgram, udp),
  {ok, Q} = socket:open(inet, dgram, udp, #{use_registry => false}),
  show("registered", [socket:number_of() - Before, lists:member(S, socket:which_sockets()), lists:member(Q, socket:which_sockets()), length(socket:which_sockets(udp)) >= 1]),
  Mon = socket:monitor(S),
  ok = socket:close(S),
  show("down", receive {'DOWN', Mon, socket, S, Why} -> Why after 5000 -> none end),
  show("gone", [socket:number_of() - Before, receive {'DOWN', M2, socket, S, W2} -> {M2 =:= element(2, {x, M2}), W2} after 0 -> none end]),
  socket:close(Q).

files() ->
  {C, S} = pair(),
  Data = binary:copy(<<"sendfile ">>, 50000),
  ok = file:write_file("sockets_file", Data),
  Self = self(),
  spawn_link(fun() -> Self ! {all, socket:recv(S, byte_size(Data) + 9 + 4)} end),
  {ok, F} = file:open("sockets_file", [raw, binary]),
  show("sendfile", [socket:sendfile(C, F), socket:sendfile(C, F, 9, 9), socket:sendfile(C, F, byte_size(Data) - 4, 100)]),
  show("all", receive {all, {ok, B}} -> B =:= <<Data/binary, "sendfile ", "ile ">> end),
  show("counters", lists:sort(maps:keys(maps:without([read_byte], maps:get(counters, socket:info(C)))))),
  file:close(F),
  show("closed file", socket:sendfile(C, F)),
  show("no file", [try_it(fun() -> prim_socket:sendfile(element(2, C), make_ref(), 0, 0, make_ref()) end), try_it(fun() -> socket:sendfile(C, x) end)]),
  [socket:close(X) || X <- [C, S]],
  file:delete("sockets_file").

descriptors() ->
  {C, S} = pair(),
  {ok, FD} = socket:getopt(C, otp, fd),
  {ok, D} = socket:open(FD, #{}),
  #{ctype := {fromfd, FD2}} = socket:info(D),
  show("duplicate", [FD2 =:= FD, maps:with([domain, type, protocol, wstates], socket:info(D)), socket:getopt(D, otp, fd) =/= {ok, FD}]),
  ok = socket:close(C),
  ok = socket:send(D, <<"still">>),
  show("open", socket:recv(S, 5)),
  {ok, FD3} = socket:getopt(D, otp, fd),
  {ok, E} = socket:open(FD3, #{dup => false}),
  show("same", [maps:get(ctype, socket:info(E)), socket:getopt(E, otp, fd) =:= {ok, FD3}, socket:close(E), socket:send(D, <<"x">>)]),
  [socket:close(X) || X <- [D, S]],
  show("bad", [try_it(fun() -> socket:open(X, O) end) || {X, O} <- [{9999, #{}}, {9999, #{domain => inet, type => stream}}, {-1, #{domain => inet}}, {1 bsl 40, #{}}, {x, #{}}]]).

interfaces() ->
  {ok, S} = socket:open(inet, dgram, udp),
  I = fun(R, A) -> try_it(fun() -> socket:ioctl(S, R, A) end) end,
  show("lo", [I(R, "lo") || R <- [gifindex, gifflags, gifaddr, gifbrdaddr, gifnetmask, gifmtu, gifmap]]),
  show("hardware", begin {ok, #{addr := <<Mac:6/bytes, _/binary>>, family := Kind}} = I(gifhwaddr, "lo"), {Kind, Mac} end),
  show("queue", case I(giftxqlen, "lo") of {ok, Qn} -> is_integer(Qn); O -> O end),
  show("name", [I(gifname, 1), I(gifname, 99999), I(gifindex, "nonsense"), I(gifaddr, x)]),
  {ok, Conf} = socket:ioctl(S, gifconf),
  show("conf", [C || #{name := "lo"} = C <- Conf]),
  show("bad", [try_it(fun() -> socket:ioctl(S, nonsense) end), try_it(fun() -> socket:ioctl(S, sifmtu, "nonsense", 1500) end), try_it(fun() -> socket:ioctl(S, sifmtu, "nonsense", x) end)]),
  socket:close(S),
  {ok, All} = net:getifaddrs(),
  show("getifaddrs", [A || #{name := "lo", addr := #{family := inet}} = A <- All]),
  {ok, Packet} = net:getifaddrs(packet),
  show("packet", [A || #{name := "lo"} = A <- Packet]),
  show("index", [net:if_name2index("lo"), net:if_index2name(1), net:if_name2index("nonsense"), net:if_index2name(99999), lists:member({1, "lo"}, element(2, net:if_names()))]),
  show("bad", [try_it(fun() -> net:if_name2index(x) end), net:if_name2index(lists:duplicate(40, $a)), try_it(fun() -> prim_net:if_index2name(-1) end)]).

names() ->
  show("host", begin {ok, H} = net:gethostname(), {ok, H} =:= inet:gethostname() end),
  show("numeric", [net:getaddrinfo("127.0.0.1"), net:getaddrinfo("127.0.0.1", "80"), net:getaddrinfo("::1", "80")]),
  show("service", [net:getaddrinfo("127.0.0.1", "nonsense"), net:getaddrinfo("127.0.0.1", "http")]),
  show("nameinfo", [net:getnameinfo(#{family => inet, addr => {127,0,0,1}, port => 80}, [numerichost, numericserv]),
                    net:getnameinfo(#{family => inet6, addr => loopback, port => 80}, [numerichost, numericserv]),
                    try_it(fun() -> net:getnameinfo(#{family => inet, addr => {127,0,0,1}, port => 80}, [nonsense]) end),
                    try_it(fun() -> net:getnameinfo(nonsense, []) end)]),
  show("command", [prim_net:info(), prim_net:command({debug, x}), prim_net:command(x)]).

tcp() ->
  Backend = {inet_backend, socket},
  {ok, L} = gen_tcp:listen(0, [Backend, {active, false}, binary, {ip, {127,0,0,1}}, {packet, 2}]),
  {ok, Port} = inet:port(L),
  Self = self(),
  spawn_link(fun() -> {ok, S} = gen_tcp:accept(L), gen_tcp:controlling_process(S, Self), Self ! {accepted, S} end),
  {ok, C} = gen_tcp:connect({127,0,0,1}, Port, [Backend, {active, true}, binary, {packet, 2}]),
  S = receive {accepted, X} -> X end,
  ok = gen_tcp:send(S, [<<"packet">>, "s"]),
  show("active", receive {tcp, C, D} -> D after 5000 -> none end),
  ok = gen_tcp:send(C, <<"back">>),
  show("passive", gen_tcp:recv(S, 0, 5000)),
  show("timeout", gen_tcp:recv(S, 0, 10)),
  show("opts", [inet:getopts(S, [active, packet, nodelay, mode]), inet:setopts(S, [{nodelay, true}, {active, once}]), inet:getopts(S, [nodelay])]),
  ok = gen_tcp:send(C, <<"once">>),
  show("once", receive {tcp, S, D2} -> D2 after 5000 -> none end),
  ok = gen_tcp:close(S),
  show("closed", receive {tcp_closed, C} -> yes after 5000 -> no end),
  show("names", [inet:peername(L), element(1, element(2, inet:sockname(L)))]),
  gen_tcp:close(L),
  show("refused", gen_tcp:connect({127,0,0,1}, Port, [Backend], 2000)).

udp() ->
  Backend = {inet_backend, socket},
  {ok, A} = gen_udp:open(0, [Backend, binary, {ip, {127,0,0,1}}, {active, false}]),
  {ok, B} = gen_udp:open(0, [Backend, binary, {ip, {127,0,0,1}}, {active, true}]),
  {ok, Pa} = inet:port(A), {ok, Pb} = inet:port(B),
  ok = gen_udp:send(A, {127,0,0,1}, Pb, <<"to b">>),
  show("udp active", receive {udp, B, {127,0,0,1}, Pa, D} -> D after 5000 -> none end),
  ok = gen_udp:send(B, {127,0,0,1}, Pa, <<"to a">>),
  show("udp passive", begin {ok, {Ip, Pb, D2}} = gen_udp:recv(A, 0, 5000), {Ip, D2} end),
  show("udp timeout", gen_udp:recv(A, 0, 10)),
  [gen_udp:close(X) || X <- [A, B]].

%% Many at once: everything that goes in comes out.
many() ->
  {L, Name} = listener(),
  Self = self(),
  spawn_link(fun() -> [begin {ok, S} = socket:accept(L), P = spawn_link(fun() -> receive go -> echo(S) end end), ok = socket:setopt(S, otp, controlling_process, P), P ! go end || _ <- lists:seq(1, 10)],
                      receive stop -> ok end end),
  [spawn_link(fun() -> {ok, C} = socket:open(inet, stream, tcp), ok = socket:connect(C, Name), R = [talk(C, N, K) || K <- lists:seq(1, 6)], socket:close(C), Self ! {done, lists:usort(R)} end) || N <- lists:seq(1, 10)],
  show("echoes", lists:usort([receive {done, R} -> R after 30000 -> late end || _ <- lists:seq(1, 10)])),
  socket:close(L).
echo(S) -> case socket:recv(S) of {ok, B} -> ok = socket:send(S, B), echo(S); {error, closed} -> socket:close(S) end.
talk(C, N, K) -> B = binary:copy(<<N, K>>, 100 * K), ok = socket:send(C, B), socket:recv(C, byte_size(B)) =:= {ok, B}.
