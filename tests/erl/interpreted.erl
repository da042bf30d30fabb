%% SPDX-License-Identifier: Apache-2.0
%% The debugger's interpreter: modules run from their abstract code, break points, steps, conditions; what erts_debug:breakpoint/2 takes.
-module(interpreted).
-export([main/0, watching/2]).

main() ->
    Source = ["-module(broken).\n-export([sum/1, down/1, twice/1]).\n",
              "sum(L) -> sum(L, 0).\n",
              "sum([H | T], S) ->\n    Next = S + H,\n    sum(T, Next);\n",
              "sum([], S) ->\n    S.\n",
              "down(0) -> exit(bottom);\n",
              "down(N) -> down(N - 1).\n",
              "twice(F) -> [F(X) || X <- [1, 2]].\n"],
    ok = file:write_file("broken.erl", Source),
    {ok, broken} = compile:file("broken.erl", [debug_info]),
    io:format("~w~n", [broken:sum([1, 2, 3])]),
    io:format("~w~n", [[matched(Pattern, On) || {Pattern, On} <- [{{broken, '_', '_'}, true}, {{broken, '_', '_'}, false}, {{broken, sum, '_'}, false}, {{broken, sum, 1}, false},
                                                                  {{nobody, '_', '_'}, true}, {{broken, '_', 1}, true}, {{broken, sum, x}, true}, {x, true}, {{broken, sum, 1}, maybe_}]]]),
    {module, broken} = int:i(broken),
    io:format("~w~n", [[int:interpreted(), broken:sum(lists:seq(1, 50)), broken:twice(fun(X) -> {X, X} end), catch broken:down(3), catch broken:sum(x)]]),
    %% Others call it too, and are told apart.
    io:format("~w~n", [[receive {Pid, Sum} -> Sum end || N <- [10, 20], Pid <- [begin Self = self(), spawn(fun() -> Self ! {self(), broken:sum(lists:seq(1, N))} end) end]]]),
    %% Traces and the debugger on one function do not know of each other.
    Tracer = spawn(fun() -> collecting([]) end),
    erlang:trace_pattern({broken, sum, '_'}, true, [local]),
    erlang:trace(self(), true, [call, {tracer, Tracer}]),
    Traced = broken:sum([1]),
    erlang:trace(self(), false, [call]),
    erlang:trace_pattern({'_', '_', '_'}, false, [local]),
    Delivered = erlang:trace_delivered(self()),
    receive {trace_delivered, _, Delivered} -> Tracer ! {seen, self()} end,
    io:format("~w~n", [[Traced, receive {seen, Calls} -> Calls end, broken:sum([1, 2]), int:interpreted()]]),
    %% A break point, where another process looks, steps and goes on.
    ok = int:break(broken, 5),
    int:auto_attach([break], {?MODULE, watching, [self()]}),
    Worker = spawn(fun() -> exit({worked, broken:sum([7, 8])}) end),
    Monitor = monitor(process, Worker),
    io:format("~w~n", [[told(), told()]]),
    io:format("~w~n", [receive {'DOWN', Monitor, _, _, Reason} -> Reason end]),
    int:auto_attach(false),
    ok = int:no_break(broken),
    ok = int:n(broken),
    io:format("~w~n", [[int:interpreted(), broken:sum([4, 5]), catch broken:down(1)]]).

matched(Pattern, On) -> try erts_debug:breakpoint(Pattern, On) catch error:badarg -> badarg end.

collecting(Seen) ->
    receive
        {trace, _, call, {Module, Function, _}} -> collecting([{Module, Function} | Seen]);
        {seen, To} -> To ! {seen, lists:reverse(Seen)}
    end.

told() -> receive {told, What} -> What after 20000 -> nothing end.

%% In a process of its own: attached to the one that stopped.
watching(Pid, Watcher) ->
    {ok, Meta} = int:attached(Pid),
    stops(Meta, Watcher, 2).

stops(_, _, 0) -> ok;
stops(Meta, Watcher, N) ->
    receive
        {Meta, {break_at, Module, Line, _}} ->
            Watcher ! {told, {Module, Line, lists:sort(int:meta(Meta, bindings, nostack))}},
            int:meta(Meta, continue),
            stops(Meta, Watcher, N - 1);
        _ -> stops(Meta, Watcher, N)
    end.
