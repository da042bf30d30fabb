%% SPDX-License-Identifier: Apache-2.0
%% Many processes and one table: rows come and go, counters count, tables grow and shrink, are fixed, selected in chunks, given away and inherited.
%% What is printed hangs on no order of events.
-module(ets_fight).
-mode(compile).
-export([main/1]).

main(_) ->
    [io:format("~p ~p: ~p~n", [Type, Options, fight(Type, Options)])
     || Type <- [set, ordered_set, bag, duplicate_bag],
        Options <- [[], [{write_concurrency, true}], [compressed, {write_concurrency, auto}, {read_concurrency, true}]]],
    io:format("gifts ~p~n", [gifts()]),
    io:format("heirs ~p~n", [heirs()]),
    io:format("heir again ~p~n", [heir_again()]),
    io:format("names ~p~n", [names()]),
    io:format("vanishing ~p~n", [vanishing()]).

%% Every process has rows of its own in the middle of everybody's; all share some counters.
fight(Type, Options) ->
    T = ets:new(t, [Type, public | Options]),
    counters(Type, T),
    Results = everybody(64, fun(N) -> worker(T, Type, N) end),
    Left = lists:sum([Count || {Count, _} <- Results]),
    Good = lists:usort([Verdict || {_, Verdict} <- Results]),
    Counted = case is_set(Type) of
                  true -> [ets:lookup_element(T, {counter, C}, 2) || C <- [1, 2, 3]];
                  false -> none
              end,
    Size = ets:info(T, size),
    Rest = length(ets:tab2list(T)),
    Own = ets:select_count(T, [{{{'_', '_'}, '_', row}, [], [true]}]),
    ets:delete_all_objects(T),
    Empty = {ets:info(T, size), ets:first(T), ets:info(T, safe_fixed)},
    ets:delete(T),
    {Left, Own, Size - Own, Rest - Own, Good, Counted, Empty}.

counters(Type, T) ->
    case is_set(Type) of
        true -> ets:insert(T, [{{counter, C}, 0, 0} || C <- [1, 2, 3]]);
        false -> ok
    end.

is_set(Type) -> Type =:= set orelse Type =:= ordered_set.

worker(T, Type, N) ->
    Rows = 20,
    [begin
         true = ets:insert(T, {{N, K}, K, row}),
         is_set(Type) andalso ets:update_counter(T, {counter, 1 + K rem 3}, {2, 1})
     end || K <- lists:seq(1, Rows)],
    true = ets:insert(T, [{{N, K}, list_to_binary(lists:duplicate(80, K)), row} || K <- lists:seq(Rows + 1, Rows + 10)]),
    ets:safe_fixtable(T, true),
    Chunked = chunks(ets:select(T, [{{{N, '$1'}, '_', row}, [], ['$1']}], 7), []),
    ets:safe_fixtable(T, false),
    All = lists:seq(1, Rows + 10),
    A = lists:sort(Chunked) =:= All,
    B = fixed(T, N, All),
    [true = ets:delete(T, {N, K}) || K <- All, K rem 2 =:= 0],
    C = [ets:lookup(T, {N, K}) =:= [] || K <- All, K rem 2 =:= 0],
    Deleted = ets:select_delete(T, [{{{N, '$1'}, '_', row}, [{'=:=', {'rem', '$1', 5}, 0}], [true]}]),
    case is_set(Type) of
        true ->
            true = ets:update_element(T, {N, 1}, {2, {changed, N}}),
            [{_, {changed, N}, row}] = ets:lookup(T, {N, 1}),
            1 = ets:select_replace(T, [{{{N, 3}, '_', row}, [], [{{{{N, 3}}, replaced, row}}]}]);
        false ->
            [{_, 1, row}] = ets:take(T, {N, 1}),
            true = ets:insert(T, {{N, 1}, again, row})
    end,
    Mine = ets:select_count(T, [{{{N, '_'}, '_', row}, [], [true]}]),
    {Mine, {A, B, lists:usort(C), Deleted, Mine}}.

%% A traversal by keys meets every row that stays, once.
fixed(T, N, All) ->
    ets:safe_fixtable(T, true),
    Keys = keys(T, ets:first(T), N, []),
    ets:safe_fixtable(T, false),
    lists:usort(Keys) =:= All.

keys(_, '$end_of_table', _, Keys) -> Keys;
keys(T, {N, K} = Key, N, Keys) -> keys(T, ets:next(T, Key), N, [K | Keys]);
keys(T, Key, N, Keys) -> keys(T, ets:next(T, Key), N, Keys).

chunks('$end_of_table', Found) -> Found;
chunks({Chunk, Continuation}, Found) -> chunks(ets:select(Continuation), Chunk ++ Found).

%% A table goes round a ring of processes; each adds a row that only its owner may add.
gifts() ->
    Me = self(),
    Count = 40,
    Pids = [spawn_link(fun() -> ring(Me) end) || _ <- lists:seq(1, Count)],
    [P ! {next, Q} || {P, Q} <- lists:zip(Pids, tl(Pids) ++ [Me])],
    T = ets:new(gift, [protected]),
    ets:give_away(T, hd(Pids), start),
    receive {'ETS-TRANSFER', T, _, done} -> ok end,
    {ets:info(T, size), ets:info(T, owner) =:= Me}.

ring(Me) ->
    receive
        {next, Next} ->
            receive
                {'ETS-TRANSFER', T, _, _} ->
                    ets:insert(T, {self(), here}),
                    ets:give_away(T, Next, case Next of Me -> done; _ -> on end)
            end
    end.

%% A table keeps its heir: who got it, gave it away and gets it again.
heir_again() ->
    Me = self(),
    First = spawn(fun() -> ets:new(legacy, [{heir, Me, {from, self()}}]) end),
    T = receive {'ETS-TRANSFER', Inherited, First, {from, First}} -> Inherited end,
    [begin
         Next = spawn(fun() -> receive {'ETS-TRANSFER', T, Me, N} -> ets:insert(T, {N, ets:info(T, heir) =:= Me}) end end),
         true = ets:give_away(T, Next, N),
         receive {'ETS-TRANSFER', T, Next, {from, First}} -> {ets:info(T, owner) =:= Me, ets:tab2list(T)} after 5000 -> gone end
     end || N <- [1, 2]].

%% Owners that end while others read and write; the heir gets every table whole.
heirs() ->
    Me = self(),
    Count = 30,
    [spawn(fun() ->
               T = ets:new(legacy, [public, {heir, Me, N}, {write_concurrency, N rem 2 =:= 0}]),
               Reader = spawn(fun() -> use(T, 200) end),
               ets:insert(T, [{K, N} || K <- lists:seq(1, 100)]),
               Reader ! go
           end) || N <- lists:seq(1, Count)],
    Tables = [receive {'ETS-TRANSFER', T, _, N} -> {N, T} end || _ <- lists:seq(1, Count)],
    Sizes = [length([K || {K, M} <- ets:tab2list(T), is_integer(K), M =:= N]) || {N, T} <- Tables],
    [ets:delete(T) || {_, T} <- Tables],
    {lists:usort(Sizes), lists:sort([N || {N, _} <- Tables]) =:= lists:seq(1, Count)}.

use(_, 0) -> ok;
use(T, N) -> catch ets:insert(T, {{extra, N}, N}), catch ets:lookup(T, N), use(T, N - 1).

%% Names that are taken, given up and asked for all the time.
names() ->
    Results = everybody(32, fun(N) -> named(N, 100, 0) end),
    lists:usort(Results).

named(_, 0, _) -> done;
named(N, Left, Made) ->
    Name = lists:nth(1 + (N + Left) rem 3, [name_a, name_b, name_c]),
    try ets:new(Name, [named_table, public]) of
        Name ->
            ets:insert(Name, {owner, self()}),
            Me = self(),
            [{owner, Me}] = ets:lookup(Name, owner),
            ets:delete(Name)
    catch error:badarg ->
            catch ets:lookup(Name, owner),
            catch ets:insert(Name, {other, N}),
            case ets:whereis(Name) of undefined -> ok; T -> catch ets:lookup(T, owner) end
    end,
    named(N, Left - 1, Made + 1).

%% A table that goes away under those who use it: badarg, and nothing else.
vanishing() ->
    lists:usort(lists:append([begin
        T = ets:new(t, [Type, public, {write_concurrency, N rem 2 =:= 0}]),
        ets:insert(T, [{K, K} || K <- lists:seq(1, 2000)]),
        Me = self(),
        Pids = [spawn_link(fun() -> Me ! {self(), until_gone(T, W)} end) || W <- lists:seq(1, 8)],
        erlang:yield(),
        N rem 3 =:= 0 andalso ets:delete_all_objects(T),
        ets:delete(T),
        [receive {P, R} -> R end || P <- Pids]
    end || Type <- [set, ordered_set, bag], N <- lists:seq(1, 6)])).

until_gone(T, W) ->
    try
        ets:insert(T, {{w, W}, W}),
        ets:lookup(T, {w, W}),
        ets:select(T, [{{'$1', '_'}, [{'is_tuple', '$1'}], ['$1']}]),
        ets:select(T, [{{'$1', '_'}, [], ['$1']}], 10),
        ets:foldl(fun(_, S) -> S end, 0, T),
        ets:delete(T, {w, W}),
        until_gone(T, W)
    catch error:Reason -> Reason
    end.

everybody(Count, Work) ->
    Me = self(),
    Pids = [spawn_link(fun() -> receive go -> ok end, Me ! {self(), Work(N)} end) || N <- lists:seq(1, Count)],
    [P ! go || P <- Pids],
    [receive {P, Result} -> Result end || P <- Pids].
