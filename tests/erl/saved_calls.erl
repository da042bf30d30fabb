%% SPDX-License-Identifier: Apache-2.0
%% process_flag(save_calls, N) and process_info(last_calls): calls through exports, sends, receives, timeouts.
-module(saved_calls).
-export([main/0, local/1, outer/0, inner/1]).

main() ->
    Works = [{nothing, fun() -> ok end}, {local, fun() -> local(1) end}, {self, fun() -> ?MODULE:local(1), ok end},
             {library, fun() -> lists:map(fun(X) -> X end, [1, 2]), lists:last([1]) end},
             {natives, fun() -> lists:member(a, [b]), erlang:whereis(foo), lists:keyfind(a, 1, []), ok end},
             {guards, fun() -> X = local([1, 2]), {length(X), hd(X), is_integer(X), element(1, {X})} end},
             {arithmetic, fun() -> X = local(1), {X + 1, X div 1, abs(X)} end},
             {send, fun() -> self() ! a, erlang:send(self(), b), receive a -> ok end, receive b -> ok end end},
             {timeout, fun() -> receive none -> ok after 1 -> ok end, receive none -> ok after 0 -> ok end end},
             {apply, fun() -> M = local(lists), apply(M, reverse, [[1]]), M:last([1]), apply(fun lists:sort/1, [[1]]), F = fun lists:max/1, F([1]) end},
             {yield, fun() -> erlang:yield(), lists:last([1]) end},
             {raised, fun() -> catch erlang:error(x), catch exit(a), catch throw(x) end},
             {related, fun() -> R = monitor(process, self()), demonitor(R), link(self()), register(zz, self()), zz ! a, receive a -> ok end end},
             {anew, fun() -> lists:sort([]), process_flag(save_calls, 3), lists:sort([]), lists:last([1]) end},
             {few, fun() -> process_flag(save_calls, 2), [lists:sort([N]) || N <- [1, 2, 3]], lists:max([1]), lists:min([2]) end},
             {off, fun() -> lists:sort([]), process_flag(save_calls, 0) end},
             {nested, fun() -> ?MODULE:outer() end}],
    [saved(Name, Work) || {Name, Work} <- Works],
    [io:format("~p: ~p~n", [N, answer(fun() -> process_flag(save_calls, N) end)]) || N <- [-1, 10000, 10001, a, 0, 5, 6, 0]],
    [io:format("~p ~p: ~p~n", [F, N, answer(fun() -> process_flag(spawn(fun() -> timer:sleep(1000) end), F, N) end)]) ||
        {F, N} <- [{save_calls, -1}, {save_calls, 10001}, {save_calls, a}, {trap_exit, true}, {save_calls, 3}]],
    other(),
    beside_traces(),
    reloaded(),
    halt().

local(X) -> X.
outer() -> ?MODULE:inner(3).
inner(0) -> ok;
inner(N) -> ?MODULE:inner(N - 1).

saved(Name, Work) ->
    Self = self(),
    {Pid, Reference} = spawn_monitor(fun() -> Old = process_flag(save_calls, 30), Work(), Self ! {self(), Old, process_info(self(), last_calls)} end),
    receive {Pid, Old, {last_calls, Calls}} -> io:format("~p: ~p ~0p~n", [Name, Old, Calls]) end,
    receive {'DOWN', Reference, _, _, _} -> ok end.

%% Of another process.
other() ->
    Self = self(),
    Pid = spawn(fun() -> receive a -> lists:sort([]) end, Self ! done, receive b -> ok end end),
    io:format("~p~n", [process_info(Pid, last_calls)]),
    io:format("~p~n", [process_flag(Pid, save_calls, 10)]),
    Pid ! a,
    receive done -> ok end,
    io:format("~p~n", [process_info(Pid, [last_calls])]),
    io:format("~p~n", [process_flag(Pid, save_calls, 0)]),
    io:format("~p~n", [process_info(Pid, last_calls)]),
    Reference = monitor(process, Pid),
    Pid ! b,
    receive {'DOWN', Reference, _, _, _} -> ok end,
    io:format("~p~n", [answer(fun() -> process_flag(Pid, save_calls, 10) end)]).

%% Traces of the same functions, global and local, set and taken back meanwhile.
beside_traces() ->
    Self = self(),
    Info = fun() -> [erlang:trace_info({M, F, A}, traced) || {M, F, A} <- [{lists, last, 1}, {lists, sort, 1}, {erlang, whereis, 1}]] end,
    {Pid, Reference} =
        spawn_monitor(
          fun() ->
                  process_flag(save_calls, 300),
                  Work = fun() -> lists:last([1]), lists:sort([2]), erlang:whereis(foo) end,
                  erlang:trace(self(), true, [call, {tracer, Self}]),
                  Infos = [begin
                               Change(),
                               Work(),
                               Info()
                           end || Change <- [fun() -> ok end, fun() -> erlang:trace_pattern({lists, last, 1}, true, [global]) end,
                                             fun() -> erlang:trace_pattern({lists, sort, 1}, true, [local]) end,
                                             fun() -> erlang:trace_pattern({lists, '_', '_'}, false, []), erlang:trace_pattern({lists, '_', '_'}, false, [local]) end]],
                  {last_calls, Calls} = process_info(self(), last_calls),
                  Self ! {self(), Infos, [C || {_, F, _} = C <- Calls, lists:member(F, [last, sort, whereis])]}
          end),
    receive {Pid, Infos, Calls} -> io:format("~0p~n~0p~n", [Infos, Calls]) end,
    receive {'DOWN', Reference, _, _, _} -> ok end,
    [io:format("~0p~n", [setelement(2, T, pid)]) || T <- traced(Pid)],
    io:format("~0p~n", [Info()]).

traced(Pid) -> receive {trace, Pid, _, _} = T -> [T | traced(Pid)] after 0 -> [] end.

%% A module that is loaded meanwhile.
reloaded() ->
    Module = saved_calls_loaded,
    {ok, Module, Code} = compile:forms([{attribute, 1, module, Module}, {attribute, 1, export, [{f, 0}]}, {function, 1, f, 0, [{clause, 1, [], [], [{atom, 1, ok}]}]}]),
    saved(reloaded, fun() ->
                            {module, Module} = code:load_binary(Module, "none", Code),
                            process_flag(save_calls, 30),
                            Module:f(),
                            Module:module_info(module)
                    end).

answer(F) -> try F() catch C:R -> {C, R} end.
