%% SPDX-License-Identifier: Apache-2.0
%% Mnesia on disc with two nodes, seen from one of them: a line a check. The other node is killed in the middle and started again by the runner,
%% which is asked for it by the line "restart". Each node has `-mnesia dir` of its own; MNESIA_DIR is for both.
-module(mnesia_checks).
-export([main/1, server/0]).
-export([transfer/3, count/1]).

-record(account, {name, amount}).
-record(note, {key, text}).

server() -> ok.

out(Format, Args) -> io:format(Format ++ "~n", Args).

main([ServerText]) ->
    Server = list_to_atom(ServerText),
    pong = net_adm:ping(Server),
    try checks(Server)
    catch Class:Reason:Stack -> out("~p ~p~n~p", [Class, Reason, Stack])
    end,
    out("done", []).

checks(S) ->
    Nodes = [node(), S],
    out("schema ~p", [mnesia:create_schema(Nodes)]),
    out("started ~p", [rpc:multicall(Nodes, mnesia, start, [])]),
    out("disc copies ~p", [mnesia:create_table(account, [{disc_copies, Nodes}, {attributes, record_info(fields, account)}])]),
    out("disc only ~p", [mnesia:create_table(note, [{disc_only_copies, Nodes}, {attributes, record_info(fields, note)}, {type, set}])]),
    out("ram ~p", [mnesia:create_table(ram, [{ram_copies, [node()]}, {attributes, [key, value]}, {type, bag}])]),
    out("index ~p", [mnesia:add_table_index(account, amount)]),
    out("ready ~p", [mnesia:wait_for_tables([account, note, ram], 30000)]),
    out("filled ~p", [mnesia:transaction(fun() ->
        [mnesia:write(#account{name = I, amount = 100}) || I <- lists:seq(1, 200)],
        [mnesia:write(#note{key = I, text = "note " ++ integer_to_list(I)}) || I <- lists:seq(1, 100)], ok end)]),
    out("dirty ~p", [[mnesia:dirty_write({ram, a, V}) || V <- [1, 2, 3]]]),
    out("there ~p", [lists:sort(rpc:call(S, mnesia, dirty_read, [ram, a]))]),
    out("read there ~p", [read_when_there(S, account, 7, 200)]),   % a transaction may end a moment before it has arrived everywhere
    out("indexed ~p", [length(mnesia:dirty_index_read(account, 100, #account.amount))]),
    transfers(S),
    out("abort ~p", [mnesia:transaction(fun() -> mnesia:write(#account{name = 1, amount = lost}), mnesia:abort(changed_my_mind) end)]),
    out("nested ~p", [mnesia:transaction(fun() ->
        {aborted, inner} = mnesia:transaction(fun() -> mnesia:write(#note{key = in, text = x}), mnesia:abort(inner) end),
        mnesia:read(note, in) end)]),
    out("select ~p", [length(mnesia:dirty_select(account, [{#account{name = '$1', amount = '_'}, [{'<', '$1', 51}], ['$1']}]))]),
    out("fold ~p", [mnesia:transaction(fun() -> mnesia:foldl(fun(#note{key = K}, N) -> K + N end, 0, note) end)]),
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:write_lock_table(account), ok end),
    out("qlc-free match ~p", [lists:sort(mnesia:dirty_match_object(#note{key = '_', text = "note 9"}))]),
    subscribed(S),
    backup(),
    lost(S).

read_when_there(S, Table, Key, Tries) ->
    case rpc:call(S, mnesia, dirty_read, [Table, Key]) of
        [] when Tries > 0 -> timer:sleep(50), read_when_there(S, Table, Key, Tries - 1);
        Rows -> Rows
    end.

%% Money moves at both nodes at once; none is lost.
transfers(S) ->
    Total = count(account),
    Me = self(),
    Workers = [spawn(N, fun() -> rand:seed(exsss, {1, 2, Seed}), [transfer(rand:uniform(200), rand:uniform(200), rand:uniform(10)) || _ <- lists:seq(1, 100)], Me ! {self(), moved} end)
               || {N, Seed} <- [{node(), 1}, {node(), 2}, {S, 3}, {S, 4}]],
    out("moved ~p", [[receive {W, moved} -> ok after 120000 -> timeout end || W <- Workers]]),
    out("total ~p", [{Total, count(account), rpc:call(S, ?MODULE, count, [account])}]).

transfer(From, To, Amount) ->
    mnesia:transaction(fun() ->
        [#account{amount = A}] = mnesia:wread({account, From}),
        mnesia:write(#account{name = From, amount = A - Amount}),
        [#account{amount = B}] = mnesia:wread({account, To}),
        mnesia:write(#account{name = To, amount = B + Amount}) end).

count(account) -> lists:sum([A || #account{amount = A} <- ets:tab2list(account)]).

subscribed(S) ->
    {ok, _} = mnesia:subscribe({table, account, detailed}),
    rpc:call(S, mnesia, dirty_write, [#account{name = 500, amount = 0}]),
    out("event ~p", [receive {mnesia_table_event, {What, Table, New, Old, _}} -> {What, Table, New, Old} after 20000 -> timeout end]),
    mnesia:unsubscribe({table, account, detailed}),
    ok = mnesia:dirty_delete(account, 500).

backup() ->
    File = filename:join(os:getenv("MNESIA_DIR"), "backup"),
    out("backup ~p", [mnesia:backup(File)]),
    {atomic, ok} = mnesia:clear_table(note),
    out("cleared ~p", [mnesia:table_info(note, size)]),
    out("restored ~p", [mnesia:restore(File, [{keep_tables, [account, note]}, {default_op, skip_tables}])]),
    out("notes ~p", [mnesia:table_info(note, size)]).

%% The other node is killed; what is written meanwhile reaches it when it is back.
lost(S) ->
    {ok, _} = mnesia:subscribe(system),
    Pid = rpc:call(S, os, getpid, []),
    monitor_node(S, true),
    _ = os:cmd("kill -9 " ++ Pid),
    receive {nodedown, S} -> ok after 30000 -> out("no nodedown", []) end,
    out("event ~p", [receive {mnesia_system_event, {mnesia_down, N}} -> N =:= S after 30000 -> timeout end]),
    out("running ~p", [mnesia:system_info(running_db_nodes) =:= [node()]]),
    out("alone ~p", [mnesia:transaction(fun() -> mnesia:write(#account{name = alone, amount = 0}) end)]),
    out("restart", []),
    out("up ~p", [up(S, 600)]),
    out("started ~p", [rpc:call(S, mnesia, start, [])]),
    out("ready ~p", [rpc:call(S, mnesia, wait_for_tables, [[account, note], 60000])]),
    out("reached ~p", [rpc:call(S, mnesia, dirty_read, [account, alone])]),
    out("total ~p", [rpc:call(S, ?MODULE, count, [account])]),
    out("event ~p", [receive {mnesia_system_event, {mnesia_up, N2}} -> N2 =:= S after 30000 -> timeout end]),
    out("notes ~p", [rpc:call(S, mnesia, table_info, [note, size])]),
    out("deleted ~p", [mnesia:del_table_copy(note, S)]),
    out("stopped ~p", [mnesia:stop()]),
    out("files ~p", [lists:sort([F || F <- filelib:wildcard("*.D{CD,AT}", mnesia:system_info(directory))])]),
    out("started ~p", [mnesia:start()]),
    out("ready ~p", [mnesia:wait_for_tables([account, note], 60000)]),
    out("total ~p", [count(account)]).

up(_, 0) -> never;
up(S, N) -> case rpc:call(S, init, get_status, []) of {started, started} -> pong; _ -> timer:sleep(100), up(S, N - 1) end.
