%% SPDX-License-Identifier: Apache-2.0
%% Corners of ETS: continuations whose table was renamed or made anew, keys that a replacement must keep, the end as a key, fixation times.
-module(ets_edges).
-export([main/0]).

main() ->
    [continued(Type, Options) || Type <- [set, ordered_set, bag, duplicate_bag], Options <- [[], [public, {write_concurrency, true}]]],
    [replaced(Old, New) || {Old, New} <- keys()],
    [neighbours(Type, Rows) || Type <- [set, ordered_set], Rows <- [[], [{1}], [{1}, {'$end_of_table'}, {q}]]],
    locks(),
    fixed(50),
    halt().

said(Result) ->
    case Result of
        {'EXIT', {Reason, _}} -> Reason;
        {Rows, Continuation} when is_tuple(Continuation) -> {Rows, more};
        Other -> Other
    end.

continued(Type, Options) ->
    Name = named,
    Spec = [{{'$1', 22}, [], ['$1']}],
    Name = ets:new(Name, [Type, named_table | Options]),
    ets:insert(Name, [{1, 11}, {2, 22}, {3, 33}]),
    {_, First} = ets:select(Name, Spec, 1),
    ets:delete(Name),
    io:format("~w ~w: ~w", [Type, Options, said(catch ets:select(First))]),
    Name = ets:new(Name, [Type, named_table | Options]),
    io:format(" ~w", [said(catch ets:select(First))]),
    ets:insert(Name, [{1, 22}, {2, 22}, {4, 22}]),
    {Two, Second} = ets:select(Name, Spec, 2),
    ets:rename(Name, other),
    Rest = said(catch ets:select(Second)),
    io:format(" ~w ~w~n", [lists:sort(Two), Rest]),
    ets:delete(other).

keys() ->
    [{x, y}, {x, x}, {'$_', '$_'}, {'$$', '$$'}, {'_', '_'}, {'$1', '$1'}, {'$1', {const, '$1'}}, {{x}, {{x}}}, {{x}, {const, {{x}}}},
     {[x, y | '$1'], [x, y]}, {[x | '$1'], [x | '$1']}, {[{x, '$1'}], [{{x, '$1'}}]}, {#{}, #{}}, {1.0, 1}, {{x}, {const, {x}}}].

replaced(Old, New) ->
    Table = ets:new(table, [ordered_set]),
    ets:insert(Table, [{{N, N}, 1, 2} || N <- [1, 2, 3]]),
    io:format("~w -> ~w: ~w~n", [Old, New, said(catch ets:select_replace(Table, [{{Old, '$2', '$3'}, [], [{{New, '$3', '$2'}}]}]))]),
    ets:delete(Table).

neighbours(Type, Rows) ->
    Table = ets:new(table, [Type]),
    ets:insert(Table, Rows),
    io:format("~w ~w: ~w~n", [Type, Rows, [said(catch ets:F(Table, '$end_of_table')) || F <- [next, prev]]]).

locks() ->
    [begin
         Table = ets:new(table, [public, {write_concurrency, {debug_hash_fixed_number_of_locks, Count}}]),
         io:format("~w locks: ~w~n", [Count, ets:info(Table, write_concurrency)])
     end || Count <- [1024, 2049, 32768]].

%% The time of a fixation lies between clocks read before and after it, in both kinds of time.
fixed(0) -> ok;
fixed(Left) ->
    Table = ets:new(table, [public]),
    {Monotonic, System} = {erlang:monotonic_time(), erlang:timestamp()},
    ets:safe_fixtable(Table, true),
    {Monotonic2, System2} = {erlang:monotonic_time(), erlang:timestamp()},
    {Fixed, _} = ets:info(Table, safe_fixed_monotonic_time),
    {FixedSystem, _} = ets:info(Table, safe_fixed),
    case {Monotonic =< Fixed, Fixed =< Monotonic2, timer:now_diff(FixedSystem, System) >= 0, timer:now_diff(System2, FixedSystem) >= 0} of
        {true, true, true, true} -> ok;
        Wrong -> io:format("~w~n", [Wrong])
    end,
    ets:delete(Table),
    fixed(Left - 1).
