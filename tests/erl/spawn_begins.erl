%% SPDX-License-Identifier: Apache-2.0
%% Where a process made by erlang:spawn_request begins: in erts_internal:spawn_init/1, which traces and stack traces show.
-module(spawn_begins).
-export([main/0, child/1]).

main() ->
    logger:set_primary_config(level, none),
    Self = self(),
    Requests = [{spawn_request, fun() -> spawn_request(?MODULE, child, [Self], [monitor]) end},
                {spawn_request_fun, fun() -> spawn_request(fun() -> child(Self) end, [link]) end},
                {spawn_opt, fun() -> spawn_opt(?MODULE, child, [Self], [link]) end},
                {spawn, fun() -> spawn(?MODULE, child, [Self]) end}],
    [told(Name, Request) || {Name, Request} <- Requests],
    [traced(Name, Request) || {Name, Request} <- Requests],
    meta(),
    [ended(M, F, A) || {M, F, A} <- [{erlang, error, [x]}, {erlang, throw, [x]}, {erlang, exit, [x]}, {?MODULE, nono, [x]}, {nono, nono, []},
                                     {erlang, list_to_atom, [x]}, {lists, keyfind, [x, y, z]}, {lists, append, [x]}, {erlang, nono, []},
                                     {lists, map, [x, y]}, {erlang, apply, [foo, []]}, {erlang, apply, [lists, reverse, [q]]},
                                     {erlang, '+', [1, a]}, {erlang, apply, [fun lists:reverse/1, [a, b]]}]],
    halt().

child(To) ->
    To ! {running, self()},
    receive go -> To ! {done, self()} end.

%% What process_info says of one that waits.
told(Name, Request) ->
    Child = made(Request()),
    receive {running, Child} -> ok end,
    {backtrace, _} = process_info(Child, backtrace),
    io:format("~w: ~p~n", [Name, [process_info(Child, Item) || Item <- [initial_call, current_function, message_queue_len]]]),
    Child ! go,
    receive {done, Child} -> ok end,
    flush().

%% The events of a traced parent and of its child, of each by itself.
traced(Name, Request) ->
    Self = self(),
    erlang:trace_pattern({erts_internal, spawn_init, 1}, [{'_', [], [{return_trace}]}], []),
    erlang:trace_pattern({?MODULE, child, 1}, true, [local]),
    Parent = spawn(fun() -> receive start -> ok end, Request(), receive stop -> ok end end),
    erlang:trace(Parent, true, [procs, call, set_on_spawn]),
    Parent ! start,
    Child = receive {running, Pid} -> Pid end,
    Child ! go,
    receive {done, Child} -> ok end,
    Reference = monitor(process, Child),
    receive {'DOWN', Reference, _, _, _} -> ok end,
    unlink(Child),
    [begin
         Delivered = erlang:trace_delivered(Traced),
         receive {trace_delivered, Traced, Delivered} -> ok end
     end || Traced <- [Parent, Child]],
    Names = [{Parent, parent}, {Child, child}, {Self, self}],
    [io:format("~w ~w: ~p~n", [Name, Who, [event(E, Names) || E <- events(Traced)]]) || {Traced, Who} <- [{Parent, parent}, {Child, child}]],
    exit(Parent, kill),
    erlang:trace_pattern({erts_internal, spawn_init, 1}, false, []),
    erlang:trace_pattern({?MODULE, child, 1}, false, [local]),
    flush().

%% When the parent hears of the child's end is nobody's business.
events(Pid) ->
    receive E when element(1, E) =:= trace, element(2, E) =:= Pid -> [E || element(3, E) =/= getting_unlinked] ++ events(Pid) after 0 -> [] end.

event(E, Names) -> plain(erlang:delete_element(1, erlang:delete_element(1, E)), Names).

plain(T, Names) when is_pid(T) -> proplists:get_value(T, Names, other);
plain(T, _) when is_function(T) -> a_fun;
plain([H | T], Names) -> [plain(H, Names) | plain(T, Names)];
plain(T, Names) when is_tuple(T) -> list_to_tuple([plain(E, Names) || E <- tuple_to_list(T)]);
plain(T, _) -> T.

%% As observer's ttb counts the processes that begin.
meta() ->
    erlang:trace_pattern({erts_internal, spawn_init, 1}, true, [meta]),
    Reference = spawn_request(?MODULE, child, [self()], []),
    Child = receive {spawn_reply, Reference, ok, Pid} -> Pid end,
    receive {trace_ts, Child, call, Call, _} -> io:format("meta: ~p~n", [plain(Call, [{self(), self}])]) end,
    erlang:trace_pattern({erts_internal, spawn_init, 1}, false, [meta]),
    Child ! go,
    receive {done, Child} -> ok end,
    flush().

ended(Module, Function, Arguments) ->
    Reference = spawn_request(Module, Function, Arguments, [monitor]),
    receive {spawn_reply, Reference, ok, _} -> ok end,
    receive {'DOWN', Reference, _, _, Why} -> io:format("~w:~w/~w: ~p~n", [Module, Function, length(Arguments), without_places(Why)]) end.

without_places({Reason, Stack}) when is_list(Stack) -> {Reason, [{M, F, A} || {M, F, A, _} <- Stack]};
without_places(Reason) -> Reason.

made(Pid) when is_pid(Pid) -> Pid;
made(Reference) -> receive {spawn_reply, Reference, ok, Pid} -> Pid end.

flush() -> receive _ -> flush() after 0 -> ok end.
