%% SPDX-License-Identifier: Apache-2.0
%% ssh: daemon and client on loopback: passwords, keys, commands, a channel of its own, sftp, tunnels, those refused.
-module(ssh_daemon).
-mode(compile).
-export([main/1]).

main(_) ->
  logger:set_primary_config(level, none),
  {ok, _} = application:ensure_all_started(ssh),
  [ok = filelib:ensure_dir(D ++ "/x") || D <- ["host", "user", "files", "nowhere"]],
  Write = fun(Name, Key, Type) -> ok = file:write_file(Name, public_key:pem_encode([public_key:pem_entry_encode(Type, Key)])), ok = file:change_mode(Name, 8#600) end,
  Host = public_key:generate_key({namedCurve, secp256r1}),
  Write("host/ssh_host_ecdsa_key", Host, 'ECPrivateKey'),
  Mine = public_key:generate_key({namedCurve, secp256r1}),
  Write("user/id_ecdsa", Mine, 'ECPrivateKey'),
  {'ECPrivateKey', _, _, Parameters, Point, _} = Mine,
  Public = {{'ECPoint', Point}, Parameters},
  ok = file:write_file("user/authorized_keys", ssh_file:encode([{Public, [{comment, "me"}]}], auth_keys)),
  {ok, Daemon} = ssh:daemon({127, 0, 0, 1}, 0, [{system_dir, "host"}, {user_dir, "user"}, {user_passwords, [{"ana", "secret"}]}, {tcpip_tunnel_in, true}, {tcpip_tunnel_out, true},
                                                {exec, {direct, fun run/1}}, {shell, disabled},
                                                {subsystems, [ssh_sftpd:subsystem_spec([{root, filename:absname("files")}])]}]),
  {ok, Info} = ssh:daemon_info(Daemon),
  Port = proplists:get_value(port, Info),
  connecting(Port), commands(Port), sftp(Port), tunnels(Port),
  ok = ssh:stop_daemon(Daemon),
  show("stopped", connect(Port, [{password, "secret"}])).

show(Label, Value) -> io:format("~s: ~0p~n", [Label, Value]).

run("fail") -> {error, "it failed"};
run("big") -> {ok, lists:duplicate(300000, $x)};
run(Command) -> {ok, ["did ", Command]}.

connect(Port, Options) ->
  ssh:connect("127.0.0.1", Port, [{user, "ana"}, {silently_accept_hosts, true}, {save_accepted_host, false}, {user_interaction, false}, {user_dir, "nowhere"} | Options], 30000).

connecting(Port) ->
  {ok, ByPassword} = connect(Port, [{password, "secret"}, {auth_methods, "password"}]),
  show("by password", proplists:get_value(user, ssh:connection_info(ByPassword))),
  ssh:close(ByPassword),
  {ok, ByKey} = ssh:connect("127.0.0.1", Port, [{user, "ana"}, {silently_accept_hosts, true}, {save_accepted_host, false}, {user_interaction, false},
                                                {user_dir, "user"}, {auth_methods, "publickey"}], 30000),
  show("by key", element(1, ssh:connection_info(ByKey, user))),
  ssh:close(ByKey),
  show("wrong", connect(Port, [{password, "wrong"}])),
  show("nobody", ssh:connect("127.0.0.1", Port, [{user, "nobody"}, {password, "secret"}, {silently_accept_hosts, true}, {save_accepted_host, false},
                                                 {user_interaction, false}, {user_dir, "nowhere"}], 30000)),
  show("another cipher", element(1, connect(Port, [{password, "secret"}, {preferred_algorithms, [{cipher, ['3des-cbc']}]}]))).

commands(Port) ->
  {ok, C} = connect(Port, [{password, "secret"}]),
  [begin
     {ok, Channel} = ssh_connection:session_channel(C, 20000),
     show(Command, {ssh_connection:exec(C, Channel, Command, 20000), until_closed(C, Channel, [])})
   end || Command <- ["this", "fail", "big"]],
  {ok, Shell} = ssh_connection:session_channel(C, 20000),
  show("shell", ssh_connection:shell(C, Shell)),
  show("refused", until_closed(C, Shell, [])),
  {ok, Sub} = ssh_connection:session_channel(C, 20000),
  show("subsystem", ssh_connection:subsystem(C, Sub, "none", 20000)),
  ssh:close(C).

%% Data together, then what else came.
until_closed(C, Channel, Seen) ->
  receive
    {ssh_cm, C, {closed, Channel}} ->
      Data = iolist_to_binary([D || {data, _, _, D} <- lists:reverse(Seen)]),
      {case byte_size(Data) of N when N > 100 -> {bytes, N}; _ -> Data end, [setelement(2, M, channel) || M <- lists:reverse(Seen), element(1, M) =/= data]};
    {ssh_cm, C, Message} ->
      case Message of {data, Channel, _, D} -> ssh_connection:adjust_window(C, Channel, byte_size(D)); _ -> ok end,
      until_closed(C, Channel, [Message | Seen])
  after 20000 -> timeout
  end.

sftp(Port) ->
  {ok, Channel, C} = ssh_sftp:start_channel("127.0.0.1", Port, [{user, "ana"}, {password, "secret"}, {silently_accept_hosts, true}, {save_accepted_host, false},
                                                                {user_interaction, false}, {user_dir, "nowhere"}]),
  Data = binary:copy(<<"0123456789">>, 30000),
  show("write", ssh_sftp:write_file(Channel, "/file", Data)),
  show("read", ssh_sftp:read_file(Channel, "/file") =:= {ok, Data}),
  show("on disc", file:read_file("files/file") =:= {ok, Data}),
  show("directory", ssh_sftp:make_dir(Channel, "/sub")),
  show("rename", ssh_sftp:rename(Channel, "/file", "/sub/file")),
  {ok, Names} = ssh_sftp:list_dir(Channel, "/sub"),
  show("list", lists:sort(Names)),
  {ok, Handle} = ssh_sftp:open(Channel, "/sub/file", [read, binary]),
  show("position", {ssh_sftp:position(Channel, Handle, 15), ssh_sftp:read(Channel, Handle, 5)}),
  show("close", ssh_sftp:close(Channel, Handle)),
  show("missing", ssh_sftp:read_file(Channel, "/missing")),
  show("delete", [ssh_sftp:delete(Channel, "/sub/file"), ssh_sftp:del_dir(Channel, "/sub")]),
  ssh_sftp:stop_channel(Channel),
  ssh:close(C).

%% A connection through the tunnel reaches a listener here.
tunnels(Port) ->
  {ok, L} = gen_tcp:listen(0, [binary, {ip, {127, 0, 0, 1}}, {active, false}]),
  {ok, To} = inet:port(L),
  spawn_link(fun() -> {ok, S} = gen_tcp:accept(L), {ok, D} = gen_tcp:recv(S, 5, 20000), ok = gen_tcp:send(S, [D, D]), receive stop -> ok end end),
  {ok, C} = connect(Port, [{password, "secret"}]),
  {ok, From} = ssh:tcpip_tunnel_to_server(C, {127, 0, 0, 1}, 0, "127.0.0.1", To, 20000),
  {ok, S} = gen_tcp:connect({127, 0, 0, 1}, From, [binary, {active, false}]),
  ok = gen_tcp:send(S, "hello"),
  show("through the tunnel", gen_tcp:recv(S, 10, 20000)),
  gen_tcp:close(S),
  ssh:close(C).
