%% SPDX-License-Identifier: Apache-2.0
%% TLS 1.3 handshakes, one after the other, with a byte each way: 300, made by Python's ssl (OpenSSL). The server's processor time.
-module(tls_handshakes).
-export([main/0]).

main() ->
    {ok, _} = application:ensure_all_started(ssl),
    Keys = [{key, {namedCurve, secp256r1}}, {digest, sha256}],
    #{server_config := Server} = public_key:pkix_test_data(#{server_chain => #{root => Keys, peer => Keys, intermediates => []},
                                                             client_chain => #{root => Keys, peer => Keys, intermediates => []}}),
    Options = Server ++ [{versions, ['tlsv1.3']}, {ip, {127, 0, 0, 1}}, {active, false}, binary, {reuseaddr, true}],
    {ok, Listener} = ssl:listen(0, Options),
    {ok, {_, Port}} = ssl:sockname(Listener),
    spawn_link(fun() -> accept(Listener) end),
    client(Port, 20),
    Started = bench_web:cpu_ns(),
    client(Port, 300),
    bench_web:report(bench_web:cpu_ns() - Started).

accept(Listener) ->
    {ok, Transport} = ssl:transport_accept(Listener),
    Pid = spawn(fun() -> receive go -> serve(Transport) end end),
    ok = ssl:controlling_process(Transport, Pid),
    Pid ! go,
    accept(Listener).

serve(Transport) ->
    {ok, S} = ssl:handshake(Transport),
    {ok, Byte} = ssl:recv(S, 1),
    ok = ssl:send(S, Byte),
    _ = ssl:recv(S, 1),
    ssl:close(S).

client(Port, Count) ->
    Script = filename:join(os:getenv("BENCH_DIRECTORY"), "tls_client.py"),
    bench_web:run("python3", [Script, integer_to_list(Port), integer_to_list(Count)]).
