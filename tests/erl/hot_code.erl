%% SPDX-License-Identifier: Apache-2.0
%% Replacing code that runs: generations, purging, funs of old code, on_load, checking processes, several modules at once.
-module(hot_code).
-mode(compile).
-export([main/1]).

main(_) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    server_under_load(),
    generations(),
    checks(),
    funs(),
    on_load(),
    slow_on_load(),
    at_once(),
    natives().

compile(Name, Text) ->
    Forms = forms(Text),
    {ok, Name, Code} = compile:forms([{attribute, 1, module, Name}, {attribute, 1, compile, [export_all, nowarn_export_all]} | Forms], []),
    Code.

forms(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    split(Tokens, []).
split([], []) -> [];
split([{dot, _} = Dot | Rest], Form) ->
    {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])),
    [Parsed | split(Rest, [])];
split([Token | Rest], Form) -> split(Rest, [Token | Form]).

load(Name, Text) -> {module, Name} = code:load_binary(Name, "nofile", compile(Name, Text)), ok.

server(Version, Change) ->
    "init(_) -> {ok, 0}.
     handle_call(add, _, N) -> {reply, {" ++ integer_to_list(Version) ++ ", N + 1}, N + 1};
     handle_call(get, _, N) -> {reply, N, N}.
     handle_cast(_, N) -> {noreply, N}.
     handle_info(_, N) -> {noreply, N}.
     terminate(_, _) -> ok.
     code_change(_, N, Extra) -> {ok, " ++ Change ++ "}.".

%% Calls come from all sides while the server's code changes ten times; none is lost, none answered twice.
server_under_load() ->
    load(hot_server, server(0, "N + Extra - Extra")),
    load(hot_sup, "init(Name) -> {ok, {{one_for_one, 1, 5}, [{Name, {gen_server, start_link, [{local, Name}, Name, [], []]}, permanent, 5000, worker, [Name]}]}}."),
    {ok, Sup} = supervisor:start_link(hot_sup, hot_server),
    [{_, Pid, _, _}] = supervisor:which_children(Sup),
    Me = self(),
    Clients = [spawn_link(fun() -> Me ! {self(), client(hot_server, 400, [])} end) || _ <- lists:seq(1, 4)],
    Changes = [begin
        sys:suspend(hot_server),
        load(hot_server, server(V, "N + Extra - Extra")),
        ok = sys:change_code(hot_server, hot_server, V - 1, V),
        sys:resume(hot_server),
        code:soft_purge(hot_server)
    end || V <- lists:seq(1, 10)],
    Answers = lists:append([receive {C, A} -> A end || C <- Clients]),
    Counts = lists:sort([N || {_, N} <- Answers]),
    io:format("server ~p ~p ~p ~p~n", [lists:usort(Changes), Counts =:= lists:seq(1, 1600), gen_server:call(hot_server, get),
                                       [P || {_, P, _, _} <- supervisor:which_children(Sup)] =:= [Pid]]),
    unlink(Sup),
    exit(Sup, shutdown),
    wait_dead(Sup).

client(_, 0, Acc) -> Acc;
client(Name, N, Acc) -> client(Name, N - 1, [gen_server:call(Name, add, infinity) | Acc]).

wait_dead(Pid) ->
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, process, Pid, _} -> ok end.

looping(Version) ->
    "start() -> spawn(fun() -> loop(self()) end).
     start_named() -> spawn(?MODULE, loop, [x]).
     loop(X) -> receive {version, P} -> P ! {self(), " ++ integer_to_list(Version) ++ "}, loop(X); upgrade -> hot_loop:loop(X);
                stop -> ok end.
     constant() -> {" ++ integer_to_list(Version) ++ ", \"abc\"}.".

version_of(Pid) ->
    Pid ! {version, self()},
    receive {Pid, V} -> V after 5000 -> timeout end.

spell(Text) -> re:replace(Text, "\\?MODULE", "hot_loop", [global, {return, list}]).

%% A process stays on the code it runs; a third generation needs a purge; a purge kills who is left behind.
generations() ->
    load(hot_loop, spell(looping(1))),
    A = hot_loop:start_named(), B = hot_loop:start_named(),
    io:format("~p ~p ~p~n", [version_of(A), erlang:check_old_code(hot_loop), code:soft_purge(hot_loop)]),
    load(hot_loop, spell(looping(2))),
    C = hot_loop:start_named(),
    A ! upgrade,
    io:format("~p ~p ~p ~p~n", [version_of(A), version_of(B), version_of(C), erlang:check_old_code(hot_loop)]),
    Third = erlang:prepare_loading(hot_loop, compile(hot_loop, spell(looping(3)))),
    io:format("third ~p~n", [erlang:finish_loading([Third])]),
    io:format("who ~p~n", [[erlang:check_process_code(P, hot_loop) || P <- [A, B, C, self()]]]),
    io:format("soft ~p ~p~n", [code:soft_purge(hot_loop), is_process_alive(B)]),
    Ref = monitor(process, B),
    io:format("purge ~p~n", [code:purge(hot_loop)]),
    io:format("killed ~p~n", [receive {'DOWN', Ref, process, B, R} -> R end]),
    io:format("left ~p ~p ~p~n", [is_process_alive(A), erlang:check_old_code(hot_loop), code:purge(hot_loop)]),
    io:format("third ~p~n", [erlang:finish_loading([Third])]),
    io:format("~p~n", [[version_of(P) || P <- [A, C]]]),
    io:format("delete ~p ~p~n", [code:delete(hot_loop), catch_reason(fun() -> erlang:delete_module(hot_loop) end)]),
    code:purge(hot_loop),
    io:format("delete ~p ~p ~p ~p~n", [code:delete(hot_loop), is_process_alive(A), code:is_loaded(hot_loop), erlang:delete_module(hot_never)]),
    io:format("gone ~p~n", [catch_reason(fun hot_loop:constant/0)]),
    io:format("purged ~p ~p~n", [code:purge(hot_loop), erlang:check_old_code(hot_loop)]).

%% check_process_code with options, and what it says of processes that are gone.
checks() ->
    load(hot_loop, spell(looping(4))),
    Old = hot_loop:start_named(),
    4 = version_of(Old),
    load(hot_loop, spell(looping(5))),
    New = hot_loop:start_named(),
    Dead = spawn(fun() -> ok end),
    wait_dead(Dead),
    [begin
        Id = {request, N},
        Started = erlang:check_process_code(P, hot_loop, [{async, Id} | Options]),
        io:format("~p ~p~n", [Started, receive {check_process_code, Id, Result} -> Result end])
     end || {N, P, Options} <- [{1, Old, []}, {2, New, []}, {3, Dead, []}, {4, self(), []}, {5, Old, [{allow_gc, false}]}, {6, Old, [{allow_gc, true}]}]],
    io:format("~p~n", [[erlang:check_process_code(P, hot_loop, [{allow_gc, false}]) || P <- [Old, New, Dead, self()]]]),
    io:format("~p~n", [[catch_reason(fun() -> erlang:check_process_code(A, B, C) end) ||
        {A, B, C} <- [{x, hot_loop, []}, {self(), 1, []}, {self(), hot_loop, [x]}, {self(), hot_loop, [{allow_gc, 1}]}, {self(), hot_loop, x}]]]),
    io:format("~p ~p~n", [erlang:check_process_code(self(), hot_never), catch_reason(fun() -> erlang:check_old_code(1) end)]),
    Old ! upgrade,
    5 = version_of(Old),
    io:format("~p~n", [code:soft_purge(hot_loop)]),
    [exit(P, kill) || P <- [Old, New]].

catch_reason(F) -> try F() catch C:R -> {C, R} end.

funs_of(Version) ->
    "local(X) -> fun(Y) -> {" ++ integer_to_list(Version) ++ ", X, Y} end.
     external() -> fun hot_funs:name/0.
     name() -> " ++ integer_to_list(Version) ++ ".
     waiting(P) -> spawn(fun() -> P ! {self(), ready}, receive go -> P ! {self(), name()} end end).".

%% Funs of code that is replaced, purged, deleted, back again.
funs() ->
    First = compile(hot_funs, funs_of(1)),
    {module, _} = code:load_binary(hot_funs, "nofile", First),
    F = hot_funs:local(a), E = hot_funs:external(),
    W = hot_funs:waiting(self()),
    receive {W, ready} -> ok end,
    load(hot_funs, funs_of(2)),
    G = hot_funs:local(b),
    io:format("~p ~p ~p~n", [F(1), G(2), E()]),
    io:format("~p~n", [code:soft_purge(hot_funs)]),
    W ! go,
    io:format("~p~n", [receive {W, N} -> N end]),
    wait_dead(W),
    io:format("~p~n", [code:soft_purge(hot_funs)]),
    io:format("~p ~p ~p~n", [catch_reason(fun() -> F(1) end) =:= {error, {badfun, F}}, G(2), E()]),
    io:format("~p ~p~n", [[element(2, erlang:fun_info(F, I)) || I <- [module, arity, env, type]], is_function(F, 1)]),
    code:delete(hot_funs),
    io:format("~p ~p~n", [G(3), catch_reason(E)]),
    code:purge(hot_funs),
    io:format("~p ~p~n", [catch_reason(fun() -> G(3) end), catch_reason(E)]),
    {module, _} = code:load_binary(hot_funs, "nofile", First),
    io:format("~p ~p~n", [F(4), E()]).

on_load_module(Body, Version) ->
    "-on_load(go/0).
     go() -> " ++ Body ++ ".
     version() -> " ++ integer_to_list(Version) ++ ".
     constant() -> {\"a constant\", " ++ integer_to_list(Version) ++ "}.".

on_load() ->
    Load = fun(Body, V) -> code:load_binary(hot_on_load, "nofile", compile(hot_on_load, on_load_module(Body, V))) end,
    io:format("~p ~p~n", [Load("not_ok", 1), code:is_loaded(hot_on_load)]),
    io:format("~p~n", [Load("exit(why)", 1)]),
    io:format("~p ~p~n", [catch_reason(fun() -> hot_on_load:version() end), Load("ok", 2)]),
    io:format("~p~n", [hot_on_load:version()]),
    io:format("~p ~p ~p~n", [Load("error(x)", 3), hot_on_load:version(), erlang:check_old_code(hot_on_load)]),
    io:format("~p ~p~n", [Load("ok", 4), hot_on_load:version()]),
    io:format("~p ~p~n", [Load("no", 5), hot_on_load:version()]),
    io:format("~p ~p~n", [code:purge(hot_on_load), hot_on_load:version()]),
    %% Before on_load has come to its end the old code is the one called.
    io:format("~p ~p~n", [Load("2 * version() + hot_on_load:version(), ok", 6), hot_on_load:version()]).

%% Others call the module while its on_load function takes its time: they wait for it where there is no other code.
slow_on_load() ->
    Me = self(),
    register(hot_code_main, Me),
    Code = compile(hot_slow, "-on_load(go/0).
        go() -> hot_code_main ! {self(), waiting}, receive go_on -> ok end.
        value() -> 42."),
    Loader = spawn_link(fun() -> Me ! {self(), code:load_binary(hot_slow, "nofile", Code)} end),
    OnLoad = receive {P, waiting} -> P end,
    Callers = [spawn_link(fun() -> Me ! {self(), catch hot_slow:value()} end) || _ <- lists:seq(1, 5)],
    io:format("~p~n", [receive {_, 42} -> early after 50 -> all_wait end]),
    OnLoad ! go_on,
    io:format("~p~n", [receive {Loader, R} -> R end]),
    io:format("~p~n", [[receive {C, V} -> V end || C <- Callers]]),
    unregister(hot_code_main).

%% The watcher may be in the middle of a call of old code.
purge_softly(Module) -> code:soft_purge(Module) orelse (erlang:yield() andalso purge_softly(Module)).

%% Several modules prepared and made visible in one step.
at_once() ->
    Pair = fun(V) -> [{N, "nofile", compile(N, "value() -> " ++ integer_to_list(V) ++ ".")} || N <- [hot_a, hot_b]] end,
    io:format("~p~n", [code:atomic_load(Pair(1))]),
    io:format("~p~n", [{hot_a:value(), hot_b:value()}]),
    Me = self(),
    Watcher = spawn_link(fun() -> Me ! {self(), watch(0)} end),
    [begin ok = code:atomic_load(Pair(V)), purge_softly(hot_a), purge_softly(hot_b) end || V <- lists:seq(2, 8)],
    Watcher ! stop,
    io:format("~p ~p~n", [receive {Watcher, W} -> W end, {hot_a:value(), hot_b:value()}]),
    {ok, Prepared} = code:prepare_loading(Pair(9)),
    io:format("~p ~p ~p~n", [hot_a:value(), code:finish_loading(Prepared), hot_a:value()]),
    io:format("~p~n", [case code:atomic_load(Pair(10)) of {error, Why} -> lists:sort(Why) end]),
    {error, Bad} = code:atomic_load([{hot_a, "nofile", <<"bad">>}, {hot_never_there, "x", <<>>}]),
    io:format("~p~n", [lists:sort(Bad)]),
    OnLoad = {hot_c, "nofile", compile(hot_c, "-on_load(go/0). go() -> ok.")},
    io:format("~p~n", [code:atomic_load([OnLoad])]),
    io:format("~p ~p~n", [code:atomic_load([hd(Pair(1)), hd(Pair(1))]), code:ensure_modules_loaded([lists, hot_nowhere])]).

%% Two calls in a row may fall on both sides of one change, never on two changes in the wrong order.
watch(Last) ->
    receive stop -> ordered
    after 0 ->
        A = hot_a:value(), B = hot_b:value(),
        if A < Last -> {backwards, Last, A}; B < A -> {apart, A, B}; true -> watch(B) end
    end.

natives() ->
    Code = compile(hot_native, "f() -> 1."),
    io:format("~p~n", [catch_reason(fun() -> erts_internal:purge_module(hot_native, prepare) end)]),
    io:format("~p~n", [catch_reason(fun() -> erts_literal_area_collector:release_area_switch() end)]),
    io:format("~p~n", [catch_reason(fun() -> erts_literal_area_collector:send_copy_request(self(), x, init) end)]),
    P = erlang:prepare_loading(hot_native, Code),
    io:format("~p ~p~n", [erlang:has_prepared_code_on_load(P), erlang:finish_loading([P])]),
    io:format("~p ~p~n", [catch_reason(fun() -> erlang:finish_loading([P]) end) , hot_native:f()]),
    io:format("~p ~p~n", [erlang:prepare_loading(hot_other, Code), erlang:prepare_loading(hot_native, binary:part(Code, 0, byte_size(Code) - 20))]),
    [A, B] = [erlang:prepare_loading(hot_native, Code) || _ <- [1, 2]],
    io:format("~p ~p~n", [erlang:finish_loading([A, B]), erlang:finish_loading([A])]),
    io:format("~p~n", [erlang:finish_loading([B])]),
    io:format("~p ~p~n", [code:purge(hot_native), code:module_md5(Code) =:= hot_native:module_info(md5)]),
    Deleted = [begin code:purge(M), R = code:delete(M), code:purge(M), R end || M <- [hot_native, hot_a, hot_b, hot_c, hot_slow]],
    io:format("~p~n", [Deleted]).
