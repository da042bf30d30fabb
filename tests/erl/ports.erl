%% SPDX-License-Identifier: Apache-2.0
%% Ports on child programs: options, data, ends, errors, info, busyness, many of them; os:cmd.
-module(ports).
-mode(compile).
-export([main/1]).

main(_) ->
  process_flag(trap_exit, true),
  logger:set_primary_config(level, none),   % reports come when they come
  data(), framing(), options(), environment(), directories(), ends(), errors(), commands(), info(), owners(), busy(), large(), many(), os().

show(Label, Value) -> io:format("~s: ~p~n", [Label, Value]).
try_it(F) -> try F() catch C:R -> {C, R} end.
sh(Script, Options) -> open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", Script]} | Options]).

%% Everything until the port ends; data gathered.
collect(P) -> collect(P, []).
collect(P, Acc) ->
  receive
    {P, {data, D}} -> collect(P, [D | Acc]);
    {P, {exit_status, S}} -> {lists:reverse(Acc), {status, S}, after_status(P)};
    {P, eof} -> {lists:reverse(Acc), eof};
    {'EXIT', P, R} -> {lists:reverse(Acc), {exit, R}}
  after 20000 -> {lists:reverse(Acc), timeout} end.
after_status(P) -> receive {'EXIT', P, R} -> {exit, R}; {P, eof} -> eof after 20000 -> timeout end.
joined({D, S}) -> {iolist_to_binary(D), S};
joined({D, S, E}) -> {iolist_to_binary(D), S, E}.

data() ->
  show("output", joined(collect(sh("echo out; echo err >/dev/null", [])))),
  show("list", begin {L, _} = collect(sh("printf abc", [])), lists:flatten(L) end),
  P = sh("read a; echo got $a; read b; echo and $b", [binary, {line, 100}]),
  P ! {self(), {command, "first\n"}},
  show("first", receive {P, {data, D1}} -> D1 end),
  show("command", port_command(P, [<<"sec">>, "ond", [$\n]])),
  show("second", receive {P, {data, D2}} -> D2 end),
  show("end", collect(P)),
  Q = open_port({spawn, "cat"}, [binary]),
  true = port_command(Q, <<"through cat">>),
  show("cat", receive {Q, {data, D3}} -> D3 end),
  show("close", [port_close(Q), receive {'EXIT', Q, R} -> R after 5000 -> none end, erlang:port_info(Q)]),
  C = open_port({spawn, "cat"}, []),
  C ! {self(), close},
  show("closed", [receive {C, closed} -> closed after 5000 -> none end, receive {'EXIT', C, R2} -> R2 after 5000 -> none end]),
  show("output of a command", joined(collect(open_port({spawn, "echo no atom"}, [exit_status])))),
  show("no atom", try_it(fun() -> list_to_existing_atom(lists:append(["echo", " no", " atom"])) end)),
  show("in only", joined(collect(sh("cat; echo done", [in])))),
  O = sh("cat >/dev/null", [out]),
  show("out only", [port_command(O, "x"), port_close(O)]),
  flush().

flush() -> receive {'EXIT', _, _} -> flush() after 0 -> ok end.

framing() ->
  [begin
     P = open_port({spawn, "cat"}, [{packet, N}, binary]),
     [true = port_command(P, B) || B <- [<<"one">>, <<>>, binary:copy(<<"x">>, 200)]],
     show(io_lib:format("packet ~w", [N]), [receive {P, {data, D}} -> D after 20000 -> none end || _ <- [1, 2, 3]]),
     port_close(P)
   end || N <- [1, 2, 4]],
  P1 = open_port({spawn, "cat"}, [{packet, 1}]),
  show("too long", [try_it(fun() -> port_command(P1, binary:copy(<<"x">>, 300)) end), receive {'EXIT', P1, R} -> R after 5000 -> none end]),
  show("lines", collect(sh("printf 'one\\ntwo is long\\n\\nlast'", [{line, 5}, binary]))),
  show("line list", collect(sh("printf 'ab\\n'", [{line, 5}]))),
  show("line status", collect(sh("printf 'a\\nb'; exit 2", [{line, 80}, exit_status]))),
  show("cut packet", collect(sh("printf '\\000\\005abc'", [{packet, 2}, binary, exit_status]))),
  show("stream", joined(collect(sh("printf '\\000\\001abc'", [stream, binary])))),
  flush().

options() ->
  show("exit_status", [collect(sh(S, [exit_status])) || S <- ["exit 0", "exit 7", "kill -9 $$", "kill -15 $$", "exit 255"]]),
  show("eof", collect(sh("echo x", [eof, binary]))),
  show("eof and status", begin Pe = sh("echo x; exit 3", [eof, exit_status, binary]), lists:sort([receive {Pe, X} -> X after 20000 -> none end || _ <- [1, 2, 3]]) end),
  show("stderr", joined(collect(sh("echo out; echo err >&2", [stderr_to_stdout, exit_status])))),
  show("nouse_stdio", joined(collect(sh("echo on four >&4", [nouse_stdio])))),
  show("use_stdio", joined(collect(sh("echo x", [use_stdio, hide])))),
  show("args", joined(collect(open_port({spawn_executable, "/bin/echo"}, [{args, ["a b", <<"c">>, "d\"e", ""]}])))),
  show("arg0", joined(collect(open_port({spawn_executable, "/bin/sh"}, [{arg0, "other"}, {args, ["-c", "echo $0"]}])))),
  show("no args", joined(collect(open_port({spawn_executable, "/bin/echo"}, [])))),
  show("parallelism", [begin P = open_port({spawn, "cat"}, [{parallelism, B}]), I = erlang:port_info(P, parallelism), port_close(P), I end || B <- [true, false]]),
  show("spawn", joined(collect(open_port({spawn, "echo 'a  b' $((1+2)) | tr a x"}, [])))),
  show("spawn atom", joined(collect(open_port({spawn, 'echo atom'}, [])))),
  show("zero in a binary", [joined(collect(open_port({spawn_executable, <<"/bin/echo">>}, [{args, [<<"a", 0, "b">>, <<0>>]}]))),
                            joined(collect(sh("pwd", [{cd, <<"/usr", 0, "b">>}]))), joined(collect(open_port({spawn, <<"echo a", 0, "b">>}, [])))]),
  show("zero in a list", try_it(fun() -> sh([$a, 0], []) end)),
  show("spawn binary", try_it(fun() -> joined(collect(open_port({spawn, <<"echo binary">>}, []))) end)),
  flush().

environment() ->
  os:putenv("ATHANOR_PORT_TEST", "from us"),
  show("inherited", joined(collect(sh("echo $ATHANOR_PORT_TEST", [])))),
  show("changed", joined(collect(sh("echo $ATHANOR_PORT_TEST $NEW", [{env, [{"ATHANOR_PORT_TEST", "other"}, {"NEW", "new"}]}])))),
  show("removed", joined(collect(sh("echo ${ATHANOR_PORT_TEST-gone}", [{env, [{"ATHANOR_PORT_TEST", false}]}])))),
  show("unicode", joined(collect(sh("echo $NEW", [{env, [{"NEW", [955, 8364]}]}, binary])))),
  show("too long", collect(sh("true", [exit_status, {env, [{"V" ++ integer_to_list(I), lists:duplicate(60000, $x)} || I <- lists:seq(1, 60)]}]))),
  [show("bad", try_it(fun() -> sh("true", [{env, E}]) end)) || E <- [[{"A=B", "x"}], [{a, "x"}], [x], x, [{"A", 1}], [{"A", "x"} | y]]],
  os:unsetenv("ATHANOR_PORT_TEST"),
  flush().

directories() ->
  show("cd", joined(collect(sh("pwd", [{cd, "/usr"}])))),
  show("cd binary", joined(collect(sh("pwd", [{cd, <<"/usr/bin">>}])))),
  show("no cd", joined(collect(sh("pwd", [{cd, "/nonexistent"}, stderr_to_stdout, exit_status])))),
  file:make_dir("ports_directory"),
  {ok, Here} = file:get_cwd(),
  ok = file:set_cwd("ports_directory"),
  show("ours", begin {B, _} = joined(collect(sh("basename $(pwd)", []))), B end),
  ok = file:set_cwd(Here),
  file:del_dir("ports_directory"),
  flush().

ends() ->
  P = sh("exec >&-; sleep 0.2; exit 4", [exit_status]),
  show("output closed first", collect(P)),
  Q = sh("exec sleep 100", []),
  {os_pid, Pid} = erlang:port_info(Q, os_pid),
  os:cmd("kill -9 " ++ integer_to_list(Pid)),
  show("killed", collect(Q)),
  R = sh("exec sleep 100", [exit_status]),
  {os_pid, Pid2} = erlang:port_info(R, os_pid),
  os:cmd("kill -TERM " ++ integer_to_list(Pid2)),
  show("terminated", collect(R)),
  S = sh("exec true", [exit_status]),
  {_, {status, 0}, _} = collect(S),
  show("after the end", try_it(fun() -> port_command(S, "x") end)),
  T = open_port({spawn, "cat"}, [exit_status]),
  port_close(T),
  show("no status", receive {T, X} -> X after 300 -> none end),
  U = open_port({spawn, "cat"}, []),
  exit(U, kill),
  show("exit", receive {'EXIT', U, Y} -> Y after 5000 -> none end),
  V = open_port({spawn, "cat"}, []),
  unlink(V), M = monitor(port, V),
  exit(V, reason),
  show("monitor", receive {'DOWN', M, port, V, Z} -> Z after 5000 -> none end),
  show("no program", collect(open_port({spawn_executable, "/"}, [exit_status]))),
  show("writing to the dead", begin W = sh("exec <&-; sleep 0.3", []), timer_sleep(100), [try_it(fun() -> port_command(W, binary:copy(<<"x">>, 100000)) end), receive {'EXIT', W, E} -> E after 5000 -> none end] end),
  flush().
timer_sleep(N) -> receive after N -> ok end.

errors() ->
  [show(io_lib:format("~p", [N]), try_it(fun() -> open_port(N, O) end)) ||
    {N, O} <- [{{spawn_executable, "/nonexistent"}, []}, {{spawn_executable, "/etc/passwd"}, []}, {{spawn_executable, "sh"}, []},
               {{spawn_driver, "no_such_driver"}, []}, {{spawn, ""}, []}, {{spawn, 17}, []}, {{nonsense, "x"}, []}, {17, []}, {{spawn, "true"}, x}, {{spawn, "true"}, [nonsense]},
               {{spawn, "true"}, [{packet, 3}]}, {{spawn, "true"}, [{packet, 2}, {line, 10}]}, {{spawn, "true"}, [{line, -1}]}, {{spawn, "true"}, [{args, ["x"]}]}, {{spawn, "true"}, [{arg0, "x"}]},
               {{spawn_executable, "/bin/echo"}, [{args, x}]}, {{spawn_executable, "/bin/echo"}, [{args, [x, 1.0]}]}, {{spawn, "true"}, [{cd, 17}]},
               {{spawn, "true"}, [{busy_limits_port, {1, 2}} | x]}, {{spawn, "true"}, [{parallelism, x}]}, {{spawn, "true"}, [binary | x]},
               {{fd, a, b}, []}, {{fd, 0}, []}, {{fd, -1, 1}, []}, {{spawn, [0]}, []}]],
  flush().

commands() ->
  P = open_port({spawn, "cat"}, []),
  [show("command", try_it(fun() -> port_command(P, D) end)) || D <- [x, [256], 17]],
  flush(),
  Q = open_port({spawn, "cat"}, []),
  show("options", [try_it(fun() -> port_command(Q, "x", O) end) || O <- [[nosuspend], [force], [nonsense], x]]),
  show("control", [try_it(fun() -> port_control(Q, N, D) end) || {N, D} <- [{0, ""}, {1, "x"}, {-1, ""}, {a, ""}, {1, x}]]),
  show("call", [try_it(fun() -> erlang:port_call(Q, N, x) end) || N <- [1, a]]),
  show("no port", [try_it(F) || F <- [fun() -> port_command(x, "x") end, fun() -> port_close(x) end, fun() -> port_connect(Q, x) end, fun() -> port_control(x, 1, "") end,
                                     fun() -> erlang:port_info(x) end, fun() -> erlang:port_info(17) end, fun() -> erlang:port_info(Q, nonsense) end]]),
  Q ! nonsense,
  show("badsig", receive {'EXIT', Q, R} -> R after 1000 -> none end),
  show("still", is_list(erlang:port_info(Q))),
  catch port_close(Q),
  flush().

info() ->
  P = open_port({spawn, "cat -u"}, [binary]),
  register(a_port, P),
  true = port_command(a_port, <<"12345">>),
  receive {P, {data, <<"12345">>}} -> ok end,
  {os_pid, Pid} = erlang:port_info(P, os_pid),
  I = erlang:port_info(P),
  show("keys", [K || {K, _} <- I]),
  show("values", [case K of id -> is_integer(V); links -> V =:= [self()]; connected -> V =:= self(); os_pid -> is_integer(V) andalso V =:= Pid; _ -> V end || {K, V} <- I]),
  show("items", [case erlang:port_info(P, K) of {memory, M} -> {memory, is_integer(M)}; {monitored_by, L} -> {monitored_by, L =:= []}; X -> X end
                 || K <- [name, input, output, queue_size, locking, parallelism, monitors, monitored_by, memory, registered_name]]),
  unregister(a_port),
  show("unregistered", erlang:port_info(P, registered_name)),
  show("listed", lists:member(P, erlang:ports())),
  show("data", [catch erlang:port_get_data(P), erlang:port_set_data(P, {some, [data]}), erlang:port_get_data(P)]),
  port_close(P),
  show("gone", [erlang:port_info(P), erlang:port_info(P, name), lists:member(P, erlang:ports()), try_it(fun() -> erlang:port_get_data(P) end)]),
  flush().

owners() ->
  Self = self(),
  P = open_port({spawn, "cat"}, [binary]),
  Other = spawn_link(fun() -> receive go -> ok end, receive {P, {data, D}} -> Self ! {got, D} end, receive stop -> ok end end),
  true = port_connect(P, Other),
  show("connected", erlang:port_info(P, connected) =:= {connected, Other}),
  Other ! go,
  show("command by another", port_command(P, <<"for the other">>)),
  show("got", receive {got, D} -> D after 5000 -> none end),
  P ! {self(), {command, "x"}},
  show("not owner", receive {'EXIT', P, R1} -> R1 after 1000 -> none end),
  Other ! stop,
  show("ended with its owner", receive {'EXIT', P, R2} -> R2 after 5000 -> none end),
  Q = open_port({spawn, "cat"}, []),
  Q ! {self(), {connect, Owner = spawn_link(fun() -> receive after infinity -> ok end end)}},
  show("connect", receive {Q, connected} -> connected after 5000 -> none end),
  show("owner", erlang:port_info(Q, connected) =:= {connected, Owner}),
  unlink(Owner), exit(Owner, kill),
  unlink(Q), catch port_close(Q),
  flush().

%% A child that never reads: the port becomes busy, and who writes waits.
busy() ->
  file:delete("ports_go"),
  P = sh("while [ ! -e ports_go ]; do sleep 0.05; done; exec cat >/dev/null", [out, {busy_limits_port, {5000, 10000}}]),
  Block = binary:copy(<<"x">>, 4096),
  N = fill(P, Block, 0),
  show("busy", N > 10 andalso N < 1000),
  show("nosuspend", port_command(P, Block, [nosuspend])),
  show("force", try_it(fun() -> port_command(P, Block, [force]) end)),
  Self = self(),
  spawn_link(fun() -> Self ! {wrote, port_command(P, Block)} end),
  show("waits", receive {wrote, _} -> no after 100 -> yes end),
  ok = file:write_file("ports_go", <<>>),
  show("wrote", receive {wrote, W} -> W after 20000 -> late end),
  port_close(P),
  file:delete("ports_go"),
  Q = sh("exec sleep 3", [out]),
  fill(Q, Block, 0),
  Writer = spawn_link(fun() -> Self ! {ended, try_it(fun() -> port_command(Q, Block) end)} end),
  timer_sleep(50),
  port_close(Q),
  show("closed while waiting", receive {ended, E} -> E after 5000 -> {late, is_pid(Writer)} end),
  show("limits", [try_it(fun() -> R = sh("true", [{busy_limits_port, L}]), is_port(R) end) || L <- [{0, 0}, {10, 5}, disabled, {a, b}, {-1, 5}, x]]),
  show("queue limits", [try_it(fun() -> R = sh("true", [{busy_limits_msgq, L}]), is_port(R) end) || L <- [{1000, 2000}, {10, 5}, disabled, {a, b}, x]]),
  flush_all().
fill(P, Block, N) when N < 2000 -> case port_command(P, Block, [nosuspend]) of true -> fill(P, Block, N + 1); false -> N end;
fill(_, _, N) -> N.
flush_all() -> receive _ -> flush_all() after 200 -> ok end.

large() ->
  Data = binary:copy(<<"0123456789abcdef">>, 100000),
  P = open_port({spawn, "cat"}, [binary, exit_status]),
  Self = self(),
  spawn_link(fun() -> true = port_command(P, Data), Self ! sent end),
  Got = take(P, byte_size(Data), []),
  show("large", {Got =:= Data, receive sent -> sent after 20000 -> late end}),
  port_close(P),
  show("large output", begin {D, {status, 0}, _} = joined(collect(sh("head -c 3000000 /dev/zero", [binary, exit_status]))), byte_size(D) end),
  flush().
take(_, N, Acc) when N =< 0 -> iolist_to_binary(lists:reverse(Acc));
take(P, N, Acc) -> receive {P, {data, D}} -> take(P, N - byte_size(D), [D | Acc]) after 20000 -> late end.

%% Children by the hundred: all end, and nothing of them stays open.
many() ->
  Count = fun() -> {ok, L} = file:list_dir("/proc/self/fd"), length(L) end,
  {_, {status, 0}, _} = collect(sh("true", [exit_status])),
  timer_sleep(200),
  Before = Count(),
  show("statuses", lists:usort(lists:append([begin Ps = [{sh("exit " ++ integer_to_list(I), [exit_status]), I} || I <- lists:seq(1, 15)],
                                  [begin {_, {status, S}, _} = collect(P), S =:= I end || {P, I} <- Ps] end || _ <- lists:seq(1, 2)]))),
  show("descriptors", settle(fun() -> Count() =< Before end, 200)),
  flush().
settle(F, 0) -> F();
settle(F, N) -> case F() of true -> true; false -> timer_sleep(20), settle(F, N - 1) end.

os() ->
  show("cmd", [os:cmd("echo hello"), os:cmd("echo err >&2"), os:cmd("exit 3"), os:cmd("printf 'no newline'"), os:cmd("true")]),
  show("cmd limited", os:cmd("printf 0123456789", #{max_size => 4})),
  show("cmd input", os:cmd("cat")),
  show("cmd unicode", os:cmd("printf '\\316\\273'")),
  show("cmd bad", [try_it(fun() -> os:cmd(X) end) || X <- [17, [0], {a}]]),
  show("not found", lists:prefix("sh:", re_trim(os:cmd("no_such_program_at_all"))) orelse os:cmd("no_such_program_at_all")),
  show("large", length(os:cmd("head -c 500000 /dev/zero | tr '\\000' x"))),
  show("getpid", list_to_integer(os:getpid()) > 0),
  Self = self(),
  [spawn_link(fun() -> Self ! {I, os:cmd("echo " ++ integer_to_list(I))} end) || I <- lists:seq(1, 8)],
  show("at once", lists:all(fun(I) -> receive {I, O} -> O =:= integer_to_list(I) ++ "\n" after 20000 -> false end end, lists:seq(1, 8))).
re_trim("/bin/" ++ S) -> S;
re_trim(S) -> S.
