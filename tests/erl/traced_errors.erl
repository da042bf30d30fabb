%% SPDX-License-Identifier: Apache-2.0
%% Built-ins that only raise, applied last, with and without a breakpoint on them: the same places in the trace.
-module(traced_errors).
-export([main/0]).

main() ->
    Calls = [{error, [reason]}, {error, [reason, []]}, {error, [reason, [a, b]]}, {error, [reason, none]}, {exit, [reason]}, {throw, [reason]}, {'++', [a, b]}],
    Plain = [told(Call) || Call <- Calls],
    [io:format("~p~n   ~p~n", [Call, Places]) || {Call, Places} <- lists:zip(Calls, Plain)],
    Tracer = spawn(fun ignore/0),
    1 = erlang:trace(self(), true, [call, {tracer, Tracer}]),
    [1 = erlang:trace_pattern({erlang, F, A}, [{'_', [], [{exception_trace}]}], [local]) || {F, A} <- [{error, 1}, {error, 2}, {exit, 1}, {throw, 1}, {'++', 2}]],
    Traced = [told(Call) || Call <- Calls],
    erlang:trace_pattern({erlang, '_', '_'}, false, [local]),
    io:format("~p~n", [[Call || {Call, A, B} <- lists:zip3(Calls, Plain, Traced), A =/= B]]).

ignore() -> receive _ -> ignore() end.

told({F, Args}) ->
    try {outer(F, Args)} catch _:_:Trace -> lists:sublist([{M, N, A} || {M, N, A, _} <- Trace], 4) end.

outer(F, Args) -> inner(id(F), id(Args)).
inner(F, Args) -> erlang:apply(erlang, F, id(Args)).
id(X) -> X.
