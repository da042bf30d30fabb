%% SPDX-License-Identifier: Apache-2.0
%% Registries of a cluster of four: global's names and locks, pg's groups, mnesia's tables.
-module(four_registries).
-export([holder/1, resolve/3, register_at/2, race/2, where/1, lock_storm/2, pg/0, join/2, members/1, until_members/2,
         tables/1, move/2, total/0, there/1, wait_tables/0]).

%% --- global ---

%% A process that is known by `Name`; it tells when it is asked to leave.
holder(Name) -> register(Name, self()), hold(Name, []).
hold(Name, Told) ->
    receive
        {lost, G} -> hold(Name, [G | Told]);
        {told, From} -> From ! {told, Told}, hold(Name, Told);
        stop -> ok
    end.

%% The one on the first node stays, the other is told: as long as it is the same rule on all nodes.
resolve(Name, P1, P2) ->
    {Stays, Goes} = case node(P1) < node(P2) of true -> {P1, P2}; false -> {P2, P1} end,
    Goes ! {lost, Name},
    Stays.

register_at(Name, Local) ->
    P = spawn(?MODULE, holder, [Local]),
    global:register_name(Name, P, fun ?MODULE:resolve/3).

%% Whoever comes first.
race(Name, At) ->
    P = spawn(four_agent, wait, []),
    until_time(At),
    Won = global:register_name(Name, P),
    [exit(P, kill) || Won =:= no],
    Won.

until_time(At) -> case erlang:system_time(millisecond) of Now when Now < At -> until_time(At); _ -> ok end.

where(Name) -> case global:whereis_name(Name) of undefined -> undefined; P -> node(P) end.

%% A counter at one node that is read and written, which only the lock protects.
lock_storm({Counter, Node}, Times) ->
    Me = self(),
    Workers = [spawn(fun() -> [locked(Counter, Node) || _ <- lists:seq(1, Times)], Me ! {self(), done} end) || _ <- [1, 2]],
    [receive {W, done} -> ok after 80000 -> timeout end || W <- Workers].

locked(Counter, Node) ->
    global:trans({Counter, self()}, fun() ->
        N = erpc:call(Node, persistent_term, get, [Counter, 0]),
        erpc:call(Node, persistent_term, put, [Counter, N + 1]) end).

%% --- pg ---

pg() -> {ok, _} = pg:start(four), ok.
join(Group, Count) -> [begin P = spawn(four_agent, wait, []), pg:join(four, Group, P) end || _ <- lists:seq(1, Count)].
members(Group) -> lists:sort([node(P) || P <- pg:get_members(four, Group)]).
until_members(Group, Count) -> four_agent:until(fun() -> length(members(Group)) =:= Count end, 20000), members(Group).

%% --- mnesia ---

-record(coin, {key, amount}).

tables(Nodes) ->
    [mnesia:create_table(coin, [{disc_copies, Nodes}, {attributes, record_info(fields, coin)}]),
     mnesia:create_table(page, [{disc_only_copies, Nodes}, {record_name, coin}, {attributes, record_info(fields, coin)}]),
     mnesia:transaction(fun() -> [mnesia:write({coin, I, 100}) || I <- lists:seq(1, 100)], [mnesia:write(page, {coin, I, 1}, write) || I <- lists:seq(1, 50)], ok end)].

wait_tables() -> mnesia:wait_for_tables([coin, page], 60000).

%% Money goes from one to the other; a transaction that cannot is no harm.
move(Seed, Times) ->
    rand:seed(exsss, {Seed, Seed, Seed}),
    lists:usort([element(1, mnesia:transaction(fun() ->
        [A, B] = lists:sort([rand:uniform(50), 50 + rand:uniform(50)]),
        [{coin, A, X}] = mnesia:wread({coin, A}),
        [{coin, B, Y}] = mnesia:wread({coin, B}),
        mnesia:write({coin, A, X - 1}),
        mnesia:write({coin, B, Y + 1}),
        mnesia:write(page, {coin, 100 + A, 1}, write) end)) || _ <- lists:seq(1, Times)]).

total() -> {atomic, Sum} = mnesia:transaction(fun() -> mnesia:foldl(fun({coin, _, N}, S) -> N + S end, 0, coin) end), Sum.

there(Node) -> {lists:member(Node, mnesia:table_info(coin, where_to_commit) ++ mnesia:table_info(coin, disc_copies)), lists:member(Node, mnesia:system_info(running_db_nodes))}.
