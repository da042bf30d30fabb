%% SPDX-License-Identifier: Apache-2.0
%% ETS tables beside a model of them, shared counters, heirs; persistent terms under readers; atomics and counters.
-module(soak_tables).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3, one_of/1, payload/0]).

open() -> none.
close(none) -> ok.

round(Number, none) ->
    {lists:sum([model(set), model(ordered_set), bags(), shared(), heirs(), walks(), constants(Number), words()]), none}.

options() -> [one_of([public, protected]), {read_concurrency, soak_help:chance(1, 2)}, {write_concurrency, one_of([true, false, auto])} | [compressed || soak_help:chance(1, 4)]].

%% The same changes to a table and to a map.
model(Type) ->
    T = ets:new(soak, [Type | options()]),
    Keys = 1 + rand:uniform(200),
    Model = lists:foldl(fun(_, M) -> change(T, rand:uniform(Keys), M) end, #{}, lists:seq(1, 600)),
    Left = lists:sort([{K, V, X} || {K, {V, X}} <- maps:to_list(Model)]),
    A = same(model, Left, lists:sort(ets:tab2list(T))),
    B = same(model_size, maps:size(Model), ets:info(T, size)),
    C = same(model_select, lists:sort([K || {K, V, _} <- Left, V > 500]), lists:sort(ets:select(T, [{{'$1', '$2', '_'}, [{'>', '$2', 500}], ['$1']}]))),
    D = case Type of
            ordered_set -> same(model_order, [K || {K, _, _} <- Left], forward(T, ets:first(T)));
            set -> 1
        end,
    true = ets:delete(T),
    A + B + C + D.

forward(_, '$end_of_table') -> [];
forward(T, Key) -> [Key | forward(T, ets:next(T, Key))].

change(T, Key, Model) ->
    case rand:uniform(7) of
        1 -> true = ets:delete(T, Key), maps:remove(Key, Model);
        2 -> New = ets:insert_new(T, {Key, 1, new}), true = New =:= not is_map_key(Key, Model), maps:merge(#{Key => {1, new}}, Model);
        3 when is_map_key(Key, Model) ->
            {V, X} = maps:get(Key, Model),
            Sum = ets:update_counter(T, Key, 7), true = Sum =:= V + 7, Model#{Key := {Sum, X}};
        4 ->
            case {ets:take(T, Key), Model} of
                {[{Key, V, X}], #{Key := {V, X}}} -> maps:remove(Key, Model);
                {[], _} when not is_map_key(Key, Model) -> Model
            end;
        5 when is_map_key(Key, Model) -> true = ets:update_element(T, Key, {3, updated}), maps:update_with(Key, fun({V, _}) -> {V, updated} end, Model);
        _ -> V = rand:uniform(1000), X = payload(), true = ets:insert(T, {Key, V, X}), Model#{Key => {V, X}}
    end.

bags() ->
    Rows = [{rand:uniform(20), rand:uniform(5)} || _ <- lists:seq(1, 300)],
    Bag = ets:new(bag, [bag | options()]), Duplicates = ets:new(duplicates, [duplicate_bag | options()]),
    [[ets:insert(T, Row) || T <- [Bag, Duplicates]] || Row <- Rows],
    A = same(bag, lists:usort(Rows), lists:sort(ets:tab2list(Bag))),
    B = same(duplicate_bag, lists:sort(Rows), lists:sort(ets:tab2list(Duplicates))),
    Key = rand:uniform(20),
    C = same(select_delete, length([1 || {K, _} <- Rows, K =:= Key]), ets:select_delete(Duplicates, [{{Key, '_'}, [], [true]}])),
    ets:delete(Bag), ets:delete(Duplicates),
    A + B + C.

%% Counters in one table, fought for; the table goes with its owner while others may still write.
shared() ->
    Type = one_of([set, ordered_set]),
    Workers = 2 + rand:uniform(10), Times = 100 + rand:uniform(200),
    soak_help:elsewhere(fun() ->
        T = ets:new(shared, [Type, public, {write_concurrency, one_of([true, false, auto])}]),
        true = ets:insert(T, [{I, 0} || I <- lists:seq(1, 5)]),
        soak_help:all_elsewhere([fun() ->
            [begin
                 ets:update_counter(T, 1 + I rem 5, 1),
                 true = ets:insert(T, {{N, I rem 10}, payload()}),
                 I rem 7 =/= 0 orelse ets:delete(T, {N, I rem 10})
             end || I <- lists:seq(1, Times)]
        end || N <- lists:seq(1, Workers)]),
        spawn(fun Write() -> try ets:insert(T, {late, payload()}) of true -> Write() catch error:badarg -> ok end end),
        same(shared, Workers * Times, lists:sum([ets:lookup_element(T, I, 2) || I <- lists:seq(1, 5)]))
    end).

%% A table passes to its heir, is given on, and comes back.
heirs() ->
    Me = self(), Data = payload(),
    Owner = spawn(fun() ->
        T = ets:new(inherited, [{heir, Me, {for, self()}}]),
        true = ets:insert(T, {key, Data})
    end),
    receive
        {'ETS-TRANSFER', T, Owner, {for, Owner}} ->
            Next = spawn(fun() -> receive {'ETS-TRANSFER', Given, From, gift} -> From ! {Given, ets:lookup(Given, key), ets:info(Given, owner)} end end),
            true = ets:give_away(T, Next, gift),
            Got = receive {T, Rows, Next} -> Rows end,
            receive {'ETS-TRANSFER', T, Next, {for, Owner}} -> ok end,     % the heir is still the same
            true = ets:delete(T),
            same(heir, [{key, Data}], Got)
    end.

%% Walked in chunks while rows go.
walks() ->
    T = ets:new(walked, [one_of([set, ordered_set]), public]),
    Count = 100 + rand:uniform(500),
    true = ets:insert(T, [{I, I} || I <- lists:seq(1, Count)]),
    true = ets:safe_fixtable(T, true),
    Seen = chunks(T, ets:select(T, [{{'$1', '_'}, [], ['$1']}], 13), []),
    true = ets:safe_fixtable(T, false),
    Result = {lists:sort(Seen), ets:info(T, size)},
    true = ets:delete(T),
    same(walk, {lists:seq(1, Count), 0}, Result).

chunks(_, '$end_of_table', Seen) -> Seen;
chunks(T, {Keys, Continuation}, Seen) ->
    [ets:delete(T, Key) || Key <- Keys],
    chunks(T, ets:select(Continuation), Keys ++ Seen).

%% A persistent term is replaced under those who read it and keep what they read.
constants(Number) ->
    Key = {soak_tables, Number rem 3},
    First = {1, payload()}, Second = {2, payload()},
    ok = persistent_term:put(Key, First),
    Reader = fun() ->
        Kept = [persistent_term:get(Key) || _ <- lists:seq(1, 50)],
        [true = K =:= First orelse K =:= Second || K <- Kept],
        length(Kept)
    end,
    Writer = fun() -> ok = persistent_term:put(Key, Second), 50 end,
    Counts = soak_help:all_elsewhere([Reader, Reader, Writer, Reader]),
    Got = persistent_term:get(Key),
    true = persistent_term:erase(Key),
    same(persistent_term, {Second, none, [50]}, {Got, persistent_term:get(Key, none), lists:usort(Counts)}).

words() ->
    Atomics = atomics:new(4, [{signed, true}]), Counter = counters:new(2, [write_concurrency]),
    Times = 500 + rand:uniform(500),
    soak_help:all_elsewhere([fun() ->
        [begin
             atomics:add(Atomics, 1, I),
             atomics:sub(Atomics, 2, I),
             counters:add(Counter, 1, 2),
             swap(Atomics)
         end || I <- lists:seq(1, Times)]
    end || _ <- lists:seq(1, 4)]),
    Sum = 4 * soak_help:seq_sum(Times),
    same(words, {Sum, -Sum, 4 * Times, 8 * Times}, {atomics:get(Atomics, 1), atomics:get(Atomics, 2), atomics:get(Atomics, 3), counters:get(Counter, 1)}).

swap(Atomics) -> swap(Atomics, atomics:get(Atomics, 3)).
swap(Atomics, Was) ->
    case atomics:compare_exchange(Atomics, 3, Was, Was + 1) of
        ok -> ok;
        Now -> swap(Atomics, Now)
    end.
