%% SPDX-License-Identifier: Apache-2.0
%% 64 processes fight for one ETS table, of each kind: counters, rows of their own, rows of all.
-module(contended).
-export([size/0, run/1]).

-define(PROCESSES, 64).

size() -> ?PROCESSES * 10000.

%% Fewer steps where a key has many rows, each of which is looked at.
run(Steps) -> {[one(Kind, max(1, Steps div (?PROCESSES * Part))) || {Kind, Part} <- [{set, 1}, {ordered_set, 1}, {bag, 10}, {duplicate_bag, 20}]], []}.

one(Kind, Each) ->
    Table = ets:new(contended, [Kind, public, {write_concurrency, true}, {read_concurrency, true}]),
    Counts = Kind =:= set orelse Kind =:= ordered_set,
    Counts andalso ets:insert(Table, {counter, 0}),
    Workers = [spawn_monitor(fun() -> work(Table, Counts, Id, Each) end) || Id <- lists:seq(1, ?PROCESSES)],
    [receive {'DOWN', Monitor, process, Pid, normal} -> ok end || {Pid, Monitor} <- Workers],
    Result = {Kind, ets:info(Table, size), Counts andalso ets:lookup(Table, counter), erlang:phash2(lists:sort([Row || {{_, _}, _} = Row <- ets:tab2list(Table)]))},
    ets:delete(Table),
    Result.

work(_, _, _, 0) -> ok;
work(Table, Counts, Id, N) ->
    Counts andalso ets:update_counter(Table, counter, 1),
    true = ets:insert(Table, {{Id, N rem 50}, N rem 7}),
    true = ets:insert(Table, {shared, N rem 100}),
    [_ | _] = ets:lookup(Table, {Id, N rem 50}),
    true = ets:delete_object(Table, {shared, N rem 100}),
    N rem 10 =:= 0 andalso ets:delete(Table, {Id, (N + 25) rem 50}),
    work(Table, Counts, Id, N - 1).
