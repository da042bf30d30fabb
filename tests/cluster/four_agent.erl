%% SPDX-License-Identifier: Apache-2.0
%% A node of four: evaluates lines of its standard input, each answered by one line "=> …". And processes that watch others through links,
%% monitors and the like, and tell afterwards what they heard, in order.
-module(four_agent).
-export([main/0, connected/1, targets/0, watch/1, watch/2, heard/1, afterwards/2, until/1, until/2, wait/0, target/1]).

main() -> register(agent, spawn(fun() -> say(up), loop(erl_eval:new_bindings()) end)).

say(Term) -> io:format("=> ~tw~n", [Term]).

loop(Bindings) ->
    case io:get_line("") of
        Line when is_list(Line) ->
            {ok, Tokens, _} = erl_scan:string(Line),
            {ok, Expressions} = erl_parse:parse_exprs(Tokens),
            {value, Value, New} = try erl_eval:exprs(Expressions, Bindings)
                                  catch Class:Reason:Stack -> {value, {Class, Reason, lists:sublist(Stack, 3)}, Bindings}
                                  end,
            say(Value),
            loop(New);
        _ -> erlang:halt(0)
    end.

until(Is) -> until(Is, 60000).
until(_, Left) when Left < 0 -> never;
until(Is, Left) -> case Is() of true -> ok; false -> timer:sleep(20), until(Is, Left - 20) end.

%% This node sees all of these: it connects where nobody did.
connected(Nodes) ->
    Others = Nodes -- [node()],
    until(fun() -> [net_kernel:connect_node(N) || N <- Others], Others -- nodes() =:= [] end).

wait() -> receive stop -> ok end.

%% What the others watch: target1 … target3, and a server that never answers.
targets() ->
    [register(Name, spawn(?MODULE, wait, [])) || Name <- [target1, target2, target3, mute]],
    ok.

target(I) -> whereis(list_to_atom("target" ++ integer_to_list(I))).

watch(Node) -> watch(Node, [1, 2, 3]).

%% One process for each target there, which watches it in every way there is; another for the node; others in the middle of a call.
%% Answers when all of it is in force.
watch(Node, Targets) ->
    Me = self(),
    Watchers = [{{target, I}, fun(Ready) -> watch_target(Node, I, Ready) end} || I <- Targets]
        ++ [{{node, Node}, fun(Ready) -> watch_node(Node, Ready) end}]
        ++ [{Name, fun(Ready) -> Ready(), Me ! {heard, Node, self(), Name, [caught(Call)]} end} || {Name, Call} <- calls(Node)],
    Started = [{spawn(fun() -> F(fun() -> Me ! {ready, self()} end) end), Name, F} || {Name, F} <- Watchers],
    [receive {ready, P} -> ok end || {P, _, _} <- Started],
    %% Those that are in the middle of a call have sent their question by then.
    timer:sleep(100),
    put({watchers, Node}, [{P, Name} || {P, Name, _} <- Started]),
    length(Started).

calls(Node) ->
    [{gen_call, fun() -> gen_server:call({mute, Node}, question, infinity) end},
     {multi_call, fun() -> gen_server:multi_call([Node], mute, question) end},
     {rpc, fun() -> rpc:call(Node, ?MODULE, wait, []) end},
     {erpc, fun() -> erpc:call(Node, ?MODULE, wait, []) end}].

caught(F) ->
    try F()
    catch exit:{Reason, {gen_server, call, _}} -> {exit, Reason};
          Class:Reason -> {Class, Reason}
    end.

watch_target(Node, I, Ready) ->
    process_flag(trap_exit, true),
    Pid = erpc:call(Node, ?MODULE, target, [I]),
    Name = list_to_atom("target" ++ integer_to_list(I)),
    link(Pid),
    Gone = monitor(process, Pid),
    Refs = [{monitor(process, Pid), by_pid}, {monitor(process, {Name, Node}), by_name}, {monitor(process, Pid, [{tag, {tagged, 1}}]), tagged},
            {monitor(process, Pid, [{alias, demonitor}]), alias}],
    demonitor(Gone),
    Other = erpc:call(Node, ?MODULE, target, [I rem 3 + 1]),
    link(Other), unlink(Other),
    monitor_node(Node, true),
    monitor_node(Node, true),
    {_, Child} = {a, spawn_link(Node, ?MODULE, wait, [])},
    {Kid, KidRef} = spawn_monitor(Node, ?MODULE, wait, []),
    %% The other side has all of it.
    _ = erpc:call(Node, erlang, is_process_alive, [Pid]),
    Ready(),
    collect(fun({'EXIT', P, R}) when P =:= Pid -> {exit, target, R};
               ({'EXIT', P, R}) when P =:= Child -> {exit, child, R};
               ({'DOWN', Ref, process, P, R}) when Ref =:= KidRef, P =:= Kid -> {down, kid, R};
               ({Tag, Ref, process, P, R}) -> {Tag, proplists:get_value(Ref, Refs), if P =:= Pid -> pid; true -> P end, R};
               (Else) -> Else
            end).

watch_node(Node, Ready) ->
    ok = net_kernel:monitor_nodes(true, [nodedown_reason, {node_type, all}]),
    ok = net_kernel:monitor_nodes(true),
    ok = net_kernel:monitor_nodes(true, #{connection_id => true, nodedown_reason => true}),
    Ready(),
    collect(fun(Message) when element(2, Message) =/= Node -> ignored;
               ({Up, N, Info}) when is_map(Info) -> {Up, N, maps:to_list(maps:remove(connection_id, Info))};
               ({Up, N, Info}) -> {Up, N, lists:sort(Info)};
               (Else) -> Else
            end).

collect(Name) -> collect(Name, []).
collect(Name, Heard) ->
    receive
        {count, From} -> From ! {count, self(), length(Heard)}, collect(Name, Heard);
        {tell, From, Key} -> From ! {heard, Key, self(), in_order(lists:reverse(Heard))};
        Message -> case Name(Message) of ignored -> collect(Name, Heard); Known -> collect(Name, [Known | Heard]) end
    end.

%% Signals of different senders come in any order.
in_order(Heard) ->
    Sender = fun({exit, Who, _}) -> Who; ({down, Who, _}) -> Who; ({nodedown, _}) -> node; (T) when element(1, T) =:= nodedown -> node; (_) -> target end,
    [H || {_, H} <- lists:keysort(1, [{Sender(H), H} || H <- Heard])].

%% What each has heard, once nothing new has come for a moment.
heard(Node) ->
    Collect = fun({node, _}) -> true; ({target, _}) -> true; (_) -> false end,
    {Collectors, Callers} = lists:partition(fun({_, Name}) -> Collect(Name) end, get({watchers, Node})),
    until(fun() -> quiet([P || {P, _} <- Collectors]) end),
    [P ! {tell, self(), Node} || {P, _} <- Collectors],
    lists:sort([receive {heard, Node, P, Heard} -> {Name, Heard} after 60000 -> {Name, timeout} end || {P, Name} <- Collectors]
               ++ [receive {heard, Node, P, Name, Heard} -> {Name, Heard} after 60000 -> {Name, timeout} end || {P, Name} <- Callers]).

%% All have heard something, and no more for a while.
quiet(Pids) ->
    Before = [count(P) || P <- Pids],
    timer:sleep(700),
    not lists:member(0, Before) andalso [count(P) || P <- Pids] =:= Before.

count(P) -> P ! {count, self()}, receive {count, P, N} -> N end.

%% What there is to do with a node that is gone, and with a process of it.
afterwards(Node, Pid) ->
    process_flag(trap_exit, true),
    Me = self(),
    First = [{member, lists:member(Node, nodes())}, {known, lists:member(Node, nodes(known))},
             {noconnect, erlang:send(Pid, hello, [noconnect])}, {by_name, erlang:send({target1, Node}, hello, [noconnect])}],
    Ways = [{link, fun() -> link(Pid), receive {'EXIT', P, R} when P =:= Pid -> {exit, R} end end},
            {monitor, fun() -> M = monitor(process, Pid), receive {'DOWN', M, process, P, R} -> {P =:= Pid, R} end end},
            {monitor_name, fun() -> M = monitor(process, {target1, Node}), receive {'DOWN', M, process, P, R} -> {P, R} end end},
            {monitor_node, fun() -> monitor_node(Node, true), receive {nodedown, N} -> N end end},
            {send, fun() -> Pid ! hello end},
            {exit, fun() -> exit(Pid, kill) end},
            {spawn_link, fun() -> C = spawn_link(Node, ?MODULE, wait, []), receive {'EXIT', C, R} -> {exit, R} end end},
            {spawn_monitor, fun() -> {C, M} = spawn_monitor(Node, ?MODULE, wait, []), receive {'DOWN', M, process, C, R} -> R end end},
            {spawn_request, fun() -> Ref = spawn_request(Node, ?MODULE, wait, [], []), receive {spawn_reply, Ref, What, R} -> {What, R} end end},
            {rpc, fun() -> rpc:call(Node, erlang, node, []) end},
            {erpc, fun() -> erpc:call(Node, erlang, node, []) end},
            {gen_call, fun() -> gen_server:call({mute, Node}, question) end},
            {ping, fun() -> net_adm:ping(Node) end},
            {connect, fun() -> net_kernel:connect_node(Node) end}],
    %% All at once: each may have to wait for an attempt to connect.
    Asked = [spawn(fun() -> process_flag(trap_exit, true), Me ! {self(), Name, try_it(F, Pid)} end) || {Name, F} <- Ways],
    First ++ [receive {P, Name, Result} -> {Name, Result} after 60000 -> timeout end || P <- Asked].

try_it(F, Pid) -> case caught(F) of Pid -> sent; hello -> sent; Result -> Result end.
