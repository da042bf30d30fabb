%% SPDX-License-Identifier: Apache-2.0
%% The order in which hashed tables show their rows: by hash, by growth and shrinking, by what was deleted, by locks.
-module(ets_order).
-mode(compile).
-export([main/1]).

main(_) ->
    [kind(Kind, Type, Size) || Kind <- kinds(), Type <- [set, bag, duplicate_bag], Size <- [3, 300, 1000]],
    [kind(Kind, set, 5000) || Kind <- [small, mixed]],
    [locked(Options, Size) || Options <- locks(), Size <- [200, 3000]],
    short(),
    shrinking(),
    fixed(),
    limits(),
    bags(),
    counters(),
    keys_given(),
    stats().

kinds() -> [small, negative, large, atom, binary, tuple, list, float, string, mixed].

key(small, N) -> N;
key(negative, N) -> -N * 7919;
key(large, N) -> (1 bsl 70) + N * 1000003;
key(atom, N) -> list_to_atom("key_" ++ integer_to_list(N));
key(binary, N) -> <<"key ", (integer_to_binary(N))/binary>>;
key(tuple, N) -> {N, <<N:16>>, {N rem 3}};
key(list, N) -> [N, {N}, N * 1000];
key(float, N) -> N / 7;
key(string, N) -> "lib/file_" ++ integer_to_list(N) ++ ".ex";
key(mixed, N) -> key(lists:nth(1 + N rem 9, kinds()), N).

kind(Kind, Type, Size) ->
    T = ets:new(t, [Type]),
    [ets:insert(T, {key(Kind, N), N rem 5}) || N <- lists:seq(1, Size)],
    [ets:insert(T, {key(Kind, N), N rem 5 + 1}) || N <- lists:seq(1, Size, 7)],
    show({Kind, Type, Size}, T),
    [ets:delete(T, key(Kind, N)) || N <- lists:seq(1, Size, 3)],
    [ets:delete_object(T, {key(Kind, N), N rem 5}) || N <- lists:seq(1, Size, 5)],
    show({Kind, Type, Size, deleted}, T),
    ets:insert(T, [{key(Kind, N), list, N} || N <- lists:seq(1, min(Size, 120), 4)]),   % a long list goes in by parts, as time allows
    show({Kind, Type, Size, list}, T),
    [begin ets:select_delete(T, [{{'_', '$1'}, [{'<', '$1', 2}], [true]}]), show({Kind, Type, Size, select_delete}, T) end
     || Size < 5000],   % of many rows it is done by parts, as time allows, and shrinks the table between them
    ets:delete_all_objects(T),
    [ets:insert(T, {key(Kind, N), N}) || N <- lists:seq(1, Size div 2)],
    show({Kind, Type, Size, anew}, T),
    ets:delete(T).

%% Every way to look at a table, as numbers.
show(What, T) ->
    Keys = keys(T, ets:first(T)),
    All = ets:tab2list(T),
    Chunks = chunks(ets:select(T, [{'$1', [], ['$1']}], 17)),
    Objects = chunks(ets:match_object(T, '_', 40)),
    Matched = ets:match(T, {'$1', '_'}),
    Folded = ets:foldl(fun(X, Acc) -> [X | Acc] end, [], T),
    Slots = [ets:slot(T, S) || S <- lists:seq(0, slots(T) - 1)],
    io:format("~p ~w~n", [What, [erlang:phash2(X) || X <- [Keys, All, Chunks, Objects, Matched, Folded, Slots]]]),
    io:format("  ~p ~w~n", [slots(T), lists:sublist(All, 4)]).

keys(_, '$end_of_table') -> [];
keys(T, Key) -> [Key | keys(T, ets:next(T, Key))].

chunks('$end_of_table') -> [];
chunks({List, Continuation}) -> [List | chunks(ets:select(Continuation))].

%% Buckets, shortest and longest chain, rows marked deleted.
lengths(T) ->
    {Buckets, _, _, _, Shortest, Longest, Dead, Locks} = ets:info(T, stats),
    {Buckets, Shortest, Longest, Dead, Locks}.

slots(T) -> element(1, ets:info(T, stats)).

locks() ->
    [[{write_concurrency, true}], [{write_concurrency, true}, {read_concurrency, true}], [{write_concurrency, auto}],
     [{write_concurrency, true}, {decentralized_counters, true}], [{write_concurrency, auto}, {decentralized_counters, false}],
     [private, {write_concurrency, true}], [{write_concurrency, {debug_hash_fixed_number_of_locks, 1024}}],
     [{write_concurrency, {debug_hash_fixed_number_of_locks, 100}}]].

locked(Options, Size) ->
    [begin
         T = ets:new(t, [Type, public | Options]),
         [ets:insert(T, {key(mixed, N), N rem 5}) || N <- lists:seq(1, Size)],
         show({Options, Type, Size}, T),
         [ets:delete(T, key(mixed, N)) || N <- lists:seq(1, Size, 3)],
         show({Options, Type, Size, deleted}, T),
         ets:delete(T)
     end || Type <- [set, duplicate_bag]].

short() ->
    T = ets:new(t, [set]),
    ets:insert(T, [{K} || K <- [a, b, c, in, out, ok, error, true, 'Elixir.Enum', foo, bar, baz, 1, 2, 3, [], <<>>, {}, {1}, "abc", 1.5, #{}, #{1 => 2}]]),
    io:format("~p~n", [ets:tab2list(T)]),
    io:format("~p~n", [ets:select(T, [{{'$1'}, [{is_atom, '$1'}], ['$1']}])]).

shrinking() ->
    T = ets:new(t, [set]),
    [ets:insert(T, {N}) || N <- lists:seq(1, 7000)],
    io:format("~p~n", [lengths(T)]),
    [begin
         [ets:delete(T, N) || N <- lists:seq(From, From + 499)],
         io:format("~p ~p ~p~n", [From, slots(T), erlang:phash2(ets:tab2list(T))])
     end || From <- lists:seq(1, 6501, 500)],
    [ets:insert(T, {N}) || N <- lists:seq(1, 3000)],
    show(after_shrinking, T).

fixed() ->
    T = ets:new(t, [bag]),
    ets:safe_fixtable(T, true),
    [ets:insert(T, {N, N}) || N <- lists:seq(1, 600)],
    show(fixed, T),
    [ets:delete(T, N) || N <- lists:seq(1, 600, 2)],
    [ets:insert(T, {N, again}) || N <- lists:seq(1, 600, 3)],
    show(fixed_deleted, T),
    ets:safe_fixtable(T, false),
    show(unfixed, T),
    ets:delete(T, 2),
    ets:insert(T, {4, 4}),
    show(unfixed_no_growth, T),
    [ets:insert(T, {N, N}) || N <- lists:seq(601, 610)],
    show(unfixed_growth, T).

limits() ->
    T = ets:new(t, [set]),
    [ets:insert(T, {N, N rem 10}) || N <- lists:seq(1, 100)],
    [io:format("~w~n", [chunks(ets:select(T, [{{'$1', 3}, [], ['$1']}], Limit))]) || Limit <- [1, 2, 3, 10, 100]],
    {_, {_, Slot, _, _, _, Rest}} = ets:select(T, [{{'$1', '_'}, [], ['$1']}], 5),
    io:format("~p ~p~n", [Slot, Rest]).

bags() ->
    [begin
         T = ets:new(t, [Type]),
         [ets:insert(T, {{dir, N rem 7}, N}) || N <- lists:seq(1, 50)],
         ets:insert(T, [{{dir, 1}, x}, {{dir, 1}, y}, {{dir, 1}, x}, {new, 1}, {new, 2}]),
         io:format("~w~n~w~n", [ets:lookup(T, {dir, 1}), ets:lookup_element(T, {dir, 1}, 2)]),
         io:format("~w~n", [ets:match(T, {{dir, 1}, '$1'})]),
         io:format("~w~n", [ets:lookup(T, new)]),
         ets:delete_object(T, {{dir, 1}, 8}),
         ets:insert(T, {{dir, 1}, 8}),
         io:format("~w~n", [ets:take(T, {dir, 1})])
     end || Type <- [bag, duplicate_bag]].

counters() ->
    T = ets:new(t, [set]),
    [ets:update_counter(T, {word, N rem 400}, 1, {x, 0}) || N <- lists:seq(1, 900)],
    [ets:update_element(T, {word, N}, {2, <<"changed">>}) || N <- lists:seq(1, 400, 9)],
    io:format("~p ~w~n", [slots(T), length(ets:tab2list(T))]).

%% Keys that a spec gives: bucket by bucket, in the order of the clauses.
keys_given() ->
    T = ets:new(t, [duplicate_bag]),
    [ets:insert(T, {N rem 900, N}) || N <- lists:seq(1, 2000)],
    Spec = fun(Keys) -> [{{K, '$1'}, [], [{{K, '$1'}}]} || K <- Keys] end,
    io:format("~w~n", [ets:select(T, Spec([5, 1, 700, 5, 12345]))]),
    Same = [ets:select(T, Spec([A, B])) || A <- lists:seq(1, 30), B <- lists:seq(31, 60)],
    io:format("~w~n", [erlang:phash2(Same)]),
    {First, {_, -1, 1, _, Rest, 5}} = ets:select(T, Spec([3, 4]), 1),
    io:format("~w ~w~n", [First, Rest]),
    Small = ets:new(t, [duplicate_bag]),
    [ets:insert(Small, {N rem 200, N}) || N <- lists:seq(1, 250)],
    io:format("~w~n", [erlang:phash2([ets:select(Small, Spec([A, B])) || A <- lists:seq(1, 60), B <- lists:seq(1, 60)])]).

stats() ->
    [begin
         T = ets:new(t, [set]),
         [ets:insert(T, {N}) || N <- lists:seq(1, Size)],
         io:format("~p ~p~n", [lengths(T), ets:info(T, memory)])
     end || Size <- [1, 256, 257, 300, 1000, 2304, 2305, 3000]].
