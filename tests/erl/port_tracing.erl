-module(port_tracing).
-mode(compile).
-export([main/1]).

%% Ports as tracees: what each kind of operation tells, and who is traced by which first argument. By a process of its own, so that
%% nothing of the port's owner is in the way.
main(_) ->
    logger:set_primary_config(level, none),   % of two tracers for one port
    life(), commands(), connecting(), exits(), eof(), files(), whom(), infos(), to_a_port().

%% Opens with Flags for new ports; Fun works with the port; what was told is printed, without what waits for the outside (in, out of 0).
run(Title, Flags, Command, Options, Fun) ->
    Self = self(),
    0 = erlang:trace(new_ports, true, Flags),
    P = open_port({spawn, Command}, Options),
    0 = erlang:trace(new_ports, false, [all]),
    Fun(P),
    R = erlang:trace_delivered(all),
    receive {trace_delivered, all, R} -> ok end,
    catch port_close(P),
    io:format("~s~n", [Title]),
    show([{P, port}, {Self, main}]).

show(Names) ->
    receive
        M when element(1, M) =:= trace, element(4, M) =:= 0 -> show(Names);
        {trace, _, send, {_, {control, <<>>}}, _} -> show(Names);   % the stock VM's own, of a child program
        M when element(1, M) =:= trace -> io:format("   ~0p~n", [name(M, Names)]), show(Names);
        _ -> show(Names)
    after 0 -> ok
    end.
name(T, Names) when is_pid(T); is_port(T) -> proplists:get_value(T, Names, other);
name(T, Names) when is_tuple(T) -> list_to_tuple([name(E, Names) || E <- tuple_to_list(T)]);
name([H | T], Names) -> [name(H, Names) | name(T, Names)];
name(T, _) -> T.

echoed(P) -> receive {P, {data, _}} -> ok end.

life() ->
    run("ports", [ports], "cat", [binary], fun(P) ->
        register(a_port, P), unregister(a_port), register(a_port, P), unlink(P), unlink(P), link(P), link(P), port_close(P) end).

commands() ->
    All = [send, 'receive', running_ports],
    run("port_command", All, "cat", [binary], fun(P) -> port_command(P, ["a", <<"bc">>]), echoed(P) end),
    run("lists", [send, 'receive'], "cat", [], fun(P) -> port_command(P, "abc"), echoed(P) end),
    run("!", All, "cat", [binary], fun(P) -> P ! {self(), {command, "abc"}}, echoed(P), P ! {self(), close}, receive {P, closed} -> ok end end),
    run("line", [send], "cat", [{line, 100}], fun(P) -> port_command(P, "abc\n"), echoed(P) end),
    run("control", [send, 'receive'], "cat", [binary], fun(P) -> catch port_control(P, 17, "abc") end),
    run("port_close", All, "cat", [binary], fun(P) -> port_close(P) end).

connecting() ->
    Self = self(),
    run("connect", [send, 'receive', ports], "cat", [binary], fun(P) ->
        {Q, R} = spawn_monitor(fun() -> receive go -> P ! {self(), {connect, Self}}, receive {P, connected} -> ok end, unlink(P) end end),
        port_connect(P, Q), Q ! go, receive {'DOWN', R, _, _, _} -> ok end end).

exits() ->
    Self = self(),
    process_flag(trap_exit, true),
    run("owner ends", ['receive', ports], "cat", [binary], fun(P) ->
        {Q, R} = spawn_monitor(fun() -> receive go -> ok end end),
        port_connect(P, Q), unlink(P), M = monitor(port, P), Q ! go, receive {'DOWN', R, _, _, _} -> ok end, receive {'DOWN', M, _, _, _} -> ok end end),
    run("exit/2", ['receive', ports], "cat", [binary], fun(P) -> exit(P, reason), receive {'EXIT', P, _} -> ok end end),
    process_flag(trap_exit, false),
    Self.

eof() ->
    run("eof", [send, ports], "true", [eof], fun(P) -> receive {P, eof} -> ok end end),
    run("exit_status", [send, ports], "sh -c 'exit 3'", [exit_status], fun(P) -> receive {P, {exit_status, 3}} -> ok end end).

%% Sockets.
files() ->
    0 = erlang:trace(new_ports, true, [ports]),
    {ok, S} = gen_udp:open(0, [{ip, {127, 0, 0, 1}}]),
    gen_udp:close(S),
    0 = erlang:trace(new_ports, false, [all]),
    R = erlang:trace_delivered(all),
    receive {trace_delivered, all, R} -> ok end,
    io:format("socket~n"),
    show([{S, port}, {self(), main}]).

%% Who is traced: a port and a process that were there, and that come later.
whom() ->
    Test = fun(Who, Flag) ->
        P1 = open_port({spawn, "cat"}, []),
        {Q1, _} = spawn_monitor(fun() -> receive stop -> ok end end),
        Tracer = spawn(fun() -> receive stop -> ok end end),
        erlang:trace(Who, true, [Flag, {tracer, Tracer}]),
        P2 = open_port({spawn, "cat"}, []),
        {Q2, _} = spawn_monitor(fun() -> receive stop -> ok end end),
        Told = [begin {tracer, T} = erlang:trace_info(X, tracer), {flags, F} = erlang:trace_info(X, flags), {T =:= Tracer, F} end || X <- [P1, P2, Q1, Q2]],
        New = [begin {flags, F} = erlang:trace_info(X, flags), F end || X <- [new_ports, new_processes, new]],
        Tracer ! stop,
        erlang:trace(all, false, [all]),
        [begin unlink(P), port_close(P) end || P <- [P1, P2]], Q1 ! stop, Q2 ! stop,
        io:format("~p ~p: ~0p ~0p~n", [Who, Flag, Told, New])
    end,
    [Test(Who, Flag) || Flag <- [send, ports, call, timestamp], Who <- [all, new, existing, processes, new_processes, existing_processes, ports, new_ports, existing_ports]].

infos() ->
    P = open_port({spawn, "cat"}, []),
    io:format("~0p~n", [[catch erlang:trace_info(P, K) || K <- [flags, tracer]]]),
    io:format("~0p~n", [[element(1, element(2, catch erlang:trace_info(P, K))) || K <- [traced, nonsense]]]),
    1 = erlang:trace(P, true, [all]),
    io:format("~0p~n", [erlang:trace_info(P, flags)]),
    1 = erlang:trace(P, false, [send]),
    io:format("~0p~n", [erlang:trace_info(P, flags)]),
    {Q, R} = spawn_monitor(fun() -> exit(element(1, element(2, catch erlang:trace(P, true, [send, {tracer, self()}])))) end),
    receive {'DOWN', R, _, Q, Why} -> io:format("second tracer: ~0p~n", [Why]) end,
    port_close(P),
    io:format("~0p ~0p~n", [erlang:trace_info(P, flags), element(1, element(2, catch erlang:trace(P, true, [send])))]).

%% What traces new ports may be a port itself.
to_a_port() ->
    Tracer = (dbg:trace_port(file, "ports.trace"))(),
    0 = erlang:trace(new_ports, true, [ports, {tracer, Tracer}]),
    [port_close(open_port({spawn, "cat"}, [binary])) || _ <- [1, 2]],
    {ok, Listening} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    gen_tcp:close(Listening),
    0 = erlang:trace(new_ports, false, [all]),
    true = port_close(Tracer),
    Self = self(),
    dbg:trace_client(file, "ports.trace", {fun(end_of_trace, Seen) -> Self ! {seen, lists:reverse(Seen)}; (Trace, Seen) -> [element(3, Trace) | Seen] end, []}),
    io:format("~p~n", [receive {seen, Kinds} -> Kinds after 10000 -> nothing end]).
