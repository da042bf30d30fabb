-module(trace_rules).
-mode(compile).
-export([main/1, f/1]).

%% What bodies of match specs may do for which event, and what tracers are told at the edges.
main(_) ->
    logger:set_primary_config(level, none),
    allowed(), trial(), uncaught(), meta_gone(), status().

say(T) -> io:format("~0p~n", [T]).
f(X) -> throw(X).

allowed() ->
    Bodies = [[{message, hello}], [{message, {process_dump}}], [{set_seq_token, label, 1}], [{get_seq_token}], [{enable_trace, call}], [{enable_trace, self(), call}],
              [{disable_trace, call}], [{trace, [call], []}], [{trace, self(), [], [call]}], [{caller}], [{caller_line}], [{silent, true}], [{return_trace}], [{exception_trace}],
              [{display, x}], [{set_tcw, 1}], [{get_tcw}], [{self}]],
    [begin
        R = [{B, catch_error(fun() -> erlang:trace_pattern(Event, [{Head, [], B}], []) end)} || B <- Bodies],
        erlang:trace_pattern(Event, true, []),
        [io:format("~p ~0p: ~p~n", [Event, name(B), X]) || {B, X} <- R],
        say({guard, [catch_error(fun() -> erlang:trace_pattern(Event, [{Head, [G], []}], []) end) || G <- [{is_seq_trace}, {self}, {node}, {get_tcw}]]}),
        erlang:trace_pattern(Event, true, [])
     end || {Event, Head} <- [{send, ['_', '_']}, {'receive', ['_', '_', '_']}]].
catch_error(F) -> try F() catch error:R -> R end.
name([T]) -> list_to_tuple([if is_pid(E) -> a_pid; true -> E end || E <- tuple_to_list(T)]).

trial() ->
    Ask = fun(C, V) -> say({C, V, erlang:match_spec_test([a, b], [{'_', [], [{message, {set_seq_token, C, V}}]}], trace)}) end,
    All = [{yxa, true}, {label, 1}, {send, true}, {serial, {1, 2}}, {print, false}, {1, 2}],
    [Ask(C, V) || {C, V} <- All],
    seq_trace:set_token(label, held),
    [Ask(C, V) || {C, V} <- All],
    seq_trace:set_token([]).

%% A throw that nothing catches is told as the error it becomes; one that is caught as a throw.
uncaught() ->
    erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{exception_trace}]}], [local]),
    [begin
        {P, R} = spawn_monitor(fun() -> receive go -> Fun() end end),
        erlang:trace(P, true, [call]), P ! go,
        receive {'DOWN', R, _, _, _} -> ok end,
        D = erlang:trace_delivered(P), receive {trace_delivered, P, D} -> ok end,
        say([{Tag, element(2, Data), Extra} || {trace, _, Tag, Data, Extra} <- drain()])
     end || Fun <- [fun() -> ?MODULE:f(free) end, fun() -> catch ?MODULE:f(held) end, fun() -> try ?MODULE:f(held) after ok end end, fun() -> try ?MODULE:f(held) of _ -> ok catch exit:_ -> ok end end]],
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [local]).
drain() -> receive M when element(1, M) =:= trace -> [M | drain()] after 0 -> [] end.

%% A meta tracer that is gone counts until a call looks for it.
meta_gone() ->
    T = spawn(fun() -> receive stop -> ok end end),
    erlang:trace_pattern({?MODULE, f, 1}, true, [{meta, T}]),
    R = monitor(process, T), T ! stop, receive {'DOWN', R, _, _, _} -> ok end,
    say({before, element(2, erlang:trace_info({?MODULE, f, 1}, meta)) =:= T}),
    catch ?MODULE:f(1),
    say([erlang:trace_info({?MODULE, f, 1}, meta), erlang:trace_info({?MODULE, f, 1}, meta_match_spec)]),
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta]).

%% One that is resumed wants to run.
status() ->
    P = spawn(fun() -> (fun F() -> lists:seq(1, 100), F() end)() end),
    say(lists:usort([begin
        erlang:suspend_process(P), S1 = process_info(P, status), erlang:resume_process(P), {status, S2} = process_info(P, status),
        {S1, lists:member(S2, [runnable, running, garbage_collecting])} end || _ <- lists:seq(1, 200)])),
    exit(P, kill).
