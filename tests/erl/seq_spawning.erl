-module(seq_spawning).
-mode(compile).
-export([main/1, child/1]).

%% Tokens of the sequential trace that go with spawn and with exit signals, and what the tracer is told of them.
main(_) ->
    S = self(),
    T = spawn(fun F() -> receive {get, R} -> {messages, M} = process_info(self(), messages), R ! {got, M}; stop -> exit(normal) end, F() end),
    seq_trace:set_system_tracer(T),
    Run = fun(Name, Fun) ->
        seq_trace:reset_trace(),
        seq_trace:set_token(label, Name), [seq_trace:set_token(X, true) || X <- [send, 'receive']],
        Fun(),
        Token = seq_trace:get_token(),
        seq_trace:set_token([]),
        io:format("~p: ~p~n", [Name, case Token of {F, Label, Serial, _, Last} -> {F, Label, Serial, Last}; [] -> [] end])
    end,
    Child = fun() -> receive {child, _} -> ok end end,
    Run(spawn3, fun() -> spawn(?MODULE, child, [S]), Child() end),
    Run(spawn1, fun() -> spawn(fun() -> child(S) end), Child(), spawn(fun() -> child(S) end), Child() end),
    Run(spawn_link, fun() -> spawn_link(?MODULE, child, [S]), Child() end),
    Run(spawn_monitor, fun() -> spawn_monitor(?MODULE, child, [S]), Child() end),
    Run(spawn_opt, fun() -> spawn_opt(?MODULE, child, [S], [link, {priority, high}]), Child() end),
    Run(spawn_opt_monitor, fun() -> spawn_opt(?MODULE, child, [S], [{monitor, [{tag, x}, {alias, demonitor}]}]), Child() end),
    Run(spawn_request, fun() -> R = spawn_request(?MODULE, child, [S], [{reply_tag, foo}, link]), receive {foo, R, ok, _} -> ok end, Child() end),
    Run(spawn_request_no, fun() -> spawn_request(?MODULE, child, [S], [monitor, {reply, no}]), Child() end),
    Run(spawn_request_plain, fun() -> spawn_request(?MODULE, child, [S], []), Child() end),
    process_flag(trap_exit, true),
    Run('exit', fun() -> P = spawn_link(fun() -> exit({a, reason}) end), receive {'EXIT', P, _} -> ok end end),
    Run(down, fun() -> {P, _} = spawn_monitor(fun() -> exit({a, reason}) end), receive {'DOWN', _, _, P, _} -> ok end end),
    Run(exit2, fun() -> P = spawn_link(fun() -> receive stop -> ok end end), exit(P, killed_so), receive {'EXIT', P, _} -> ok end end),
    Run(grandchild, fun() -> spawn(fun() -> spawn(fun() -> S ! {child, self()} end) end), Child() end),
    %% Exits of one that has no token end that of the receiver.
    P = spawn_link(fun() -> receive stop -> ok end end),
    Run(bare, fun() -> seq_trace:set_token([]), P ! stop, seq_trace:set_token(label, bare), receive {'EXIT', P, _} -> ok end,
        io:format("~p~n", [seq_trace:get_token()]), seq_trace:set_token(label, again) end),
    %% Gone with its tracer: serial numbers go on.
    exit(T, kill), timer:sleep(20),
    seq_trace:reset_trace(), seq_trace:set_token(label, gone), seq_trace:set_token(send, true), self() ! x, receive x -> ok end,
    io:format("~p ~p~n", [element(3, seq_trace:get_token()), seq_trace:get_system_tracer()]),
    seq_trace:set_token([]),
    many(),
    ok.

child(S) -> S ! {child, self()}, receive stop -> ok end.

%% What each spawn tells, by itself.
many() ->
    S = self(),
    T = spawn(fun F() -> receive {get, R} -> {messages, M} = process_info(self(), messages), R ! {got, M}; stop -> exit(normal) end, F() end),
    seq_trace:set_system_tracer(T),
    Tell = fun(Name, Fun) ->
        seq_trace:reset_trace(),
        seq_trace:set_token(label, Name), [seq_trace:set_token(X, true) || X <- [send, 'receive']],
        Fun(),
        seq_trace:set_token([])
    end,
    [Tell(Name, fun() -> Fun(), receive {child, P} -> ok end, Done(P) end) || {Name, Fun, Done} <- [
        {spawn3, fun() -> spawn(?MODULE, child, [S]) end, fun(_) -> ok end},
        {spawn_link, fun() -> spawn_link(fun() -> child(S) end) end, fun(_) -> ok end},
        {spawn_opt, fun() -> spawn_opt(?MODULE, child, [S], [{monitor, [{tag, x}]}, {fullsweep_after, 3}]) end, fun(_) -> ok end},
        {spawn_request, fun() -> R = spawn_request(?MODULE, child, [S], [{reply_tag, foo}]), receive {foo, R, ok, _} -> ok end end, fun(_) -> ok end},
        {spawn_request_error, fun() -> spawn_request(?MODULE, child, [S], [{reply, error_only}]) end, fun(_) -> ok end},
        {exits, fun() -> spawn_link(fun() -> S ! {child, self()}, timer:sleep(100), exit(why) end) end, fun(P) -> receive {'EXIT', P, _} -> ok end end}]],
    T ! {get, S},
    receive {got, M} -> ok end,
    %% Of one sender in order.
    [[io:format("~0p~n", [name(X)]) || X = {seq_trace, L, {_, _, From, _, _}} <- M, L =:= Label, (From =:= S) =:= Mine]
        || Label <- [spawn3, spawn_link, spawn_opt, spawn_request, spawn_request_error, exits], Mine <- [true, false]],
    T ! stop.

name(?MODULE) -> this_module;
name(T) when T =:= self() -> main;
name(T) when is_pid(T) -> a_pid;
name(T) when is_reference(T) -> a_ref;
name(T) when is_function(T) -> a_fun;
name(T) when is_tuple(T) -> list_to_tuple([name(E) || E <- tuple_to_list(T)]);
name([H | T]) -> [name(H) | name(T)];
name(T) -> T.
