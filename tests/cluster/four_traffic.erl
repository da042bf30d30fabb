%% SPDX-License-Identifier: Apache-2.0
%% Much that is said between nodes: until a channel is full, beside large messages, while connections come and go.
-module(four_traffic).
-export([press/2, pressing/0, pressed/0, relieved/0, sink/0, sunk/0, beside_large/3, echo/0, meet/2, met/1, part/1, greeter/0,
         storm/3, child/2, churn/2, half_open/2, handshake/2]).

%% --- a full channel ---

%% Senders write to sinks there until the node is lost: they are not to be told to stop.
press(Node, Count) ->
    Sinks = [spawn(Node, ?MODULE, sink, []) || _ <- lists:seq(1, Count)],
    erlang:system_monitor(self(), [busy_dist_port]),
    put(senders, [spawn_monitor(fun() -> sender(Node, Sink) end) || Sink <- Sinks]),
    ok.

sender(Node, Sink) ->
    monitor_node(Node, true),
    Sink ! {from, self()},
    sender(Node, Sink, binary:copy(<<"p">>, 100000), 1).

sender(Node, Sink, Data, N) ->
    receive {nodedown, Node} -> exit({went_on, N > 3})
    after 0 -> Sink ! {N, Data}, sender(Node, Sink, Data, N + 1)
    end.

sink() -> receive {from, Sender} -> monitor(process, Sender), sink(1) end.
sink(N) ->
    receive
        {N, Data} when byte_size(Data) =:= 100000 -> sink(N + 1);
        {'DOWN', _, process, _, Reason} -> [whereis(agent) ! {all_in_order, N > 1, Reason}];
        Other -> whereis(agent) ! {wrong, N, element(1, Other)}
    end.

%% All senders wait, one that must not wait is refused, and who links or monitors waits as well.
pressing() ->
    Senders = [P || {P, _} <- get(senders)],
    Waits = four_agent:until(fun() -> [S || S <- Senders, process_info(S, status) =/= {status, suspended}] =:= [] end, 20000),
    timer:sleep(200),
    Told = receive {monitor, S, busy_dist_port, Port} -> {lists:member(S, Senders), is_port(Port)} after 5000 -> none end,
    {Waits, Told, [process_info(S, status) || S <- Senders]}.

pressed() ->
    [{_, _} | _] = get(senders),
    Node = hd(nodes()),
    {erlang:send({target1, Node}, hello, [nosuspend]), erlang:send_nosuspend({target1, Node}, hello)}.

relieved() -> lists:usort([receive {'DOWN', M, process, P, Reason} -> Reason after 60000 -> timeout end || {P, M} <- get(senders)]).

sunk() -> receive Message -> [Message | sunk_more()] after 30000 -> [timeout] end.
sunk_more() -> receive Message -> [Message | sunk_more()] after 1000 -> [] end.

%% --- small messages beside large ones ---

echo() -> receive {From, Small} when is_integer(Small) -> From ! {self(), Small}, echo(); {_, Large} when is_binary(Large) -> echo(); {done, From} -> From ! {done, self()}, echo() end.

%% Round trips while messages of so many bytes go the same way: in microseconds, median, and of hundred the 95th, and the longest; how many; and how long
%% the large ones took.
beside_large(Node, Bytes, Count) ->
    Small = spawn(Node, ?MODULE, echo, []),
    Large = spawn(Node, ?MODULE, echo, []),
    Me = self(),
    Data = binary:copy(<<"l">>, Bytes),
    Quiet = [round_trip(Small) || _ <- lists:seq(1, 200)],
    Start = erlang:monotonic_time(microsecond),
    P = spawn_link(fun() ->
        [Large ! {self(), Data} || _ <- lists:seq(1, Count)],
        Large ! {done, self()},
        receive {done, Large} -> Me ! {self(), erlang:monotonic_time(microsecond) - Start} end end),
    {Times, Took} = until_done(Small, P, []),
    [exit(E, kill) || E <- [Small, Large]],
    {figures(Quiet), figures(Times), length(Times), Took}.

until_done(Small, P, Times) ->
    receive {P, Took} -> {Times, Took}
    after 1 -> until_done(Small, P, [round_trip(Small) | Times])
    end.

round_trip(P) ->
    Start = erlang:monotonic_time(microsecond),
    P ! {self(), 1},
    receive {P, 1} -> erlang:monotonic_time(microsecond) - Start end.

figures(Times) ->
    Sorted = lists:sort(Times),
    N = length(Sorted),
    {lists:nth(N div 2 + 1, Sorted), lists:nth(N * 95 div 100 + 1, Sorted), lists:last(Sorted)}.

%% --- everybody connects to everybody at the same moment ---

meet(Others, At) ->
    Me = self(),
    case whereis(greeter) of undefined -> register(greeter, spawn(?MODULE, greeter, [])); _ -> ok end,
    Asked = [spawn(fun() -> at(At), Me ! {self(), net_kernel:connect_node(N)} end) || N <- Others],
    [receive {P, Result} -> Result end || P <- Asked].

at(At) -> case erlang:system_time(microsecond) of Now when Now < At -> at(At); _ -> ok end.

greeter() -> greeter([]).
greeter(Greeted) ->
    receive
        {hello, Node, Round} -> greeter([{Node, Round} | Greeted]);
        {greeted, Round, From} -> From ! {greeted, lists:sort([N || {N, R} <- Greeted, R =:= Round])}, greeter(Greeted)
    end.

%% All see each other, each by one connection, and what is said arrives once.
met(Round) ->
    Seen = four_agent:until(fun() -> length(nodes()) =:= 3 andalso length(erlang:system_info(dist_ctrl)) =:= 3 end, 10000),
    [{greeter, N} ! {hello, node(), Round} || N <- nodes()],
    four_agent:until(fun() -> length(greeted(Round)) >= 3 end, 5000),
    {Seen, greeted(Round)}.

greeted(Round) -> greeter ! {greeted, Round, self()}, receive {greeted, Nodes} -> Nodes end.

part(Others) -> [erlang:disconnect_node(N) || N <- Others], four_agent:until(fun() -> nodes() =:= [] end, 10000).

%% --- connections come and go under load ---

%% Workers make children on other nodes and talk to them, while somebody disconnects at random. Each relation must end in one signal, and what a child
%% hears of its parent has no gap.
storm(Others, Workers, Milliseconds) ->
    Errors = case whereis(errors) of undefined -> ets:new(errors, [public, named_table, duplicate_bag]), register(errors, spawn(fun() -> errors() end)); P -> P end,
    _ = Errors,
    End = erlang:monotonic_time(millisecond) + Milliseconds,
    Chaos = spawn_monitor(?MODULE, churn, [Others, End]),
    All = [Chaos | [spawn_monitor(fun() -> rand:seed(exsss, {I, 2, 3}), worker(Others, End, 0) end) || I <- lists:seq(1, Workers)]],
    Ended = [receive {'DOWN', M, process, P2, Reason} -> Reason after Milliseconds + 60000 -> {stuck, process_info(P2, [current_stacktrace, messages])} end || {P2, M} <- All],
    {[E || E <- Ended, element(1, E) =/= rounds], lists:sum([N || {rounds, N} <- Ended]) > Workers, [Error || {_, Error} <- lists:sublist(ets:tab2list(errors), 5)]}.

errors() -> ets:new(errors, [public, named_table, duplicate_bag]), receive stop -> ok end.

churn(Others, End) ->
    timer:sleep(10 + rand:uniform(60)),
    erlang:disconnect_node(lists:nth(rand:uniform(length(Others)), Others)),
    case erlang:monotonic_time(millisecond) < End of true -> churn(Others, End); false -> exit({rounds, 0}) end.

worker(Others, End, N) ->
    process_flag(trap_exit, true),
    Node = lists:nth(rand:uniform(length(Others)), Others),
    {Child, Ref} = spawn_opt(Node, ?MODULE, child, [self(), 1], [link, monitor]),
    [Child ! {I, case I rem 5 of 0 -> binary:copy(<<"s">>, 70000); _ -> small end} || I <- lists:seq(1, 20)],
    Two = [receive
               {'EXIT', Child, Reason} -> {exit, Reason};
               {'DOWN', Ref, process, Child, Reason} -> {down, Reason}
           after 30000 -> ets:insert(errors, {lost, {Node, process_info(self(), messages)}}), timeout
           end || _ <- [1, 2]],
    case lists:sort(Two) of
        [{down, R1}, {exit, R2}] ->
            case [R || R <- [R1, R2], R =/= finished, R =/= noconnection] of [] -> ok; _ -> ets:insert(errors, {reason, {R1, R2}}) end;
        Other -> ets:insert(errors, {signals, Other})
    end,
    receive More -> ets:insert(errors, {more, More}) after 0 -> ok end,
    case erlang:monotonic_time(millisecond) < End of true -> worker(Others, End, N + 1); false -> exit({rounds, N + 1}) end.

child(_, 21) -> exit(finished);
child(Parent, N) ->
    receive
        {N, _} -> child(Parent, N + 1);
        Other -> ets:insert(errors, {gap, {N, element(1, Other)}}), exit(gap)
    end.

%% --- connections that get stuck on their way up ---

dist_port(Node) ->
    [Name, Host] = string:split(atom_to_list(Node), "@"),
    {ok, Address} = inet:getaddr(Host, inet),
    {port, Port, _} = erl_epmd:port_please(Name, Address),
    {Address, Port}.

%% They say nothing, half a name, or nonsense, and then nothing: the node is to close them after its setup time.
half_open(Node, Count) ->
    {Address, Port} = dist_port(Node),
    Say = [<<>>, <<0>>, <<0, 20, "N">>, <<0, 5, "hello">>, <<255, 255, 1, 2, 3>>],
    Sockets = [begin
                   {ok, S} = gen_tcp:connect(Address, Port, [binary, {active, false}]),
                   ok = gen_tcp:send(S, lists:nth(I rem 5 + 1, Say)),
                   S
               end || I <- lists:seq(1, Count)],
    lists:usort([gen_tcp:recv(S, 0, 20000) || S <- Sockets]).

%% What the node says to one that gives itself this name, and whether it then takes a wrong digest.
handshake(Node, Name) ->
    {Address, Port} = dist_port(Node),
    {ok, S} = gen_tcp:connect(Address, Port, [binary, {active, false}, {packet, 2}]),
    Text = atom_to_binary(Name),
    ok = gen_tcp:send(S, <<"N", 16#d07df7fbd:64, 77:32, (byte_size(Text)):16, Text/binary>>),
    said(S).

said(S) ->
    case gen_tcp:recv(S, 0, 10000) of
        {ok, <<"salive">>} -> ok = gen_tcp:send(S, <<"sfalse">>), [alive | said(S)];
        {ok, <<"s", Status/binary>>} -> [Status | said(S)];
        {ok, <<"N", _:64, _:32, _:32, Length:16, Name:Length/binary>>} ->
            ok = gen_tcp:send(S, <<"r", 1:32, 0:128>>),
            [{challenge, binary_to_atom(Name)} | said(S)];
        Other -> [Other]
    end.
