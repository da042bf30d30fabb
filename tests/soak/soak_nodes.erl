%% SPDX-License-Identifier: Apache-2.0
%% A second node: messages of all sizes, monitors and links over the wire, calls, connections cut, the node itself ended and started again.
-module(soak_nodes).
-export([open/0, round/2, close/1, echo/1]).

-import(soak_help, [same/3]).

-define(ROUNDS_OF_A_NODE, 40).
-define(LIMIT_MS, 300000).

open() -> start().

start() ->
    {ok, Erl} = init:get_argument(soak_erl),
    {ok, Peer, Node} = peer:start_link(#{name => peer_name(), host => "127.0.0.1", longnames => true, exec => hd(hd(Erl)), wait_boot => ?LIMIT_MS, connection => standard_io,
                                         args => ["-setcookie", atom_to_list(erlang:get_cookie()), "-pa", filename:dirname(code:which(?MODULE)),
                                                  "-kernel", "inet_dist_use_interface", "{127,0,0,1}", "-kernel", "logger_level", "emergency"]}),
    {Peer, Node}.

%% Always the same, so that no atom is made.
peer_name() -> [Own | _] = string:lexemes(atom_to_list(node()), "@"), list_to_atom(Own ++ "_other").

close({Peer, _}) -> peer:stop(Peer).

round(Number, {_, Node} = Running) ->
    Checks = lists:sum([echoes(Node), calls(Node), links(Node), spawned(Node), cut(Node)]),
    case Number rem ?ROUNDS_OF_A_NODE of
        0 -> {Checks, again(Running)};
        _ -> {Checks, Running}
    end.

again({Peer, Node}) ->
    Ref = spawn_monitored(Node),
    true = monitor_node(Node, true),
    peer:stop(Peer),
    receive {nodedown, Node} -> ok after ?LIMIT_MS -> error({wrong, nodedown, none}) end,
    receive {'DOWN', Ref, process, _, noconnection} -> ok end,
    start().

spawn_monitored(Node) -> {_, Ref} = spawn_monitor(Node, timer, sleep, [infinity]), Ref.

echo(Main) -> receive {Main, Any} -> Main ! {self(), Any}, echo(Main); stop -> ok end.

%% Whatever is sent comes back, in order.
echoes(Node) ->
    Sent = [soak_help:payload() || _ <- lists:seq(1, 20)] ++ [rand:bytes(200000), [self(), make_ref(), fun lists:map/2, node()]],
    Pid = spawn_link(Node, ?MODULE, echo, [self()]),
    [Pid ! {self(), S} || S <- Sent],
    Got = [receive {Pid, G} -> G after ?LIMIT_MS -> error({wrong, echo, none}) end || _ <- Sent],
    unlink(Pid),
    Pid ! stop,
    soak_help:gone(Pid),
    same(echoes, Sent, Got).

calls(Node) ->
    List = [rand:uniform(1000) || _ <- lists:seq(1, 200)],
    same(rpc, lists:sort(List), rpc:call(Node, lists, sort, [List], ?LIMIT_MS)) + same(erpc, lists:sum(List), erpc:call(Node, lists, sum, [List], ?LIMIT_MS)) +
        same(erpc_error, {error, badarg}, try erpc:call(Node, erlang, atom_to_list, [1], ?LIMIT_MS) catch error:{exception, Why, _} -> {error, Why} end) +
        same(several, [{ok, I * I} || I <- lists:seq(1, 10)], [erpc_result(erpc:send_request(Node, erlang, '*', [I, I])) || I <- lists:seq(1, 10)]).

erpc_result(Request) -> {ok, erpc:receive_response(Request, ?LIMIT_MS)}.

%% Ends of remote processes, told by links and monitors.
links(Node) ->
    soak_help:elsewhere(fun() ->
        process_flag(trap_exit, true),
        Pids = [spawn_link(Node, ?MODULE, echo, [self()]) || _ <- lists:seq(1, 10)],
        Refs = [monitor(process, Pid) || Pid <- Pids],
        [exit(Pid, {reason, I}) || {I, Pid} <- lists:zip(lists:seq(1, 10), Pids)],
        Exits = [receive {'EXIT', Pid, {reason, I}} -> I end || Pid <- Pids],
        Downs = [receive {'DOWN', Ref, process, _, {reason, I}} -> I end || Ref <- Refs],
        same(links, {lists:seq(1, 10), lists:seq(1, 10)}, {Exits, Downs})
    end).

spawned(Node) ->
    Ids = [spawn_request(Node, erlang, exit, [I], [monitor]) || I <- lists:seq(1, 10)],
    Reasons = [receive {spawn_reply, Id, ok, Pid} -> receive {'DOWN', Id, process, Pid, R} -> R end after ?LIMIT_MS -> error({wrong, spawn_request, none}) end || Id <- Ids],
    same(spawned, lists:seq(1, 10), Reasons).

%% The connection goes under a process over there, and comes back by itself. Not each time: it takes a while.
cut(Node) ->
    case soak_help:chance(1, 5) of
        false -> 0;
        true ->
            {Pid, Ref} = spawn_monitor(Node, ?MODULE, echo, [self()]),
            true = erlang:disconnect_node(Node),
            receive {'DOWN', Ref, process, Pid, Reason} -> same(cut, noconnection, Reason) after ?LIMIT_MS -> error({wrong, cut, none}) end,
            Again = connected(Node, erlang:monotonic_time(millisecond) + ?LIMIT_MS),
            Again =:= pong andalso (Pid ! stop),
            same(again, pong, Again)
    end.

%% It comes back when the other side has noticed as well that the old connection is gone.
connected(Node, Deadline) ->
    case net_adm:ping(Node) of
        pong -> pong;
        pang -> receive after 50 -> ok end, erlang:monotonic_time(millisecond) < Deadline andalso connected(Node, Deadline)
    end.
