%% SPDX-License-Identifier: Apache-2.0
%% Work on large tables is cut into slices: inserting a long list, emptying and deleting a table, the end of a process that owns tables.
%% What others see of it happens at once.
-module(ets_slices).
-export([main/0]).

-define(ROWS, 100000).

main() ->
    [print("insert ~p", [Type], long_insert(Type)) || Type <- [set, ordered_set, bag, duplicate_bag]],
    print("insert_new", [], insert_new()),
    print("bad element at the end", [], bad_element()),
    print("improper list", [], improper()),
    print("killed while it inserts", [], killed_inserter()),
    [print("end of an owner ~p", [Options], end_of_owner(Options)) || Options <- [[set], [ordered_set], [bag, named_table], [set, {write_concurrency, true}]]],
    print("end of an owner of many", [], end_of_owner_of_many()),
    print("end of an owner who fixed his table", [], end_of_fixing_owner()),
    print("end of who fixed another's table", [], end_of_fixer()),
    print("heir", [], heir()),
    print("delete", [], delete()),
    print("delete_all_objects", [], out_of({ets, internal_delete_all, 2}, fun(T) -> true = ets:delete_all_objects(T), 0 = ets:info(T, size) end)),
    [print("delete_all_objects of a fixed ~p", [Options], empty_fixed(Options)) || Options <- [[set], [bag], [ordered_set], [set, {write_concurrency, true}]]],
    print("killed while it empties", [], killed_emptier()).

print(Format, Arguments, Result) -> io:format(Format ++ ": ~p~n", Arguments ++ [Result]).

rows() -> rows(1, ?ROWS).
rows(From, To) -> [{N, integer_to_list(N)} || N <- lists:seq(From, To)].

%% {did it give up slices, what was there afterwards, did somebody see a part of it}
long_insert(Type) ->
    Rows = rows(),
    T = ets:new(t, [Type, public]),
    Watcher = spawn_link(fun() -> watch(T, []) end),
    Yielded = yields({ets, insert, 2}, fun() -> true = ets:insert(T, Rows) end),
    Watcher ! {stop, self()},
    Seen = receive {seen, Sizes} -> Sizes -- [0, ?ROWS] end,
    {Yielded, ets:info(T, size), Seen, ets:lookup(T, 77777)}.

watch(T, Seen) ->
    receive
        {stop, From} -> From ! {seen, Seen}
    after 0 ->
        Size = ets:info(T, size),
        erlang:yield(),
        watch(T, case lists:member(Size, Seen) of true -> Seen; false -> [Size | Seen] end)
    end.

insert_new() ->
    T = ets:new(t, [public]),
    true = ets:insert_new(T, rows(1, ?ROWS div 2)),
    false = ets:insert_new(T, rows(?ROWS div 2, ?ROWS)),
    ets:info(T, size).

bad_element() ->
    T = ets:new(t, [public]),
    {'EXIT', {Reason, _}} = (catch ets:insert(T, rows() ++ [{}])),
    {Reason, ets:info(T, size)}.

improper() ->
    T = ets:new(t, [public]),
    {'EXIT', {Reason, _}} = (catch ets:insert(T, rows() ++ tail)),
    {Reason, ets:info(T, size)}.

killed_inserter() ->
    T = ets:new(t, [public]),
    Rows = rows(),
    [begin
         {Pid, Monitor} = spawn_monitor(fun() -> ets:insert(T, Rows) end),
         [erlang:yield() || _ <- lists:seq(1, N)],
         exit(Pid, kill),
         receive {'DOWN', Monitor, process, Pid, _} -> ok end,
         true = lists:member(ets:info(T, size), [0, ?ROWS]),
         ets:delete_all_objects(T)
     end || N <- lists:seq(0, 10)],
    true = ets:insert(T, Rows),
    ets:info(T, size).

%% The owner's end: at least so many runs after the first; the table is gone when it is told of.
end_of_owner(Options) ->
    Fill = fun() ->
        T = ets:new(ets_slices_table, [public | Options]),
        ets:insert(T, rows()),
        T
    end,
    {Pid, T} = owner(Fill),
    {exit_slices(Pid) >= 2, ets:info(T, size), ets:whereis(ets_slices_table)}.

end_of_owner_of_many() ->
    Fill = fun() -> [begin T = ets:new(t, []), ets:insert(T, rows(1, 1000)), T end || _ <- lists:seq(1, 100)] end,
    {Pid, Tables} = owner(Fill),
    {exit_slices(Pid) >= 2, lists:usort([ets:info(T, size) || T <- Tables])}.

end_of_fixing_owner() ->
    Fill = fun() ->
        T = ets:new(t, []),
        ets:insert(T, rows()),
        ets:safe_fixtable(T, true),
        [ets:delete(T, N) || N <- lists:seq(1, ?ROWS, 2)],
        T
    end,
    {Pid, T} = owner(Fill),
    {exit_slices(Pid) >= 2, ets:info(T, size)}.

end_of_fixer() ->
    T = ets:new(t, [public]),
    ets:insert(T, rows()),
    Fill = fun() ->
        ets:safe_fixtable(T, true),
        [ets:delete(T, N) || N <- lists:seq(1, ?ROWS, 2)]
    end,
    {Pid, _} = owner(Fill),
    true = ets:info(T, fixed),
    exit_slices(Pid),
    {ets:info(T, fixed), ets:info(T, size), ets:lookup(T, 2), ets:lookup(T, 3)}.

heir() ->
    Self = self(),
    Fill = fun() ->
        T = ets:new(t, [{heir, Self, gift}]),
        ets:insert(T, rows()),
        T
    end,
    {Pid, T} = owner(Fill),
    exit(Pid, kill),
    receive {'ETS-TRANSFER', T, Pid, gift} -> ok end,
    {ets:info(T, size), ets:info(T, owner) =:= Self}.

delete() ->
    T = ets:new(t, [public]),
    ets:insert(T, rows()),
    {ets:delete(T), ets:info(T, size)}.

%% Nobody sees a part of it, who stands at a row goes on from there, and what comes afterwards stays when the fixation ends.
empty_fixed(Options) ->
    T = ets:new(t, [public | Options]),
    ets:insert(T, rows()),
    ets:safe_fixtable(T, true),
    First = ets:first(T),
    Watcher = spawn_link(fun() -> watch(T, []) end),
    Yielded = yields({ets, internal_delete_all, 2}, fun() -> true = ets:delete_all_objects(T) end),
    Watcher ! {stop, self()},
    Seen = receive {seen, Sizes} -> Sizes -- [0, ?ROWS] end,
    Empty = {ets:info(T, size), ets:first(T), ets:next(T, First), ets:lookup(T, 5), ets:tab2list(T), ets:member(T, First)},
    ets:insert(T, [{5, new}, {later, new}]),
    ets:safe_fixtable(T, false),
    {Yielded, Seen, Empty, lists:sort(ets:tab2list(T)), ets:info(T, size), catch_next(T, First)}.

%% Ordered tables have neighbours for what is not there.
catch_next(T, Key) ->
    try ets:next(T, Key) of
        Next -> Next
    catch
        error:badarg -> badarg
    end.

killed_emptier() ->
    T = ets:new(t, [public]),
    Rows = rows(),
    lists:usort([begin
         true = ets:insert(T, Rows),
         {Pid, Monitor} = spawn_monitor(fun() -> ets:safe_fixtable(T, true), ets:delete_all_objects(T), receive after infinity -> ok end end),
         [erlang:yield() || _ <- lists:seq(1, N)],
         exit(Pid, kill),
         receive {'DOWN', Monitor, process, Pid, killed} -> ok end,
         true = lists:member(ets:info(T, size), [0, ?ROWS]),
         ets:insert(T, {1, one}),
         ets:select_count(T, [{{1, '_'}, [], [true]}])
     end || N <- lists:seq(0, 10)]).

owner(Fill) ->
    Self = self(),
    Pid = spawn(fun() -> Self ! {filled, self(), Fill()}, receive after infinity -> ok end end),
    receive {filled, Pid, Filled} -> {Pid, Filled} end.

%% How often the process ran to end.
exit_slices(Pid) ->
    1 = erlang:trace(Pid, true, [exiting]),
    Monitor = monitor(process, Pid),
    exit(Pid, kill),
    receive {'DOWN', Monitor, process, Pid, killed} -> ok end,
    count_exit_slices(Pid, 0).

count_exit_slices(Pid, Count) ->
    receive
        {trace, Pid, in_exiting, _} -> count_exit_slices(Pid, Count + 1);
        {trace, Pid, out_exiting, _} -> count_exit_slices(Pid, Count);
        {trace, Pid, out_exited, _} -> Count
    end.

%% Whether `Fun` gave up its slice in the built-in.
yields(Mfa, Fun) ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive go -> Fun() end end),
    1 = erlang:trace(Pid, true, [running]),
    Pid ! go,
    receive {'DOWN', Monitor, process, Pid, Reason} -> normal = Reason end,
    Delivered = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, Delivered} -> ok end,
    saw_out(Pid, Mfa, false).

saw_out(Pid, Mfa, Saw) ->
    receive
        {trace, Pid, out, Mfa} -> saw_out(Pid, Mfa, true);
        {trace, Pid, _, _} -> saw_out(Pid, Mfa, Saw)
    after 0 -> Saw
    end.

out_of(Mfa, Fun) ->
    T = ets:new(t, [public]),
    ets:insert(T, rows()),
    yields(Mfa, fun() -> Fun(T) end).
