-module(tracing).
-mode(compile).
-export([main/1, fact/1, loop/2, add/2, twice/1, outer/1, thrower/1, catcher/1, idle/0, deep/1, nothing/1, first/1]).

%% What a tracer is told, printed with pids replaced by names.
main(_) ->
    logger:set_primary_config(level, none),   % of two tracers for one process
    global_and_local(), returns(), specs(), exceptions(), meta(), counts(), natives(), process_events(), messages(), inheriting(),
    infos(), bad_arguments(), on_load(), tracer_gone(), many(), starved().

fact(0) -> 1;
fact(N) -> N * fact(N - 1).
loop(0, Acc) -> Acc;
loop(N, Acc) -> loop(N - 1, ?MODULE:add(Acc, N)).
add(A, B) -> A + B.
twice(X) -> {local(X), local(X)}.
local(X) -> X + 1.
outer(X) -> Y = ?MODULE:twice(X), {Y, ok}.
thrower(X) -> throw({thrown, X}).
catcher(X) -> try inner(X), done catch throw:T -> {caught, T} end.
inner(X) -> ?MODULE:thrower(X), unreached.
idle() -> receive stop -> ok end.
deep(X) -> Y = inner_deep(X), {deep, Y}.
inner_deep(X) -> lists:map(fun(E) -> local(E) end, X).
nothing(X) -> X.
first(<<A, Rest/binary>>) -> [A | first(Rest)];
first(<<>>) -> [].

%% Runs Fun in a process traced with Flags; prints what was told, then what Fun gave.
run(Title, Flags, Fun) ->
    Self = self(),
    {P, Ref} = spawn_monitor(fun() -> receive go -> ok end, R = (catch Fun()), Self ! {result, self(), R}, receive stop -> ok end end),
    1 = erlang:trace(P, true, Flags),
    P ! go,
    R = receive {result, P, X} -> X end,
    catch erlang:trace(P, false, [all]),
    D = erlang:trace_delivered(P),
    receive {trace_delivered, P, D} -> ok end,
    P ! stop,
    receive {'DOWN', Ref, process, P, _} -> ok end,
    io:format("~s: ~0p~n", [Title, name(no_place(R), [{P, tracee}, {Self, main}])]),
    show(drain(), [{P, tracee}, {Self, main}]).

drain() -> receive M when element(1, M) =:= trace; element(1, M) =:= trace_ts; element(1, M) =:= seq_trace -> [M | drain()] after 0 -> [] end.
show(Ms, Names) -> [io:format("   ~0p~n", [name(M, Names)]) || M <- Ms], ok.
say(T) -> io:format("~0p~n", [name(T, [{self(), main}])]).

name(T, Names) when is_pid(T) -> proplists:get_value(T, Names, a_pid);
name(T, _) when is_reference(T) -> a_ref;
name(T, Names) when is_tuple(T) -> list_to_tuple([name(E, Names) || E <- tuple_to_list(T)]);
name([H | T], Names) -> [name(H, Names) | name(T, Names)];
name(?MODULE, _) -> tracing;
name(T, _) when is_function(T) -> a_fun;
name(T, _) -> T.

off() -> erlang:trace_pattern({'_', '_', '_'}, false, [local, meta, call_count, call_time]), erlang:trace_pattern({'_', '_', '_'}, false, [global]).

pattern(What, Spec, Flags) -> io:format("pattern ~0p: ~0p~n", [name({What, Flags}, [{self(), main}]), name(no_place(catch erlang:trace_pattern(What, Spec, Flags)), [])]).
no_place({'EXIT', {R, [{_, _, _, _} | _]}}) -> {'EXIT', R};
no_place(T) -> T.

global_and_local() ->
    pattern({?MODULE, twice, 1}, true, []),
    pattern({?MODULE, local, 1}, true, []),
    run("global", [call], fun() -> outer(1) end),
    run("global, arity", [call, arity], fun() -> ?MODULE:outer(1) end),
    pattern({?MODULE, '_', '_'}, true, [global]) ,
    run("all exports", [call], fun() -> ?MODULE:fact(2), twice(1), loop(2, 0) end),
    off(),
    pattern({?MODULE, local, 1}, true, [local]),
    pattern({?MODULE, fact, 1}, true, [local]),
    run("local", [call], fun() -> {fact(3), ?MODULE:outer(4), deep([1, 2])} end),
    run("local, no call flag", [procs], fun() -> fact(1) end),
    pattern({?MODULE, local, 1}, false, [local]),
    run("local off for one", [call], fun() -> {fact(1), ?MODULE:outer(4)} end),
    off(),
    pattern({?MODULE, '_', '_'}, true, [local]),
    run("binary matching", [call], fun() -> first(<<1, 2, 3>>) end),
    off(),
    run("all off", [call], fun() -> fact(1) end).

returns() ->
    RT = [{'_', [], [{return_trace}]}],
    pattern({?MODULE, fact, 1}, RT, [local]),
    run("return_trace", [call], fun() -> fact(2) end),
    pattern({?MODULE, loop, 2}, RT, [local]),
    run("tail calls", [call], fun() -> loop(2, 0) end),
    off(),
    erlang:trace_pattern({?MODULE, local, 1}, true, [local]),
    erlang:trace_pattern({?MODULE, twice, 1}, true, [local]),
    run("return_to", [call, return_to], fun() -> outer(5) end),
    erlang:trace_pattern({?MODULE, local, 1}, RT, [local]),
    run("both", [call, return_to], fun() -> outer(5) end),
    run("silent", [call, return_to, silent], fun() -> outer(5) end),
    off(),
    erlang:trace_pattern({?MODULE, twice, 1}, RT, [global]),
    run("global return", [call], fun() -> outer(5) end),
    off().

specs() ->
    S = fun(Spec, Fun) -> erlang:trace_pattern({?MODULE, add, 2}, Spec, [local]), run("spec", [call], Fun) end,
    F = fun() -> {add(1, 2), add(3, 3), twice_add(1)} end,
    S([{['$1', '$1'], [], []}], F),
    S([{['$1', '$2'], [{'<', '$1', '$2'}], [{message, {{sum, {'+', '$1', '$2'}}}}]}], F),
    S([{'$1', [], [{message, '$1'}]}], F),
    S([{'_', [], [{message, false}]}], F),
    S([{'_', [], [{message, {caller}}]}], F),
    S([{[1, '_'], [], []}, {[3, '_'], [], [{message, three}, {return_trace}]}], F),
    S([{'_', [], [{silent, true}]}], F),
    S([{[1, 2], [], [{disable_trace, call}, {message, last}]}, {'_', [], []}], F),
    S([{'_', [], [{message, {self}}]}], F),
    S([{'_', [], [{message, {trace, [], [arity]}}]}], F),
    S([{'_', [], [{message, {get_tcw}}]}], F),
    S([{'_', [{is_seq_trace}], []}], F),
    S([{'_', [], [{message, {get_seq_token}}]}], F),
    S([{'_', [], [{message, '$$'}]}], F),
    S([{'_', [], [{exception_trace}]}], F),
    off().
twice_add(X) -> R = add(X, add(X, X)), {R}.

exceptions() ->
    XT = [{'_', [], [{exception_trace}]}],
    erlang:trace_pattern({?MODULE, '_', '_'}, XT, [local]),
    erlang:trace_pattern({?MODULE, run, 3}, false, [local]),
    run("exception, caught inside", [call], fun() -> catcher(7) end),
    run("exception, return_to", [call, return_to], fun() -> catcher(7) end),
    run("error", [call], fun() -> fact(a) end),
    run("exit", [call], fun() -> nothing(1), exit(bye) end),
    off(),
    erlang:trace_pattern({?MODULE, thrower, 1}, [{'_', [], [{return_trace}]}], [local]),
    run("throw past return_trace", [call], fun() -> catcher(7) end),
    off(),
    erlang:trace_pattern({erlang, atom_to_list, 1}, XT, [local]),
    run("native fails", [call], fun() -> (catch atom_to_list(hd([1]))), atom_to_list(nothing(a)) end),
    off().

meta() ->
    Self = self(),
    pattern({?MODULE, local, 1}, true, [{meta, Self}]),
    outer(1),
    show(stamps(drain()), [{Self, main}]),
    pattern({?MODULE, local, 1}, [{'_', [], [{return_trace}, {message, m}]}], [meta]),
    spawn_monitor(fun() -> twice(2) end),
    receive {'DOWN', _, _, _, _} -> ok end,
    show(stamps(drain()), [{Self, main}]),
    say(erlang:trace_info({?MODULE, local, 1}, all)),
    erlang:trace_pattern({?MODULE, local, 1}, [{'_', [], [{return_trace}]}], [local]),
    spawn_monitor(fun() -> erlang:trace(self(), true, [call, {tracer, Self}]), twice(2) end),
    receive {'DOWN', _, _, _, _} -> ok end,
    show(stamps(drain()), [{Self, main}]),
    off().
stamps(Ms) -> [case M of {trace_ts, P, A, B, {_, _, _}} -> {trace_ts, P, A, B, ts}; {trace_ts, P, A, B, C, {_, _, _}} -> {trace_ts, P, A, B, C, ts}; _ -> M end || M <- Ms].

counts() ->
    pattern({?MODULE, '_', '_'}, true, [call_count]),
    fact(10), twice(1),
    say([erlang:trace_info({?MODULE, F, 1}, call_count) || F <- [fact, twice, local, outer]]),
    pattern({?MODULE, fact, 1}, pause, [call_count]), fact(5),
    say(erlang:trace_info({?MODULE, fact, 1}, call_count)),
    pattern({?MODULE, fact, 1}, restart, [call_count]), fact(3),
    say(erlang:trace_info({?MODULE, fact, 1}, call_count)),
    pattern({?MODULE, fact, 1}, [{'_', [], []}], [call_count]),
    off(),
    say(erlang:trace_info({?MODULE, fact, 1}, call_count)),
    pattern({?MODULE, fact, 1}, true, [call_time]),
    Self = self(),
    {P, _} = spawn_monitor(fun() -> erlang:trace(self(), true, [call, {tracer, Self}]), fact(100) end),
    receive {'DOWN', _, process, P, _} -> ok end,
    {call_time, [{P, 101, S, U}]} = erlang:trace_info({?MODULE, fact, 1}, call_time),
    io:format("call_time ~p~n", [S * 1000000 + U < 1000000]),
    show(drain(), []),
    off().

natives() ->
    pattern({erlang, atom_to_list, 1}, true, [global]),
    pattern({lists, reverse, 2}, [{'_', [], [{return_trace}]}], [local]),
    pattern({erlang, send, 2}, true, [local]),
    run("natives", [call], fun() -> {atom_to_list(nothing(a)), lists:reverse([1, 2, 3, 4]), erlang:send(self(), x), self() ! y} end),
    off(),
    run("natives off", [call], fun() -> atom_to_list(nothing(a)) end).

process_events() ->
    Self = self(),
    run("spawn", [procs], fun() ->
        {P, R} = spawn_monitor(?MODULE, nothing, [1]), receive {'DOWN', R, process, P, _} -> ok end,
        register(tracing_name, self()), unregister(tracing_name), register(tracing_name, self()), ok end),
    run("links", [procs], fun() ->
        P = spawn(?MODULE, idle, []), link(P), unlink(P), link(P), process_flag(trap_exit, true), exit(P, kill), receive {'EXIT', P, W} -> W end end),
    run("spawn_link", [procs], fun() -> P = spawn_link(?MODULE, nothing, [1]), process_flag(trap_exit, true), timer:sleep(1), is_pid(P) end),
    {P, R} = spawn_monitor(fun() -> receive go -> exit(reason) end end),
    erlang:trace(P, true, [procs]), P ! go, receive {'DOWN', R, process, P, _} -> ok end,
    show(drain(), [{P, tracee}, {Self, main}]),
    ok.

messages() ->
    run("messages", [send, 'receive'], fun() -> self() ! one, receive one -> ok end, D = spawn(fun() -> ok end), gone(D), D ! two,
                                                catch (no_such_name ! three), register(tracing_me, self()), tracing_me ! four, receive four -> ok end, ok end),
    say(erlang:trace_pattern(send, [{['_', {keep, '$1'}], [], [{message, '$1'}]}], [])),
    say(erlang:trace_info(send, match_spec)),
    run("send pattern", [send], fun() -> self() ! {keep, 1}, self() ! drop, ok end),
    erlang:trace_pattern(send, false, []),
    run("send off", [send], fun() -> self() ! {keep, 1}, ok end),
    erlang:trace_pattern(send, true, []),
    erlang:trace_pattern('receive', [{['$1', '$2', {keep, '_'}], [], [{message, {{'$1', {is_pid, '$2'}}}}]}], []),
    run("receive pattern", ['receive'], fun() -> self() ! {keep, 1}, self() ! drop, receive drop -> ok end end),
    erlang:trace_pattern('receive', true, []),
    say([erlang:trace_info(E, match_spec) || E <- [send, 'receive']]).
gone(P) -> case is_process_alive(P) of true -> erlang:yield(), gone(P); false -> ok end.

inheriting() ->
    erlang:trace_pattern({?MODULE, nothing, 1}, true, [local]),
    Child = fun() -> {_, R} = spawn_monitor(?MODULE, nothing, [child]), receive {'DOWN', R, _, _, _} -> ok end end,
    run("set_on_spawn", [call, set_on_spawn], fun() -> Child(), Child(), nothing(own) end),
    run("set_on_first_spawn", [call, set_on_first_spawn], fun() -> Child(), Child(), nothing(own) end),
    Linked = fun() -> P = spawn_link(?MODULE, nothing, [linked]), gone(P) end,
    run("set_on_link", [call, set_on_link], fun() -> Linked(), Linked(), Child() end),
    run("set_on_first_link", [call, set_on_first_link], fun() -> Linked(), Linked() end),
    erlang:trace(new, true, [call]),
    say([erlang:trace_info(new, I) || I <- [flags, tracer]]),
    Child(), show(drain(), []),
    erlang:trace(new, false, [call]),
    Child(), show(drain(), []),
    say([erlang:trace_info(new, I) || I <- [flags, tracer]]),
    off().

infos() ->
    P = spawn(?MODULE, idle, []),
    I = fun() -> say([erlang:trace_info(P, flags), erlang:trace_info(P, tracer)]) end,
    I(), erlang:trace(P, true, [call, send, timestamp]), I(), erlang:trace(P, false, [send]), I(),
    erlang:trace(P, true, [all]), I(), erlang:trace(P, false, [all]), I(), drain(),
    erlang:trace_pattern({?MODULE, fact, 1}, [{[0], [], []}], [local]),
    say([erlang:trace_info({?MODULE, fact, 1}, K) || K <- [traced, match_spec, meta, meta_match_spec, call_count, call_time, all]]),
    erlang:trace_pattern({?MODULE, fact, 1}, true, [global]),
    say([erlang:trace_info({?MODULE, fact, 1}, K) || K <- [traced, match_spec, all]]),
    off(),
    say([erlang:trace_info({?MODULE, fact, 1}, K) || K <- [traced, match_spec, all]]),
    say([erlang:trace_info({?MODULE, fact, 9}, K) || K <- [traced, all]]),
    exit(P, kill), gone(P),
    say(erlang:trace_info(P, flags)).

bad_arguments() ->
    Try = fun(F) -> say(try F() catch C:R -> {C, R} end) end,
    Try(fun() -> erlang:trace(self(), true, [nonsense]) end),
    Try(fun() -> erlang:trace(self(), maybe, [call]) end),
    Try(fun() -> erlang:trace(nobody, true, [call]) end),
    Try(fun() -> erlang:trace(self(), true, [call | x]) end),
    Try(fun() -> erlang:trace(self(), true, [{tracer, x}]) end),
    Try(fun() -> erlang:trace_pattern({a, '_', 1}, true, []) end),
    Try(fun() -> erlang:trace_pattern({a, b}, true, []) end),
    Try(fun() -> erlang:trace_pattern({?MODULE, fact, 1}, [{[], bad}], []) end),
    Try(fun() -> erlang:trace_pattern({?MODULE, fact, 1}, true, [local, global]) end),
    Try(fun() -> erlang:trace_pattern({?MODULE, nope, 1}, true, [local]) end),
    Try(fun() -> erlang:trace_info(self(), nonsense) end),
    Try(fun() -> erlang:trace_info({?MODULE, fact, 1}, nonsense) end),
    Try(fun() -> erlang:trace_delivered(x) end),
    Try(fun() -> P = spawn(fun() -> ok end), gone(P), erlang:trace(P, true, [call]) end).

on_load() ->
    say(erlang:trace_info(on_load, all)),
    erlang:trace_pattern(on_load, [{'_', [], [{return_trace}]}], [local]),
    say([erlang:trace_info(on_load, K) || K <- [traced, match_spec, meta, all]]),
    Forms = [{attribute, 1, module, tracing_made}, {attribute, 2, export, [{f, 1}]}, {function, 3, f, 1, [{clause, 3, [{var, 3, 'X'}], [], [{var, 3, 'X'}]}]}],
    {ok, M, B} = compile:forms(Forms),
    {module, M} = code:load_binary(M, "made", B),
    erlang:trace_pattern(on_load, false, [local]),
    run("loaded", [call], fun() -> M:f(1) end),
    code:purge(M), {module, M} = code:load_binary(M, "made", B),
    run("loaded again", [call], fun() -> M:f(1) end),
    off(), code:purge(M), code:delete(M), code:purge(M).

tracer_gone() ->
    P = spawn(?MODULE, idle, []),
    T = spawn(fun() -> receive stop -> ok end end),
    1 = erlang:trace(P, true, [call, {tracer, T}]),
    say(try erlang:trace(P, true, [call]) catch error:E -> E end),
    T ! stop, gone(T),
    say(erlang:trace_info(P, flags)),
    say(erlang:trace(P, true, [call])),
    exit(P, kill).

%% Many calls in many processes: nothing is lost, and order in each is kept.
many() ->
    erlang:trace_pattern({?MODULE, nothing, 1}, [{'_', [], [{return_trace}]}], [local]),
    Self = self(),
    Ps = [spawn_monitor(fun() -> receive go -> ok end, [nothing(I) || I <- lists:seq(1, 200)], erlang:garbage_collect(), [nothing(I) || I <- lists:seq(201, 300)] end) || _ <- lists:seq(1, 8)],
    [1 = erlang:trace(P, true, [call, {tracer, Self}]) || {P, _} <- Ps],
    [P ! go || {P, _} <- Ps],
    [receive {'DOWN', R, process, P, W} -> normal = W end || {P, R} <- Ps],
    D = erlang:trace_delivered(all), receive {trace_delivered, all, D} -> ok end,
    Ms = drain(),
    Expected = lists:append([[{call, {?MODULE, nothing, [I]}}, {I}] || I <- lists:seq(1, 300)]),
    io:format("~p ~p~n", [length(Ms), lists:usort([[case M of {trace, P, call, C} -> {call, C}; {trace, P, return_from, _, V} -> {V} end || M <- Ms, element(2, M) =:= P] =:= Expected || {P, _} <- Ps])]),
    off().

%% One that gets no turn is traced and asked all the same, by whoever has a higher priority than those who take all turns.
starved() ->
    Before = process_flag(priority, max),
    Low = spawn_opt(fun busy/0, [{priority, low}]),
    Busy = [spawn_opt(fun busy/0, [{priority, high}]) || _ <- lists:seq(1, 2 * erlang:system_info(schedulers))],
    Told = [erlang:trace(Low, true, [call]), erlang:trace_info(Low, flags), erlang:trace(Low, false, [call]), erlang:trace_info(Low, flags)],
    [exit(P, kill) || P <- [Low | Busy]],
    process_flag(priority, Before),
    io:format("starved: ~p~n", [Told]).

busy() -> busy().
