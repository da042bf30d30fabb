%% SPDX-License-Identifier: Apache-2.0
%% Names: the system's resolver through the port program, the resolver in Erlang against a name server of our own (datagrams and streams),
%% services, interfaces, the host's name.
-module(names).
-mode(compile).
-export([main/1]).

-include_lib("kernel/src/inet_dns.hrl").

-define(WAIT, 10000).

main(_) ->
    native(), services(), interfaces(), resolver().

p(Label, Term) -> io:format("~p: ~p~n", [Label, Term]).

native() ->
    p(localhost, inet:gethostbyname("localhost", inet)),
    p(getaddr, inet:getaddr("localhost", inet)),
    p(getaddrs, inet:getaddrs('localhost', inet)),
    p(address, inet:getaddr("127.0.0.3", inet)),
    p(address, inet:getaddr({1, 2, 3, 4}, inet)),
    p(six, inet:getaddr("::1", inet6)),
    p(by_address, inet:gethostbyaddr({127, 0, 0, 1})),
    p(several, [receive {N, R} -> R after ?WAIT -> none end || N <- lists:seq(1, 20),
                _ <- [begin Me = self(), spawn(fun() -> Me ! {N, inet:getaddr("localhost", inet)} end) end]]),
    {ok, Host} = inet:gethostname(),
    p(host, Host =:= string:trim(os:cmd("hostname"))).

services() ->
    {ok, S} = gen_udp:open(0),
    p(by_name, [inet:getservbyname(N, P) || {N, P} <- [{http, tcp}, {domain, udp}, {nonsense, tcp}, {http, nonsense}]]),
    p(by_port, [prim_inet:getservbyport(S, N, P) || {N, P} <- [{80, tcp}, {53, udp}, {1, "nonsense"}, {70000, tcp}]]),
    gen_udp:close(S).

interfaces() ->
    {ok, All} = inet:getifaddrs(),
    p(all, lists:sort(All)),
    {ok, Names} = inet:getiflist(),
    p(names, lists:sort(Names)),
    p(lo, inet:ifget("lo", [addr, netmask, flags, mtu, hwaddr, broadaddr, dstaddr])),
    p(none, inet:ifget("no_such", [addr, flags])),
    p(bad, inet:ifget("lo", [nonsense])).

%% --- a name server ---

resolver() ->
    {ok, U} = gen_udp:open(0, [binary, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(U),
    case gen_tcp:listen(Port, [binary, {packet, 2}, {active, false}, {ip, {127, 0, 0, 1}}]) of
        {error, eaddrinuse} -> gen_udp:close(U), resolver();   % somebody else has that number for streams
        {ok, L} ->
            Datagrams = spawn_link(fun() -> receive go -> datagrams(U) end end),
            ok = gen_udp:controlling_process(U, Datagrams),
            Datagrams ! go,
            spawn_link(fun() -> streams(L) end),
            questions([{nameservers, [{{127, 0, 0, 1}, Port}]}, {timeout, 2000}])
    end.

questions(Options) ->
    p(a, inet_res:lookup("one.test", in, a, Options)),
    p(aaaa, inet_res:lookup("one.test", in, aaaa, Options)),
    p(txt, inet_res:lookup("text.test", in, txt, Options)),
    p(mx, inet_res:lookup("mail.test", in, mx, Options)),
    p(none, element(2, inet_res:resolve("none.test", in, a, Options)) =/= ok),
    p(long, length(inet_res:lookup("long.test", in, a, Options))),
    p(stream, inet_res:lookup("one.test", in, a, [{usevc, true} | Options])),
    p(edns, inet_res:lookup("one.test", in, a, [{edns, 0}, {udp_payload_size, 1000} | Options])),
    p(silent, inet_res:resolve("silent.test", in, a, [{retry, 1} | lists:keyreplace(timeout, 1, Options, {timeout, 100})], 300)).

datagrams(U) ->
    receive
        {udp, U, IP, From, Question} ->
            case answer(Question, 512) of
                none -> ok;
                Bytes -> ok = gen_udp:send(U, IP, From, Bytes)
            end,
            datagrams(U)
    end.

streams(L) ->
    {ok, S} = gen_tcp:accept(L),
    case gen_tcp:recv(S, 0, ?WAIT) of
        {ok, Question} -> ok = gen_tcp:send(S, answer(Question, 65535));
        _ -> ok
    end,
    gen_tcp:recv(S, 0, 1000),
    gen_tcp:close(S),
    streams(L).

answer(Question, Limit) ->
    {ok, #dns_rec{header = H, qdlist = [Q]} = Asked} = inet_dns:decode(Question),
    Domain = inet_dns:dns_query(Q, domain), Type = inet_dns:dns_query(Q, type),
    Data = data(Domain, Type),
    Answers = case Data of none -> []; silent -> []; _ -> [inet_dns:make_rr([{domain, Domain}, {type, Type}, {class, in}, {ttl, 60}, {data, D}]) || D <- Data] end,
    Made = fun(List, Cut) ->
                   inet_dns:encode(Asked#dns_rec{header = H#dns_header{qr = true, aa = true, tc = Cut, rcode = if Data =:= none -> ?NXDOMAIN; true -> 0 end}, anlist = List, arlist = []})
           end,
    case Made(Answers, false) of
        _ when Data =:= silent -> none;
        Bytes when byte_size(Bytes) =< Limit -> Bytes;
        _ -> Made([], true)
    end.

data("one.test", a) -> [{1, 2, 3, 4}];
data("one.test", aaaa) -> [{1, 2, 3, 4, 5, 6, 7, 8}];
data("text.test", txt) -> [["some", "text"]];
data("mail.test", mx) -> [{10, "one.test"}];
data("long.test", a) -> [{10, 0, 0, N} || N <- lists:seq(1, 200)];
data("silent.test", _) -> silent;
data(_, _) -> none.
