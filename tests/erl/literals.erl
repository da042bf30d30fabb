%% SPDX-License-Identifier: Apache-2.0
%% Constants of purged code and of persistent terms: whoever held one keeps its value, and the memory goes.
-module(literals).
-mode(compile).
-export([main/1]).

main(_) ->
    Expected = load(holder, big()),
    Parent = self(),
    Pids = [start(Kind, Parent) || Kind <- kinds()],
    Timer = erlang:send_after(600000, self(), holder:value()),
    Table = ets:new(t, [public]),
    ets:insert(Table, {k, holder:value()}),
    persistent_term:put(literals_key, holder:value()),
    {ok, Socket} = socket:open(inet, stream, tcp),
    ok = socket:setopt(Socket, {otp, meta}, holder:value()),
    self() ! {mail, holder:value()},
    Alias = alias(),
    Alias ! {alias, holder:value()},
    put(held, holder:value()),
    {Dead, DeadRef} = spawn_monitor(fun() -> exit(holder:value()) end),
    {Quiet, QuietRef} = spawn_opt(fun() -> receive stop -> ok end end, [{monitor, [{tag, holder:value()}]}]),
    erlang:suspend_process(Quiet),
    [receive {ready, P} -> ok end || P <- Pids],
    purge(holder),
    trample(),
    [begin P ! {give, self()}, receive {P, Value} -> io:format("~p ~p~n", [Kind, Value =:= Expected]) end end
     || {Kind, P} <- lists:zip(kinds(), Pids)],
    io:format("mail ~p~n", [receive {mail, Mail} -> Mail =:= Expected end]),
    io:format("alias ~p~n", [receive {alias, Aliased} -> Aliased =:= Expected end]),
    io:format("dictionary ~p~n", [get(held) =:= Expected]),
    io:format("table ~p~n", [ets:lookup(Table, k) =:= [{k, Expected}]]),
    io:format("socket ~p~n", [socket:getopt(Socket, {otp, meta}) =:= {ok, Expected}]),
    ok = socket:close(Socket),
    io:format("persistent ~p~n", [persistent_term:get(literals_key) =:= Expected]),
    io:format("exit ~p~n", [receive {'DOWN', DeadRef, process, Dead, R} -> R =:= Expected end]),
    erlang:resume_process(Quiet),
    Quiet ! stop,
    io:format("tag ~p~n", [receive {Tag, QuietRef, process, Quiet, normal} -> Tag =:= Expected end]),
    io:format("timer ~p~n", [is_integer(erlang:cancel_timer(Timer))]),
    fired(Expected),
    persistent(Expected),
    under_way(),
    memory_stays().

kinds() -> [register, dictionary, mailbox, fun_environment, hibernating, dirty, part_of_binary, group].

%% What a module's constants may be.
big() ->
    {<<"small">>, binary:copy(<<"large binary ">>, 20), [a, {b, 1.5}, [c | d]], #{k => [1, 2, 3], "s" => {x}},
     1 bsl 200, -(1 bsl 100), lists:seq(1, 300), maps:from_list([{N, {N}} || N <- lists:seq(1, 100)]), <<1:3>>}.

load(Name, Value) ->
    {ok, Name, Code} = compile:forms(
        [{attribute, 1, module, Name}, {attribute, 1, export, [{value, 0}, {binary, 0}]},
         {function, 1, value, 0, [{clause, 1, [], [], [erl_parse:abstract(Value)]}]},
         {function, 1, binary, 0, [{clause, 1, [], [], [erl_parse:abstract(element(2, Value))]}]}], [no_copt]),
    {module, Name} = code:load_binary(Name, "nofile", Code),
    Value.

purge(Name) ->
    true = code:delete(Name),
    false = code:purge(Name),
    settled().

%% Until the area is gone: a second one can only have gone after it.
settled() ->
    timer:sleep(50).

trample() ->
    [load(list_to_atom("trample" ++ integer_to_list(N)), {N, binary:copy(<<N>>, 300), lists:seq(N, N + 400), N, N, N, N, N, N}) || N <- lists:seq(1, 5)],
    [garbage_collect(P) || P <- processes()].

start(Kind, Parent) -> spawn_link(fun() -> hold(Kind, Parent) end).

hold(register, Parent) ->
    Value = holder:value(),
    give(Parent, fun() -> ok end, Value);
hold(dictionary, Parent) ->
    put(v, holder:value()),
    ready(Parent),
    receive {give, To} -> To ! {self(), get(v)} end;
hold(mailbox, Parent) ->
    self() ! {later, holder:value()},
    ready(Parent),
    receive {give, To} -> receive {later, V} -> To ! {self(), V} end end;
hold(fun_environment, Parent) ->
    V = holder:value(),
    F = fun() -> V end,
    ready(Parent),
    receive {give, To} -> To ! {self(), F()} end;
hold(hibernating, Parent) ->
    V = holder:value(),
    ready(Parent),
    proc_lib:hibernate(erlang, apply, [fun wake/1, [V]]);
hold(dirty, Parent) ->
    V = holder:value(),
    ready(Parent),
    catch erts_debug:dirty_cpu(wait, 10),
    receive {give, To} -> To ! {self(), V} end;
hold(part_of_binary, Parent) ->
    V = holder:value(),
    <<_:16, Part/binary>> = holder:binary(),
    ready(Parent),
    receive {give, To} -> <<"rge", _/binary>> = Part, To ! {self(), V} end;
hold(group, Parent) ->
    V = holder:value(),
    Me = self(),
    %% From one process to another while the area goes.
    Ring = [spawn_link(fun() -> ring(Me) end) || _ <- lists:seq(1, 5)],
    [A | Rest] = Ring,
    A ! {pass, Rest ++ Ring ++ Ring, V},
    ready(Parent),
    receive {end_of_ring, V1} -> receive {give, To} -> To ! {self(), V1} end end.

ring(Last) ->
    receive
        {pass, [], V} -> Last ! {end_of_ring, V}, ring(Last);
        {pass, [Next | Rest], V} -> timer:sleep(5), Next ! {pass, Rest, V}, ring(Last)
    end.

wake(V) -> receive {give, To} -> To ! {self(), V} end.

give(Parent, F, Value) ->
    ready(Parent),
    receive {give, To} -> F(), To ! {self(), Value} end.

ready(Parent) -> Parent ! {ready, self()}.

%% A timer fires long after.
fired(Expected) ->
    load(holder, Expected),
    erlang:send_after(150, self(), {fired, holder:value()}),
    purge(holder),
    trample(),
    io:format("fired ~p~n", [receive {fired, V} -> V =:= Expected end]).

persistent(Expected) ->
    V = persistent_term:get(literals_key),
    persistent_term:put(literals_key, other),
    W = {in, V},
    persistent_term:put(more, W),
    persistent_term:erase(more),
    persistent_term:put(number, 17),
    persistent_term:erase(number),
    settled(),
    trample(),
    io:format("replaced ~p ~p~n", [V =:= Expected, element(2, W) =:= Expected]).

%% Values pass between processes all the time while their modules come and go.
under_way() ->
    Parent = self(),
    Workers = [spawn_link(fun() -> relay(Parent) end) || _ <- lists:seq(1, 8)],
    Sum = lists:sum([begin
        V = load(moving, {N, binary:copy(<<N>>, 100), lists:seq(1, 50), N, N, N, N, N, N}),
        [W ! {self(), moving:value(), 20, Workers} || W <- Workers],
        true = code:delete(moving),
        code:purge(moving),
        length([ok || _ <- Workers, receive {back, U} -> U =:= V end])
    end || N <- lists:seq(1, 12)]),
    io:format("under way ~p~n", [Sum]).

relay(Parent) ->
    receive
        {_, V, 0, _} -> Parent ! {back, V}, relay(Parent);
        {_, V, N, All} -> lists:nth(1 + (N rem 8), All) ! {self(), V, N - 1, All}, relay(Parent)
    end.

%% A module loaded anew all the time does not fill the memory.
memory_stays() ->
    Value = {1, 2, lists:duplicate(2000, {a, b, c, d, e, f}), 4, 5, 6, 7, 8, 9},
    {ok, again, Code} = compile:forms(
        [{attribute, 1, module, again}, {attribute, 1, export, [{value, 0}]},
         {function, 1, value, 0, [{clause, 1, [], [], [erl_parse:abstract(Value)]}]}], [no_copt]),
    Round = fun(_) ->
        {module, again} = code:load_binary(again, "nofile", Code),
        put(again, again:value()),
        persistent_term:put(again, [rand:uniform() | Value]),
        code:purge(again)
    end,
    lists:foreach(Round, lists:seq(1, 10)),
    settled(),
    Before = erlang:memory(total),
    lists:foreach(Round, lists:seq(1, 150)),
    settled(),
    erase(again),
    garbage_collect(),
    settled(),
    Grown = erlang:memory(total) - Before,
    io:format("memory stays ~p~n", [Grown < 10000000 orelse Grown]).
