%% SPDX-License-Identifier: Apache-2.0
-module(module_tracing).
-export([main/0, add/2, fail/1, twice/1]).

add(A, B) -> A + B.
fail(X) -> error(X).
twice(X) -> Y = ?MODULE:add(X, X), {Y}.

main() ->
    logger:set_primary_config(level, none),
    off_while_away(), bad(), calls(), events(), refused(), ports(), meta(), two(), sequences(), gone(), many().

%% Runs Fun in a process traced with Flags by a state of these wishes; prints what was told.
run(Title, Flags, Wishes, Fun) ->
    Self = self(),
    P = spawn(fun() -> receive go -> ok end, catch Fun(), Self ! {done, self()}, receive stop -> ok end end),
    State = {maps:from_list([{W, trace} || W <- Wishes]), Self},
    1 = erlang:trace(P, true, [{tracer, module_tracer, State} | Flags]),
    {tracer, {module_tracer, State}} = erlang:trace_info(P, tracer),
    P ! go,
    receive {done, P} -> ok end,
    R = erlang:trace_delivered(P),
    receive {trace_delivered, P, R} -> ok end,
    catch erlang:trace(P, false, [all]),
    {tracer, []} = erlang:trace_info(P, tracer),
    P ! stop,
    io:format("~s~n", [Title]),
    show([{P, tracee}, {Self, main}]).

show(Names) -> receive M when tuple_size(M) =:= 5 -> io:format("   ~0p~n", [name(M, Names)]), show(Names) after 0 -> ok end.
name(T, Names) when is_pid(T); is_port(T) -> proplists:get_value(T, Names, if is_pid(T) -> a_pid; true -> a_port end);
name(T, Names) when is_tuple(T) -> list_to_tuple([name(E, Names) || E <- tuple_to_list(T)]);
name([{wordsize, _} | _], _) -> figures;
name([H | T], Names) -> [name(H, Names) | name(T, Names)];
name(#{scheduler_id := _} = M, N) -> name(M#{scheduler_id := a_number}, N, map);
name(T, N) when is_map(T) -> name(T, N, map);
name(T, _) when is_function(T) -> a_fun;
name(T, _) -> T.
name(M, N, map) -> maps:map(fun(_, V) -> name(V, N) end, M).

pattern(F, A, Spec, Flags) -> erlang:trace_pattern({?MODULE, F, A}, Spec, Flags).
off() -> erlang:trace_pattern({?MODULE, '_', '_'}, false, [local, meta]), erlang:trace_pattern({?MODULE, '_', '_'}, false, [global]).

%% The module is loaded by asking for it as a tracer.
off_while_away() ->
    false = erlang:module_loaded(module_tracer),
    io:format("loads: ~0p ~0p~n", [catch erlang:trace(self(), true, [{tracer, module_tracer, []}, call]), erlang:module_loaded(module_tracer)]),
    io:format("status discard goes on: ~0p~n", [erlang:trace_info(self(), tracer)]),
    erlang:trace(self(), false, [all]).

bad() ->
    Error = fun(F) -> try F() catch error:R -> {error, R} end end,
    [io:format("~0p: ~0p~n", [T, Error(fun() -> erlang:trace(self(), true, [T, call]) end)]) ||
        T <- [{tracer, lists, []}, {tracer, nowhere, []}, {tracer, 1, []}, {tracer, foo}]],
    [io:format("~0p: ~0p~n", [T, Error(fun() -> erlang:trace_pattern({?MODULE, add, 2}, true, [T]) end)]) ||
        T <- [{meta, lists, []}, {meta, nowhere, []}, {meta, 1, []}]],
    io:format("~0p~n", [Error(fun() -> erlang:system_flag(sequential_tracer, {lists, []}) end)]).

calls() ->
    pattern(add, 2, [{'_', [], [{return_trace}, {message, {caller}}]}], [local]),
    pattern(fail, 1, [{'_', [], [{exception_trace}]}], [local]),
    pattern(twice, 1, true, [local]),
    run("calls", [call], [call], fun() -> ?MODULE:twice(2), ?MODULE:fail(oops) end),
    run("arity, stamps", [call, arity, strict_monotonic_timestamp, scheduler_id], [call], fun() -> ?MODULE:add(2, 3) end),
    run("return_to", [call, return_to, monotonic_timestamp], [call], fun() -> ?MODULE:twice(2) end),
    run("silent", [call, silent], [call], fun() -> ?MODULE:add(2, 3) end),
    off().

events() ->
    Self = self(),
    run("send", [send, timestamp], [send], fun() -> Self ! hello, self() ! {me, [1]} end),
    run("receive", ['receive'], ['receive'], fun() -> self() ! {me, "text"}, receive {me, _} -> ok end end),
    run("procs", [procs], [spawn, link, register, unregister, exit, unlink], fun() ->
        P = spawn(fun() -> receive stop -> ok end end), link(P), register(some_name, self()), unregister(some_name), unlink(P), P ! stop end),
    run("garbage_collection", [garbage_collection], [], fun() -> erlang:garbage_collect() end),
    erlang:trace_pattern(send, [{['_', {me, '$1'}], [], [{message, '$1'}]}], []),
    run("send with a spec", [send], [send], fun() -> self() ! {me, [1]}, self() ! you end),
    erlang:trace_pattern(send, true, []).

refused() ->
    run("refused", [send, 'receive', procs], [], fun() -> self() ! x, spawn(fun() -> ok end) end),
    run("some", [send, 'receive'], ['receive'], fun() -> self() ! x, receive x -> ok end end).

ports() ->
    State = {#{open => trace, closed => trace, getting_linked => trace, getting_unlinked => trace}, self()},
    0 = erlang:trace(new_ports, true, [ports, {tracer, module_tracer, State}]),
    io:format("~0p~n", [name(erlang:trace_info(new_ports, tracer), [{self(), main}])]),
    P = open_port({spawn, "cat"}, [binary]),
    io:format("~0p~n", [name([erlang:trace_info(P, tracer), erlang:trace_info(P, flags)], [{self(), main}])]),
    unlink(P),
    port_close(P),
    0 = erlang:trace(new_ports, false, [all]),
    io:format("ports~n"),
    show([{self(), main}]).

meta() ->
    Self = self(),
    State = {#{call => trace}, Self},
    1 = erlang:trace_pattern({?MODULE, add, 2}, [{'_', [], [{return_trace}]}], [{meta, module_tracer, State}]),
    io:format("~0p~n", [name(erlang:trace_info({?MODULE, add, 2}, meta), [{Self, main}])]),
    io:format("~0p~n", [name(erlang:trace_info({?MODULE, add, 2}, all), [{Self, main}])]),
    off().   % not called: the stock VM ends by that

%% One tracer each; equal states are one tracer.
two() ->
    P = spawn(fun() -> receive stop -> ok end end),
    State = {#{}, "same"},
    io:format("~0p ", [erlang:trace(P, true, [send, {tracer, module_tracer, State}])]),
    io:format("~0p ", [erlang:trace(P, true, [call, {tracer, module_tracer, {#{}, "sa" ++ id("me")}}])]),
    io:format("~0p ", [catch element(1, element(2, catch erlang:trace(P, true, [call, {tracer, module_tracer, other}])))]),
    io:format("~0p~n", [erlang:trace_info(P, flags)]),
    Removes = {#{trace_status => remove}, x},
    erlang:trace(P, false, [all]),
    1 = erlang:trace(P, true, [send, {tracer, module_tracer, Removes}]),
    io:format("~0p ~0p~n", [erlang:trace_info(P, tracer), erlang:trace_info(P, flags)]),
    P ! stop.
id(X) -> X.

sequences() ->
    State = {#{seq_trace => trace}, self()},
    false = seq_trace:set_system_tracer({module_tracer, State}),
    {module_tracer, State} = seq_trace:get_system_tracer(),
    Self = self(),
    {P, R} = spawn_monitor(fun() ->
        seq_trace:set_token(label, {a, label}), seq_trace:set_token(print, true), seq_trace:set_token(send, true), seq_trace:set_token(monotonic_timestamp, true),
        seq_trace:print("a text"), Self ! {some, message} end),
    receive {'DOWN', R, _, _, _} -> ok end,
    receive {some, message} -> ok end,
    seq_trace:set_token([]),
    {module_tracer, State} = seq_trace:set_system_tracer(false),
    io:format("sequences~n"),
    show([{P, tracee}, {Self, main}]).

%% The module goes away, and comes back.
gone() ->
    pattern(add, 2, true, []),
    Self = self(),
    P = spawn(fun Loop() -> receive {go, N} -> ?MODULE:add(N, N), Self ! {done, N}, Loop() end end),
    1 = erlang:trace(P, true, [call, {tracer, module_tracer, {#{call => trace}, Self}}]),
    Go = fun(N) -> P ! {go, N}, receive {done, N} -> ok end end,
    Go(1),
    code:delete(module_tracer), code:purge(module_tracer),
    Go(2),
    {module, _} = code:load_file(module_tracer),
    Go(3),
    1 = erlang:trace(P, true, [call, {tracer, module_tracer, {#{call => trace}, Self}}]),
    Go(4),
    io:format("gone~n"),
    show([{P, tracee}]),
    exit(P, kill),
    off().

many() ->
    pattern(add, 2, true, [local]),
    Self = self(),
    Ps = [spawn(fun() -> receive go -> ok end, [?MODULE:add(I, J) || J <- lists:seq(1, 100)], erlang:garbage_collect(), [?MODULE:add(I, J) || J <- lists:seq(1, 100)] end) || I <- lists:seq(1, 20)],
    [1 = erlang:trace(P, true, [call, {tracer, module_tracer, {#{call => trace}, Self, I}}]) || {I, P} <- lists:zip(lists:seq(1, 20), Ps)],
    Rs = [monitor(process, P) || P <- Ps],
    [P ! go || P <- Ps],
    [receive {'DOWN', R, _, _, _} -> ok end || R <- Rs],
    io:format("many: ~p~n", [count(0)]).
count(N) -> receive {trace_call, call, _, _, _} -> count(N + 1) after 0 -> N end.
