%% SPDX-License-Identifier: Apache-2.0
%% max_heap_size: of a process, of the machine, what a map leaves out, and what happens beyond the limit.
-module(heap_limits).
-mode(compile).
-export([main/1]).

main(_) ->
    logger:set_primary_config(level, none),
    show(default, erlang:system_info(max_heap_size)),
    [show({flag, V}, try_flag(V)) || V <- values()],
    [show({spawn, V}, try_spawn(V)) || V <- values()],
    show(system, erlang:system_flag(max_heap_size, #{size => 100000, kill => false, error_logger => false})),
    [show({flag, V}, try_flag(V)) || V <- values()],
    [show({spawn, V}, try_spawn(V)) || V <- values()],
    show(inherited, try_spawn(none)),
    show(system, erlang:system_flag(max_heap_size, 0)),
    show(system, erlang:system_info(max_heap_size)),
    [show({system, V}, catch_error(fun() -> erlang:system_flag(max_heap_size, V) end)) || V <- [232, #{size => 10}, #{kill => true}, -1, a]],
    [show({grows, K}, grows(K)) || K <- [true, false]],
    ok.

values() ->
    [0, 232, 233, 5000, 1 bsl 40, 1 bsl 59 - 1, 1 bsl 59, -1, a, #{}, #{size => 5000}, #{size => 5000, kill => false}, #{size => 5000, kill => maybe},
     #{size => 5000, error_logger => false, more => 1}, #{size => 0, kill => false}, #{kill => false}].

catch_error(F) -> try F() catch error:E -> E end.

try_flag(Value) -> in_process([], fun() -> catch_error(fun() -> {process_flag(max_heap_size, Value), process_info(self(), max_heap_size)} end) end).

try_spawn(none) -> in_process([], fun() -> process_info(self(), max_heap_size) end);
try_spawn(Value) -> catch_error(fun() -> in_process([{max_heap_size, Value}], fun() -> process_info(self(), max_heap_size) end) end).

in_process(Options, F) ->
    Self = self(),
    {Pid, Ref} = spawn_opt(fun() -> Self ! {self(), F()} end, [monitor | Options]),
    receive
        {Pid, Answer} -> erlang:demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, Reason} -> {down, Reason}
    after 20000 -> timeout
    end.

%% Beyond the limit: killed, or left alone.
grows(Kill) ->
    in_process([{max_heap_size, #{size => 10000, kill => Kill, error_logger => false}}],
               fun() -> length(lists:foldl(fun(I, Acc) -> [{I, I} | Acc] end, [], lists:seq(1, 100000))) end).

show(What, Value) -> io:format("~p: ~p~n", [What, Value]).
