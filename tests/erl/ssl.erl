#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% TLS 1.2 and 1.3 with the release's own ssl: between two processes, with `openssl s_client` and curl against our server, and our client
%% against `openssl s_server`. The certificates are made by openssl here, in the test's own directory.
-mode(compile).

main(_) ->
    logger:set_primary_config(level, none),
    {ok, _} = application:ensure_all_started(ssl),
    certificates(),
    [pair(Version, Key) || Version <- ['tlsv1.2', 'tlsv1.3'], Key <- ["rsa", "ec"]],
    [suites(Version, Cipher) || {Version, Cipher} <- [
        {'tlsv1.2', "ECDHE-ECDSA-AES128-GCM-SHA256"}, {'tlsv1.2', "ECDHE-ECDSA-CHACHA20-POLY1305"}, {'tlsv1.2', "ECDHE-ECDSA-AES256-SHA384"},
        {'tlsv1.3', "TLS_AES_128_GCM_SHA256"}, {'tlsv1.3', "TLS_CHACHA20_POLY1305_SHA256"}]],
    active_modes(),
    large('tlsv1.2'),
    large('tlsv1.3'),
    ticket(),
    upgrade(),
    mutual(),
    server_name(),
    refusals(),
    many(),
    openssl_client(),
    openssl_server(),
    curl(),
    ok.

%% A root of our own, and keys signed by it.
certificates() ->
    command("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=Root -addext basicConstraints=critical,CA:TRUE"),
    [begin
         command(["openssl req -newkey ", New, " -nodes -keyout ", Name, ".key -out ", Name, ".csr -subj /CN=", Common]),
         ok = file:write_file("extensions", ["subjectAltName=DNS:", Common, ",DNS:other.test\nbasicConstraints=CA:FALSE\n"]),
         command(["openssl x509 -req -in ", Name, ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out ", Name, ".pem"])
     end || {Name, New, Common} <- [
         {"rsa", "rsa:2048", "localhost"}, {"ec", "ec -pkeyopt ec_paramgen_curve:P-256", "localhost"}, {"client", "ec -pkeyopt ec_paramgen_curve:P-256", "client"}]],
    command("openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key -out self.pem -days 30 -subj /CN=localhost").

pair(Version, Key) ->
    {ok, Listen} = listen(Key, [{versions, [Version]}, {alpn_preferred_protocols, [<<"h2">>, <<"http/1.1">>]}]),
    Server = serve(Listen, fun echo/1),
    {ok, Client} = connect(Listen, [{versions, [Version]}, {alpn_advertised_protocols, [<<"http/1.1">>, <<"h2">>]}, {server_name_indication, "localhost"}]),
    {ok, Information} = ssl:connection_information(Client, [protocol, selected_cipher_suite, sni_hostname]),
    io:format("~p ~s ~p~n", [Version, Key, Information]),
    io:format("alpn ~p~n", [ssl:negotiated_protocol(Client)]),
    {ok, Der} = ssl:peercert(Client),
    {ok, Own} = file:read_file(Key ++ ".pem"),
    [{'Certificate', Own1, _}] = public_key:pem_decode(Own),
    io:format("certificate ~p~n", [Der =:= Own1]),
    ok = ssl:send(Client, ["hello", <<" world">>]),
    io:format("~p~n", [ssl:recv(Client, 11, 5000)]),
    ok = ssl:setopts(Client, [{packet, line}, {mode, list}]),
    ok = ssl:send(Client, <<"one\ntwo\nthr">>),
    io:format("~p ~p ~p~n", [ssl:recv(Client, 0, 5000), ssl:recv(Client, 0, 5000), ssl:recv(Client, 0, 100)]),
    ok = ssl:setopts(Client, [{packet, raw}]),
    io:format("~p~n", [ssl:getopts(Client, [packet, mode, active])]),
    io:format("close ~p ~p~n", [ssl:close(Client), ssl:send(Client, "x")]),
    finish(Server, Listen).

suites(Version, Name) ->
    Suites = [ssl:str_to_suite(Name)],
    {ok, Listen} = listen("ec", [{versions, [Version]}]),
    Server = serve(Listen, fun echo/1),
    {ok, Client} = connect(Listen, [{versions, [Version]}, {ciphers, Suites}]),
    {ok, [{selected_cipher_suite, Suite}]} = ssl:connection_information(Client, [selected_cipher_suite]),
    ok = ssl:send(Client, lists:duplicate(1000, "0123456789")),
    {ok, Back} = ssl:recv(Client, 10000, 5000),
    io:format("~s ~p ~p~n", [ssl:suite_to_openssl_str(Suite), Version, erlang:md5(Back)]),
    ok = ssl:close(Client),
    finish(Server, Listen).

active_modes() ->
    {ok, Listen} = listen("ec", []),
    Server = serve(Listen, fun(Socket) -> [ssl:send(Socket, <<I>>) || I <- "abcdef"], {ok, _} = ssl:recv(Socket, 1, 5000), ssl:close(Socket) end),
    {ok, Client} = connect(Listen, [{packet, raw}]),
    ok = ssl:setopts(Client, [{active, once}]),
    First = receive {ssl, Client, Data} -> Data after 5000 -> timeout end,
    ok = ssl:setopts(Client, [{active, 100}]),
    io:format("active ~p~n", [collect(Client, First)]),
    ok = ssl:send(Client, "."),
    io:format("closed ~p~n", [receive {ssl_closed, Client} -> ssl_closed after 5000 -> timeout end]),
    finish(Server, Listen).

collect(_, Data) when byte_size(Data) >= 6 -> Data;
collect(Socket, Data) -> receive {ssl, Socket, More} -> collect(Socket, <<Data/binary, More/binary>>) after 5000 -> {timeout, Data} end.

%% Some megabytes both ways at once: records, fragments of binaries, flow control.
large(Version) ->
    {ok, Listen} = listen("ec", [{versions, [Version]}]),
    Server = serve(Listen, fun echo/1),
    {ok, Client} = connect(Listen, [{versions, [Version]}]),
    Self = self(),
    Data = << <<(erlang:phash2(I)):32>> || I <- lists:seq(1, 500000) >>,
    spawn_link(fun() -> ok = ssl:send(Client, Data), Self ! sent end),
    {ok, Back} = ssl:recv(Client, byte_size(Data), 60000),
    receive sent -> ok end,
    io:format("large ~p ~p ~p~n", [Version, byte_size(Back), Back =:= Data]),
    ok = ssl:shutdown(Client, write),
    io:format("after shutdown ~p~n", [ssl:recv(Client, 0, 5000)]),
    ssl:close(Client),
    finish(Server, Listen).

ticket() ->
    {ok, Listen3} = listen("ec", [{versions, ['tlsv1.3']}, {session_tickets, stateless}]),
    Tickets = [{session_tickets, manual}, {versions, ['tlsv1.3']}],
    Server1 = serve(Listen3, fun echo/1),
    {ok, Client1} = connect(Listen3, Tickets),
    Ticket = receive {ssl, session_ticket, T} -> T after 5000 -> timeout end,
    ssl:close(Client1),
    wait(Server1),
    Server2 = serve(Listen3, fun echo/1),
    {ok, Client2} = connect(Listen3, [{use_ticket, [Ticket]} | Tickets]),
    ok = ssl:send(Client2, "ticket"),
    io:format("ticket ~p ~p~n", [is_map(Ticket), ssl:recv(Client2, 6, 5000)]),
    ssl:close(Client2),
    finish(Server2, Listen3).

%% Plain TCP first, then TLS on the same sockets.
upgrade() ->
    {ok, Listen} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listen),
    Self = self(),
    Pid = spawn_link(fun() ->
        {ok, Socket} = gen_tcp:accept(Listen),
        {ok, <<"STARTTLS">>} = gen_tcp:recv(Socket, 8),
        ok = gen_tcp:send(Socket, "OK"),
        {ok, Secure} = ssl:handshake(Socket, [{certfile, "rsa.pem"}, {keyfile, "rsa.key"}], 10000),
        {ok, Data} = ssl:recv(Secure, 0, 5000),
        ok = ssl:send(Secure, string:uppercase(Data)),
        Self ! {self(), done}
    end),
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    ok = gen_tcp:send(Socket, "STARTTLS"),
    {ok, <<"OK">>} = gen_tcp:recv(Socket, 2),
    {ok, Secure} = ssl:connect(Socket, [{verify, verify_none}], 10000),
    ok = ssl:send(Secure, "upgraded"),
    io:format("upgrade ~p~n", [ssl:recv(Secure, 0, 5000)]),
    receive {Pid, done} -> ok end,
    gen_tcp:close(Listen).

mutual() ->
    [begin
         {ok, Listen} = listen("ec", [{versions, [Version]}, {verify, verify_peer}, {fail_if_no_peer_cert, true}, {cacertfile, "ca.pem"}]),
         Server = serve(Listen, fun(S) -> {ok, Der} = ssl:peercert(S), ssl:send(S, common_name(Der)) end),
         {ok, Client} = connect(Listen, [{versions, [Version]}, {certfile, "client.pem"}, {keyfile, "client.key"}]),
         io:format("mutual ~p ~p~n", [Version, ssl:recv(Client, 0, 5000)]),
         ssl:close(Client),
         finish(Server, Listen)
     end || Version <- ['tlsv1.2', 'tlsv1.3']].

common_name(Der) ->
    {_, _, _, _, _, Subject} = subject(public_key:pkix_decode_cert(Der, otp)),
    Subject.

subject(Certificate) ->
    {rdnSequence, [[{'AttributeTypeAndValue', _, {utf8String, Name}}]]} = element(7, element(2, Certificate)),
    {subject, 0, 0, 0, 0, Name}.

server_name() ->
    {ok, Listen} = listen("ec", [{sni_hosts, [{"other.test", [{certfile, "self.pem"}, {keyfile, "self.key"}]}]}]),
    [begin
         Server = serve(Listen, fun echo/1),
         Result = connect(Listen, [{server_name_indication, Name}, {verify, verify_peer}, {cacertfile, Root}]),
         io:format("server name ~s with ~s: ~p~n", [Name, Root, outcome(Result)]),
         case Result of {ok, S} -> ssl:close(S); _ -> ok end,
         wait(Server)
     end || {Name, Root} <- [{"localhost", "ca.pem"}, {"other.test", "ca.pem"}, {"nowhere.test", "ca.pem"}]],
    ssl:close(Listen).

refusals() ->
    {ok, Listen} = listen("rsa", [{versions, ['tlsv1.2']}]),
    [begin
         Server = serve(Listen, fun echo/1),
         io:format("~p: ~p~n", [Options, outcome(connect(Listen, Options))]),
         io:format("   server: ~p~n", [wait(Server)])
     end || Options <- [[{versions, ['tlsv1.3']}], [{versions, ['tlsv1.2']}, {ciphers, [ssl:str_to_suite("ECDHE-ECDSA-AES128-GCM-SHA256")]}],
                        [{verify, verify_peer}, {cacertfile, "self.pem"}, {server_name_indication, disable}]]],
    Garbage = serve(Listen, fun echo/1),
    {ok, {_, Port}} = ssl:sockname(Listen),
    {ok, Plain} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    ok = gen_tcp:send(Plain, "GET / HTTP/1.0\r\n\r\n"),
    io:format("plain text: ~p~n", [wait(Garbage)]),
    io:format("   client: ~p~n", [gen_tcp:recv(Plain, 0, 5000)]),
    ssl:close(Listen),
    io:format("options: ~p~n", [catch ssl:listen(0, [{certfile, "missing.pem"}, {nonsense, 1}])]),
    io:format("closed port: ~p~n", [ssl:connect({127, 0, 0, 1}, Port, [{verify, verify_none}], 2000)]).

%% Twenty connections at once.
many() ->
    {ok, Listen} = listen("ec", []),
    Servers = [serve(Listen, fun echo/1) || _ <- lists:seq(1, 20)],
    Self = self(),
    Clients = [spawn_link(fun() ->
        {ok, Client} = connect(Listen, []),
        Text = integer_to_binary(N),
        ok = ssl:send(Client, Text),
        {ok, Text} = ssl:recv(Client, byte_size(Text), 20000),
        ok = ssl:close(Client),
        Self ! {self(), N}
    end) || N <- lists:seq(1, 20)],
    io:format("many ~p~n", [lists:sum([receive {Pid, N} -> N end || Pid <- Clients])]),
    [wait(S) || S <- Servers],
    ssl:close(Listen).

openssl_client() ->
    [begin
         {ok, Listen} = listen(Key, [{alpn_preferred_protocols, [<<"echo">>]}]),
         {ok, {_, Port}} = ssl:sockname(Listen),
         Server = serve(Listen, fun(Socket) -> {ok, Line} = ssl:recv(Socket, 0, 10000), ok = ssl:send(Socket, string:uppercase(Line)), ssl:close(Socket) end),
         Out = command(["echo from openssl | openssl s_client -quiet -verify_return_error -CAfile ca.pem -servername localhost -alpn echo ", Flags,
                        " -connect 127.0.0.1:", integer_to_list(Port), " 2>/dev/null; echo status $?"]),
         io:format("s_client ~s ~s: ~s", [Key, Flags, Out]),
         finish(Server, Listen)
     end || {Key, Flags} <- [{"rsa", "-tls1_2"}, {"rsa", "-tls1_3"}, {"ec", "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256"}, {"ec", "-tls1_2"}]].

openssl_server() ->
    [begin
         Program = open_port({spawn, "openssl s_server -accept 127.0.0.1:0 -cert " ++ Key ++ ".pem -key " ++ Key ++ ".key -rev " ++ Flags}, [binary, exit_status, stderr_to_stdout]),
         Port = accepting(Program, <<>>),
         {ok, Client} = ssl:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, line}, {verify, verify_peer}, {cacertfile, "ca.pem"}, {server_name_indication, "localhost"}], 20000),
         {ok, [{protocol, Version}]} = ssl:connection_information(Client, [protocol]),
         ok = ssl:send(Client, "redrum\n"),
         io:format("s_server ~s ~p ~p~n", [Key, Version, ssl:recv(Client, 0, 10000)]),
         ssl:close(Client),
         {os_pid, Pid} = erlang:port_info(Program, os_pid),
         port_close(Program),
         command(["kill ", integer_to_list(Pid)])
     end || {Key, Flags} <- [{"rsa", "-tls1_2"}, {"ec", "-tls1_3"}]].

accepting(Program, Text) ->
    receive {Program, {data, More}} ->
        All = <<Text/binary, More/binary>>,
        case re:run(All, "ACCEPT .*:([0-9]+)\\s", [{capture, [1], list}]) of
            {match, [Port]} -> list_to_integer(Port);
            nomatch -> accepting(Program, All)
        end
    after 20000 -> exit({s_server, Text}) end.

curl() ->
    {ok, Listen} = listen("rsa", []),
    {ok, {_, Port}} = ssl:sockname(Listen),
    [begin
         Server = serve(Listen, fun(Socket) ->
             ssl:setopts(Socket, [{packet, http_bin}]),
             {ok, {http_request, Method, Path, _}} = ssl:recv(Socket, 0, 10000),
             ssl:send(Socket, io_lib:format("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n~s ~p~n", [Method, Path])),
             ssl:close(Socket)
         end),
         io:format("curl ~s: ~s", [Flags, command(["curl -sS --max-time 20 --noproxy '*' --cacert ", Root, " ", Flags, " --resolve localhost:", integer_to_list(Port), ":127.0.0.1 https://localhost:",
             integer_to_list(Port), "/path 2>/dev/null; echo status $?"])]),
         wait(Server)
     end || {Flags, Root} <- [{"--tlsv1.2 --tls-max 1.2", "ca.pem"}, {"--tlsv1.3", "ca.pem"}, {"--tlsv1.3", "self.pem"}]],
    ssl:close(Listen).

%% --- a server of one connection -------------------------------------------------------------------------------------------------------------
listen(Key, Options) ->
    ssl:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true}, {certfile, Key ++ ".pem"}, {keyfile, Key ++ ".key"}] ++ Options).

connect(Listen, Options) ->
    {ok, {_, Port}} = ssl:sockname(Listen),
    Verify = case lists:keymember(verify, 1, Options) of true -> []; false -> [{verify, verify_none}] end,
    ssl:connect({127, 0, 0, 1}, Port, [binary, {active, false}] ++ Verify ++ Options, 20000).

serve(Listen, Work) ->
    Self = self(),
    Pid = spawn_link(fun() ->
        {ok, Socket} = ssl:transport_accept(Listen, 20000),
        Result = ssl:handshake(Socket, 20000),
        Self ! {self(), Result},
        case Result of {ok, Secure} -> Work(Secure); _ -> ok end,
        Self ! {self(), finished}
    end),
    {Pid, none}.

echo(Socket) ->
    case ssl:recv(Socket, 0, 20000) of
        {ok, Data} -> ok = ssl:send(Socket, Data), echo(Socket);
        {error, closed} -> ssl:close(Socket);
        Other -> Other
    end.

wait({Pid, _}) ->
    Result = receive {Pid, Handshake} when Handshake =/= finished -> Handshake after 30000 -> no_handshake end,
    receive {Pid, finished} -> outcome(Result) after 30000 -> not_finished end.

finish(Server, Listen) ->
    Outcome = wait(Server),
    ssl:close(Listen),
    io:format("server ~p~n", [Outcome]).

outcome({ok, _}) -> ok;
outcome(Other) -> Other.

command(Text) -> os:cmd(lists:flatten(Text)).
