%% SPDX-License-Identifier: Apache-2.0
%% Sequential trace: tokens, what they carry, who hears of them.
-module(seq_tracing).
-mode(compile).
-export([main/1]).

main(_) -> tokens(), sends(), chain(), prints(), tracers(), specs(), reset().

%% A tracer in a process of its own; with it, what was heard.
tracer() -> spawn_link(fun() -> collect([]) end).
collect(Heard) ->
    receive
        {heard, From} -> From ! {heard, lists:reverse(Heard)}, collect([]);
        M -> collect([M | Heard])
    end.
heard(T, Names) ->
    T ! {heard, self()},
    receive {heard, Ms} -> [io:format("   ~0p~n", [name(M, Names)]) || M <- Ms] end, ok.

%% Printing is done without the token, so that it is none of what is traced.
say(T) -> Old = seq_trace:set_token([]), io:format("~0p~n", [T]), seq_trace:set_token(Old).

name(T, Names) when is_pid(T) -> proplists:get_value(T, Names, a_pid);
name(T, Names) when is_tuple(T) -> list_to_tuple([name(E, Names) || E <- tuple_to_list(T)]);
name([H | T], Names) -> [name(H, Names) | name(T, Names)];
name(T, _) -> T.

token() -> name(seq_trace:get_token(), [{self(), main}]).

tokens() ->
    say([token() | [seq_trace:get_token(I) || I <- [label, serial, send, 'receive', print, timestamp, spawn]]]),
    io:format("~p~n", [[seq_trace:set_token(label, 17), seq_trace:set_token(label, {any, term}), seq_trace:set_token(send, true), seq_trace:set_token(send, false),
                        seq_trace:set_token(serial, {4, 5}), seq_trace:set_token(serial, {0, 0})]]),
    say([token() | [seq_trace:get_token(I) || I <- [label, serial, send, 'receive', print, timestamp]]]),
    say([try erlang:seq_trace(A, B) catch C:R -> {C, R} end || {A, B} <- [{nonsense, true}, {send, maybe}, {serial, x}, {serial, {a, b}}, {1, true}]]),
    say([try erlang:seq_trace_info(A) catch C:R -> {C, R} end || A <- [nonsense, 1]]),
    Old = seq_trace:set_token([]),
    say([name(Old, [{self(), main}]), seq_trace:get_token()]),
    _ = seq_trace:set_token(Old),
    say(token()),
    say(name(process_info(self(), sequential_trace_token), [{self(), main}])),
    seq_trace:set_token([]).

sends() ->
    T = tracer(),
    say(seq_trace:set_system_tracer(T)),
    say(name([seq_trace:get_system_tracer(), erlang:system_info(sequential_tracer)], [{T, tracer}])),
    Main = self(),
    P = spawn(fun() -> receive {From, M} -> From ! {self(), got, M, token()} end end),
    seq_trace:set_token(label, 42), seq_trace:set_token(send, true), seq_trace:set_token('receive', true),
    P ! {self(), hello},
    receive {P, got, M, Its} -> say([M, Its]) end,
    say(name(seq_trace:get_token(), [{Main, main}, {P, other}])),
    seq_trace:set_token([]),
    heard(T, [{Main, main}, {P, other}]),
    unlink(T), exit(T, kill).

%% Through three processes; a message without a token ends it.
chain() ->
    T = tracer(), seq_trace:set_system_tracer(T),
    Main = self(),
    C = spawn(fun() -> receive X -> Main ! {c, X, token()} end, receive plain -> Main ! {c, plain, seq_trace:get_token()} end end),
    B = spawn(fun() -> receive X -> C ! {b, X} end end),
    seq_trace:set_token(label, chain), seq_trace:set_token(send, true),
    B ! start,
    receive {c, X, Tok} -> say([X, Tok]) end,
    seq_trace:set_token([]),
    C ! plain,
    receive {c, plain, Tok2} -> say([Tok2, seq_trace:get_token()]) end,
    heard(T, [{Main, main}, {B, b}, {C, c}]),
    unlink(T), exit(T, kill).

prints() ->
    T = tracer(), seq_trace:set_system_tracer(T),
    say([seq_trace:print(nothing), seq_trace:print(1, nothing)]),
    seq_trace:set_token(label, 1), seq_trace:set_token(print, true),
    say([seq_trace:print(one), seq_trace:print(1, two), seq_trace:print(2, three)]),
    seq_trace:set_token(print, false),
    say(seq_trace:print(four)),
    seq_trace:set_token([]),
    heard(T, [{self(), main}]),
    unlink(T), exit(T, kill).

tracers() ->
    say([try erlang:system_flag(sequential_tracer, V) catch C:R -> {C, R} end || V <- [nonsense, 1]]),
    seq_trace:set_system_tracer(false),
    say(seq_trace:get_system_tracer()),
    seq_trace:set_token(send, true), self() ! x, receive x -> ok end, seq_trace:set_token([]).

specs() ->
    T = tracer(), seq_trace:set_system_tracer(T),
    Main = self(),
    erlang:trace_pattern({lists, seq, 2}, [{['$1', '_'], [{'==', '$1', 7}], [{set_seq_token, label, '$1'}, {set_seq_token, send, true}, {message, {get_seq_token}}]}], []),
    P = spawn(fun() -> receive go -> ok end, lists:seq(1, 2), lists:seq(7, 8), Main ! {self(), done, token()} end),
    erlang:trace(P, true, [call]),
    P ! go,
    receive {P, done, Tok} -> say(Tok) end,
    seq_trace:set_token([]),
    receive {trace, P, call, C, Res} -> say([C, name(Res, [{P, tracee}])]) after 1000 -> io:format("no call~n") end,
    heard(T, [{Main, main}, {P, tracee}]),
    erlang:trace_pattern({lists, seq, 2}, false, []),
    unlink(T), exit(T, kill).

reset() ->
    P = spawn(fun() -> receive M -> receive {tell, F} -> F ! {self(), M, seq_trace:get_token()} end end end),
    seq_trace:set_token(label, 9), P ! first, seq_trace:set_token([]),
    seq_trace:reset_trace(),
    P ! {tell, self()},
    receive {P, M, Tok} -> say([M, Tok]) end.
