%% SPDX-License-Identifier: Apache-2.0
%% What two nodes do to each other, seen from one of them: prints a line a check. The same lines whatever VM each node runs.
-module(cluster_checks).
-export([main/1, server/0]).
-export([echo/0, wait/0, exit_with/1, say/2, big/1, collect/2, trapper/1]).

%% The other node only has to be there.
server() -> ok.

main([ServerText]) ->
    Server = list_to_atom(ServerText),
    Checks = [fun ping/1, fun names/1, fun messages/1, fun identifiers/1, fun large/1, fun links/1, fun monitors/1, fun exits/1,
              fun spawning/1, fun requests/1, fun aliases/1, fun calls/1, fun leaders/1, fun registries/1, fun order/1, fun tokens/1, fun reconnect/1,
              fun lost/1],
    _ = [try Check(Server)
         catch Class:Reason:Stack -> out("~p: ~p ~p~n~p", [Check, Class, Reason, Stack])
         end || Check <- Checks],
    out("done", []).

out(Format, Args) -> io:format(Format ++ "~n", Args).

ping(S) ->
    out("ping ~p ~p", [net_adm:ping(S), net_adm:ping('nobody@127.0.0.1')]),
    out("nodes ~p", [nodes() =:= [S]]),
    out("known ~p", [lists:member(S, nodes(known))]),
    out("type ~p", [[maps:get(node_type, I) || {N, I} <- nodes(connected, #{node_type => true}), N =:= S]]),
    out("is_alive ~p", [is_alive()]).

names(S) ->
    Pid = spawn(S, ?MODULE, wait, []),
    out("node ~p ~p", [node(Pid) =:= S, node(self()) =:= node()]),
    out("is_pid ~p", [is_pid(Pid)]),
    out("not ours ~p", [try is_process_alive(Pid) catch error:badarg -> badarg end]),
    Text = pid_to_list(Pid),
    out("text ~p", [list_to_pid(Text) =:= Pid]),
    out("round trip ~p", [binary_to_term(term_to_binary(Pid)) =:= Pid]),
    exit(Pid, kill).

echo() ->
    receive
        {From, stop} -> From ! {self(), stopped};
        {From, Term} -> From ! {self(), Term}, echo()
    end.

say(To, Term) -> To ! Term.

ask(Pid, Term) ->
    Pid ! {self(), Term},
    receive {Pid, Answer} -> Answer after 20000 -> timeout end.

messages(S) ->
    Pid = spawn(S, ?MODULE, echo, []),
    Terms = [a, 1, -1, 1 bsl 59, -(1 bsl 70), 1 bsl 3000, 1.5, "text", [a | b], {}, {1, 2}, <<>>, <<"bytes">>, <<5:3>>, binary:copy(<<"x">>, 1000),
             #{}, #{a => 1, "b" => [2]}, maps:from_list([{I, I} || I <- lists:seq(1, 100)]), fun lists:map/2, self(), make_ref(),
             list_to_tuple(lists:seq(1, 300)), lists:seq(1, 1000), '', 'a long atom with spaces', [list_to_atom("at" ++ integer_to_list(I)) || I <- lists:seq(1, 300)],
             lists:duplicate(70000, 1), 'λ'],
    out("echo ~p", [[T || T <- Terms, ask(Pid, T) =/= T]]),
    F = fun(X) -> X + 1 end,
    G = ask(Pid, F),
    out("fun ~p ~p", [G(1), F =:= G]),
    {echo, S} ! {self(), nobody},
    out("register ~p", [rpc:call(S, erlang, register, [echo, Pid])]),
    {echo, S} ! {self(), by_name},
    out("by name ~p", [receive {Pid, X} -> X after 20000 -> timeout end]),
    out("send ~p ~p", [erlang:send(Pid, {self(), one}, [noconnect]), erlang:send({echo, S}, {self(), two}, [nosuspend])]),
    out("answers ~p", [[receive {Pid, A} -> A after 20000 -> timeout end || _ <- [1, 2]]]),
    out("noconnect ~p", [erlang:send({echo, 'nobody@127.0.0.1'}, hello, [noconnect])]),
    out("stop ~p", [ask(Pid, stop)]).

identifiers(S) ->
    [P1, P2] = [spawn(S, ?MODULE, wait, []) || _ <- [1, 2]],
    out("compare ~p ~p", [P1 =:= P2, P1 < P2]),
    Refs = rpc:call(S, lists, map, [fun(_) -> make_ref() end, [1, 2, 3]]),
    out("references ~p", [length(lists:usort(Refs)) =:= 3 andalso lists:all(fun(R) -> node(R) =:= S end, Refs)]),
    out("sort ~p", [lists:sort([P2, P1, self(), a]) =:= [a | lists:sort([P1, P2, self()])]]),
    Ets = ets:new(t, []),
    ets:insert(Ets, [{P1, 1}, {hd(Refs), 2}]),
    out("ets ~p ~p", [ets:lookup(Ets, P1) =:= [{P1, 1}], ets:lookup(Ets, hd(Refs)) =:= [{hd(Refs), 2}]]),
    out("map ~p", [maps:get(P2, #{P1 => 1, P2 => 2})]),
    out("port ~p", [rpc:call(S, erlang, is_port, [hd(rpc:call(S, erlang, ports, []))])]),
    [exit(P, kill) || P <- [P1, P2]].

big(Size) -> binary:copy(<<"y">>, Size).

collect(From, 0) -> From ! {self(), done};
collect(From, N) -> receive {small, _} -> collect(From, N - 1) end.

large(S) ->
    Pid = spawn(S, ?MODULE, echo, []),
    out("sizes ~p", [[N || N <- [65530, 65536, 65537, 131072, 1000000], ask(Pid, binary:copy(<<"z">>, N)) =/= binary:copy(<<"z">>, N)]]),
    %% A large message beside small ones of another process: the small ones do not wait for it.
    Size = 100 * 1024 * 1024,
    Me = self(),
    Collector = spawn(S, ?MODULE, collect, [self(), 100]),
    spawn(fun() -> Pid ! {Me, big(Size)}, Me ! sent end),
    [begin Collector ! {small, I}, timer:sleep(1) end || I <- lists:seq(1, 100)],
    receive {Collector, done} -> ok after 60000 -> out("small ones lost", []) end,
    receive sent -> ok after 120000 -> out("not sent", []) end,
    receive {Pid, B} -> out("large ~p", [byte_size(B)]) after 180000 -> out("large lost", []) end,
    out("stop ~p", [ask(Pid, stop)]).

wait() -> receive stop -> ok; {exit, Reason} -> exit(Reason) end.

exit_with(Reason) -> exit(Reason).

trapper(To) ->
    process_flag(trap_exit, true),
    To ! {self(), ready},
    receive {'EXIT', From, Reason} -> To ! {self(), got, From =:= To, Reason} after 20000 -> To ! {self(), nothing} end.

links(S) ->
    process_flag(trap_exit, true),
    P = spawn_link(S, ?MODULE, wait, []),
    out("linked ~p", [lists:member(P, element(2, process_info(self(), links)))]),
    P ! {exit, {some, reason}},
    out("exit ~p", [receive {'EXIT', P, R} -> R after 20000 -> timeout end]),
    Q = spawn(S, ?MODULE, wait, []),
    out("link ~p", [link(Q)]),
    out("unlink ~p ~p", [unlink(Q), lists:member(Q, element(2, process_info(self(), links)))]),
    Q ! {exit, not_seen},
    out("nothing ~p", [receive Z -> Z after 200 -> nothing end]),
    out("link to dead ~p", [link(Q)]),
    out("noproc ~p", [receive {'EXIT', Q, R2} -> R2 after 20000 -> timeout end]),
    T = spawn(S, ?MODULE, trapper, [self()]),
    receive {T, ready} -> ok end,
    {L, M} = spawn_monitor(fun() -> link(T), exit(bye) end),
    receive {'DOWN', M, process, L, bye} -> ok end,
    out("told ~p", [receive {T, got, Mine, R3} -> {Mine, R3} after 20000 -> timeout end]),
    X = spawn(S, ?MODULE, wait, []),
    link(X), unlink(X), link(X),
    X ! {exit, relinked},
    out("relinked ~p", [receive {'EXIT', X, R4} -> R4 after 20000 -> timeout end]),
    process_flag(trap_exit, false).

down(Ref) -> receive {'DOWN', Ref, Type, Object, Reason} -> {Type, Object, Reason} after 20000 -> timeout end.

monitors(S) ->
    P = spawn(S, ?MODULE, wait, []),
    M = monitor(process, P),
    out("monitors ~p", [element(2, process_info(self(), monitors)) =:= [{process, P}]]),
    P ! {exit, gone},
    out("down ~p", [case down(M) of {process, P, R} -> R; O -> O end]),
    out("noproc ~p", [case down(monitor(process, P)) of {process, P, R1} -> R1; O1 -> O1 end]),
    out("no name ~p", [case down(monitor(process, {no_such_name, S})) of {process, {no_such_name, S}, R2} -> R2; O2 -> O2 end]),
    Q = spawn(S, ?MODULE, wait, []),
    rpc:call(S, erlang, register, [named, Q]),
    M3 = monitor(process, {named, S}),
    out("by name ~p", [element(2, process_info(self(), monitors)) =:= [{process, {named, S}}]]),
    Q ! {exit, named_gone},
    out("down ~p", [case down(M3) of {process, {named, S}, R3} -> R3; O3 -> O3 end]),
    T = spawn(S, ?MODULE, wait, []),
    M4 = monitor(process, T),
    out("demonitor ~p", [demonitor(M4, [flush, info])]),
    exit(T, kill),
    out("nothing ~p", [receive Z -> Z after 200 -> nothing end]),
    Me = self(),
    W = spawn(S, fun() -> MR = monitor(process, Me), Me ! {self(), set}, receive {'DOWN', MR, process, _, R5} -> exit(R5); stop -> exit(stopped) end end),
    receive {W, set} -> ok after 20000 -> ok end,
    out("monitored by ~p", [lists:member(W, element(2, process_info(self(), monitored_by)))]),
    W ! stop,
    M6 = monitor(process, {net_kernel, S}, [{tag, {tagged, 1}}]),
    demonitor(M6),
    V = spawn(S, ?MODULE, wait, []),
    M7 = monitor(process, V, [{tag, {tagged, x}}]),
    exit(V, kill),
    out("tag ~p", [receive {{tagged, x}, M7, process, V, R7} -> R7 after 20000 -> timeout end]).

exits(S) ->
    [begin
         P = spawn(S, ?MODULE, wait, []),
         M = monitor(process, P),
         exit(P, R),
         out("exit/2 ~p ~p", [R, element(3, down(M))])
     end || R <- [kill, shutdown, {a, "term"}]],
    P = spawn(S, ?MODULE, wait, []),
    exit(P, normal),
    out("normal ~p", [rpc:call(S, erlang, is_process_alive, [P])]),
    exit(P, kill).

spawning(S) ->
    Me = self(),
    {P, M} = spawn_monitor(S, ?MODULE, exit_with, [finished]),
    out("spawn_monitor ~p", [case down(M) of {process, P, R} -> R; O -> O end]),
    {Q, M1} = spawn_opt(S, ?MODULE, exit_with, [opt], [monitor, {priority, low}]),
    out("spawn_opt ~p", [case down(M1) of {process, Q, R1} -> R1; O1 -> O1 end]),
    out("bad option ~p", [try spawn_opt(S, ?MODULE, wait, [], [{priority, none}]) catch error:E -> E end]),
    F = spawn(S, fun() -> receive {From, go} -> From ! {self(), node()} end end),
    F ! {self(), go},
    out("fun ~p", [receive {F, N} -> N =:= S after 20000 -> timeout end]),
    process_flag(trap_exit, true),
    Child = spawn(S, fun() -> Before = process_info(self(), parent), garbage_collect(), garbage_collect(), Me ! {self(), Before, process_info(self(), parent)}, wait() end),
    out("parent ~p ~p", [receive {Child, First, Second} -> [First, Second] =:= [{parent, Me}, {parent, Me}] after 20000 -> timeout end,
                         rpc:call(S, erlang, process_info, [Child, parent]) =:= {parent, Me}]),
    exit(Child, kill),
    L = spawn_link(S, erlang, exit, [quick]),
    out("spawn_link ~p", [receive {'EXIT', L, R2} -> R2 after 20000 -> timeout end]),
    process_flag(trap_exit, false),
    {U, MU} = spawn_monitor(S, no_such_module, f, []),
    out("undef ~p", [case down(MU) of {process, U, {undef, [{A, B, C, _} | _]}} -> {A, B, C}; O3 -> O3 end]),
    out("initial ~p", [rpc:call(S, erlang, process_info, [I = spawn(S, ?MODULE, wait, []), initial_call])]),
    exit(I, kill).

requests(S) ->
    R = spawn_request(S, ?MODULE, exit_with, [asked], [monitor, {reply_tag, my_tag}]),
    out("reply ~p", [receive {my_tag, R, ok, P} -> node(P) =:= S after 20000 -> timeout end]),
    out("down ~p", [case down(R) of {process, _, Why} -> Why; O -> O end]),
    R1 = spawn_request(S, ?MODULE, wait, [], [{priority, none}]),
    out("badopt ~p", [receive {spawn_reply, R1, error, E} -> E after 20000 -> timeout end]),
    R2 = spawn_request('nobody@127.0.0.1', ?MODULE, wait, [], []),
    out("noconnection ~p", [receive {spawn_reply, R2, error, E2} -> E2 after 20000 -> timeout end]),
    R3 = spawn_request(S, ?MODULE, exit_with, [silent], [monitor, {reply, no}]),
    out("no reply ~p", [receive {spawn_reply, R3, _, _} -> reply; {'DOWN', R3, process, _, W3} -> W3 after 20000 -> timeout end]),
    R4 = spawn_request(S, ?MODULE, wait, [], [link]),
    out("abandon ~p", [spawn_request_abandon(R4)]),
    out("nothing ~p", [receive Z -> Z after 200 -> nothing end]),
    out("again ~p", [spawn_request_abandon(R4)]).

aliases(S) ->
    Alias = alias([reply]),
    spawn(S, ?MODULE, say, [Alias, first]),
    out("alias ~p", [receive first -> ok after 20000 -> timeout end]),
    spawn(S, ?MODULE, say, [Alias, second]),
    out("used up ~p", [receive second -> second after 200 -> nothing end]),
    Kept = alias(),
    [rpc:call(S, ?MODULE, say, [Kept, I]) || I <- [1, 2]],
    out("kept ~p", [[receive I -> I after 20000 -> timeout end || I <- [1, 2]]]),
    unalias(Kept),
    rpc:call(S, ?MODULE, say, [Kept, 3]),
    out("gone ~p", [receive 3 -> 3 after 200 -> nothing end]),
    Echo = spawn(S, ?MODULE, echo, []),
    M = monitor(process, Echo, [{alias, reply_demonitor}]),
    Echo ! {M, question},
    out("answer ~p", [receive {Echo, A} -> A after 20000 -> timeout end]),
    exit(Echo, kill),
    out("no down ~p", [receive {'DOWN', M, _, _, _} -> down after 200 -> nothing end]).

calls(S) ->
    out("rpc ~p", [rpc:call(S, lists, seq, [1, 3])]),
    out("badrpc ~p", [case rpc:call(S, erlang, error, [oops]) of {badrpc, {'EXIT', {oops, _}}} -> oops; O -> O end]),
    out("cast ~p", [rpc:cast(S, erlang, self, [])]),
    out("multicall ~p", [rpc:multicall([node(), S], erlang, abs, [-1])]),
    out("async ~p", [rpc:yield(rpc:async_call(S, erlang, abs, [-2]))]),
    out("block ~p", [rpc:block_call(S, erlang, abs, [-3])]),
    out("nodedown ~p", [rpc:call('nobody@127.0.0.1', erlang, abs, [-3])]),
    out("erpc ~p", [erpc:call(S, lists, seq, [1, 3])]),
    out("erpc error ~p", [try erpc:call(S, erlang, error, [oops]) catch error:{exception, oops, _} -> caught end]),
    out("erpc exit ~p", [try erpc:call(S, erlang, exit, [oops]) catch exit:{exception, oops} -> caught end]),
    out("erpc throw ~p", [try erpc:call(S, erlang, throw, [oops]) catch throw:oops -> caught end]),
    out("erpc timeout ~p", [try erpc:call(S, timer, sleep, [5000], 100) catch error:{erpc, timeout} -> caught end]),
    out("erpc nobody ~p", [try erpc:call('nobody@127.0.0.1', lists, seq, [1, 3]) catch error:{erpc, noconnection} -> caught end]),
    out("erpc multicall ~p", [erpc:multicall([node(), S, 'nobody@127.0.0.1'], erlang, abs, [-1])]),
    out("gen_server ~p", [try gen_server:call({no_such_server, S}, hello) catch exit:{noproc, _} -> noproc end]),
    out("sys ~p", [is_tuple(sys:get_status({rex, S}))]).

leaders(S) ->
    P = spawn(S, ?MODULE, wait, []),
    out("leader ~p", [rpc:call(S, erlang, process_info, [P, group_leader]) =:= {group_leader, group_leader()}]),
    Q = spawn(S, ?MODULE, wait, []),
    group_leader(Q, P),
    out("changed ~p", [rpc:call(S, erlang, process_info, [P, group_leader]) =:= {group_leader, Q}]),
    [exit(X, kill) || X <- [P, Q]],
    out("printed from there ~p", [rpc:call(S, io, format, ["over there~n"])]).

registries(S) ->
    out("sync ~p", [global:sync()]),
    P = spawn(S, ?MODULE, wait, []),
    out("global ~p", [global:register_name(a_name, P)]),
    out("whereis ~p ~p", [global:whereis_name(a_name) =:= P, rpc:call(S, global, whereis_name, [a_name]) =:= P]),
    global:send(a_name, {exit, normal}),
    wait_until(fun() -> global:whereis_name(a_name) =:= undefined end),
    out("unregistered ~p", [global:whereis_name(a_name)]),
    out("lock ~p", [global:set_lock({a_lock, self()})]),
    out("there ~p", [rpc:call(S, global, set_lock, [{a_lock, other}, [node(), S], 0])]),
    out("free ~p", [global:del_lock({a_lock, self()})]),
    {ok, _} = pg:start(a_scope),
    {ok, _} = rpc:call(S, pg, start, [a_scope]),
    Q = spawn(S, ?MODULE, wait, []),
    out("pg ~p", [rpc:call(S, pg, join, [a_scope, a_group, Q])]),
    wait_until(fun() -> pg:get_members(a_scope, a_group) =:= [Q] end),
    out("members ~p", [pg:get_members(a_scope, a_group) =:= [Q]]),
    exit(Q, kill),
    wait_until(fun() -> pg:get_members(a_scope, a_group) =:= [] end),
    out("left ~p", [pg:get_members(a_scope, a_group)]).

wait_until(F) -> wait_until(F, 200).
wait_until(_, 0) -> ok;
wait_until(F, N) -> case F() of true -> ok; false -> timer:sleep(50), wait_until(F, N - 1) end.

%% Signals of a pair keep their order, small and large ones.
order(S) ->
    Me = self(),
    P = spawn(S, fun() -> receive_all(Me, []) end),
    [P ! case I rem 50 of 0 -> {I, big(200000)}; _ -> {I, x} end || I <- lists:seq(1, 1000)],
    P ! stop,
    out("in order ~p", [receive {P, Is} -> Is =:= lists:seq(1, 1000) after 60000 -> timeout end]).

receive_all(To, Is) -> receive {I, _} -> receive_all(To, [I | Is]); stop -> To ! {self(), lists:reverse(Is)} end.

%% The token of a sequential trace goes with a message to the other node and comes back; a message without one ends it.
tokens(S) ->
    Me = self(),
    Tracer = spawn_link(fun() -> heard([]) end),
    _ = seq_trace:set_system_tracer(Tracer),
    P = spawn(S, fun() -> carry(Me) end),
    rpc:call(S, code, ensure_loaded, [seq_trace]),   % else the token comes from the code server
    rpc:call(S, erlang, register, [carrier, P]),
    Name = fun(Pid) -> case Pid of Me -> me; P -> there; _ -> Pid end end,
    Token = fun() -> case seq_trace:get_token() of {F, L, N, From, Last} -> {F, L, N, Name(From), Last}; [] -> [] end end,
    Asked = fun(To, How) ->
        seq_trace:set_token(label, {17, How}),
        [seq_trace:set_token(Flag, true) || Flag <- [send, 'receive', print]],
        To ! {token, Me},
        Its = receive {P, {F, L, N, From, Last}} -> {F, L, N, Name(From), Last}; {P, Other} -> Other after 20000 -> timeout end,
        Mine = Token(),
        seq_trace:set_token([]),
        out("token ~p ~p ~p", [How, Its, Mine])
    end,
    Asked(P, by_pid),
    Asked({carrier, S}, by_name),
    P ! alias,
    Asked(receive {P, alias, Alias} -> Alias after 20000 -> timeout end, by_alias),
    %% One without a token ends it.
    seq_trace:set_token(label, 18),
    P ! plain,
    _ = receive {P, plain} -> ok after 20000 -> timeout end,
    out("token ended ~p", [Token()]),
    exit(P, kill),
    Tracer ! {all, Me},
    Heard = receive {Tracer, Events} -> Events after 20000 -> timeout end,
    seq_trace:set_system_tracer(false),
    [out("heard ~p ~p", [Label, case Event of {What, Serial, X, Y, _} -> {What, Serial, Name(X), if is_pid(Y) -> Name(Y); is_reference(Y) -> alias; true -> named end} end])
     || {seq_trace, Label, Event} <- Heard, is_tuple(Label)],
    unlink(Tracer), exit(Tracer, kill).

heard(Events) -> receive {all, From} -> From ! {self(), lists:reverse(Events)}; E -> heard([E | Events]) end.

carry(Me) ->
    receive
        {token, From} -> From ! {self(), seq_trace:get_token()};
        alias -> Me ! {self(), alias, alias()};
        plain -> seq_trace:set_token([]), Me ! {self(), plain}
    end,
    carry(Me).

reconnect(S) ->
    monitor_node(S, true),
    ok = net_kernel:monitor_nodes(true, [nodedown_reason]),
    out("disconnect ~p", [net_kernel:disconnect(S)]),
    out("nodedown ~p", [receive {nodedown, S} -> ok after 20000 -> timeout end]),
    out("why ~p", [receive {nodedown, S, [{nodedown_reason, R}]} -> R after 20000 -> timeout end]),
    wait_until(fun() -> nodes() =:= [] end),
    {rex, S} ! hello,     % connects by itself
    out("nodeup ~p", [receive {nodeup, S, []} -> ok after 20000 -> timeout end]),
    net_kernel:monitor_nodes(false, [nodedown_reason]),
    out("again ~p", [net_adm:ping(S)]).

lost(S) ->
    process_flag(trap_exit, true),
    Pid = list_to_integer(rpc:call(S, os, getpid, [])),
    P = spawn_link(S, ?MODULE, wait, []),
    M = monitor(process, P),
    M2 = monitor(process, {rex, S}),
    monitor_node(S, true),
    monitor_node(S, true),
    net_kernel:monitor_nodes(true, [nodedown_reason, {node_type, all}]),
    Call = rpc:async_call(S, timer, sleep, [60000]),
    _ = os:cmd("kill -9 " ++ integer_to_list(Pid)),
    out("exit ~p", [receive {'EXIT', P, R} -> R after 20000 -> timeout end]),
    out("down ~p ~p", [element(3, down(M)), element(3, down(M2))]),
    out("nodedown ~p", [[receive {nodedown, S} -> down after 20000 -> timeout end || _ <- [1, 2]]]),
    out("why ~p", [receive {nodedown, S, Info} -> lists:sort(Info) after 20000 -> timeout end]),
    out("call ~p", [rpc:yield(Call)]),
    out("nodes ~p", [nodes()]),
    out("more ~p", [receive Z -> Z after 100 -> nothing end]).
