%% SPDX-License-Identifier: Apache-2.0
%% Messages of all sizes: rings, many senders to one, selective receive, parts of large binaries, mailboxes that die with their process.
-module(soak_messages).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3, one_of/1, payload/0]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([ring(), crowd(), selective(), slices(), left_behind(), nested_calls()]), none}.

%% What goes round a ring comes back as it was.
ring() ->
    Size = 5 + rand:uniform(100), Times = 1 + rand:uniform(10),
    Tokens = [{I, payload()} || I <- lists:seq(1, 5)],
    Me = self(),
    First = lists:foldl(fun(_, Next) -> spawn_opt(fun() -> pass(Next) end, queue()) end, Me, lists:seq(1, Size)),
    Got = [around(First, Token, Times) || Token <- Tokens],
    First ! stop,
    receive stop -> ok end,
    same(ring, Tokens, Got).

around(_, Token, 0) -> Token;
around(First, Token, Times) ->
    First ! {token, Token},
    receive {token, Same} -> around(First, Same, Times - 1) end.

pass(Next) -> receive stop -> Next ! stop; Any -> Next ! Any, pass(Next) end.
queue() -> [{message_queue_data, one_of([on_heap, off_heap])}].

%% Many send to one: each one's messages come in order, and nothing is lost.
crowd() ->
    Senders = 2 + rand:uniform(15), Each = 20 + rand:uniform(100),
    Payloads = list_to_tuple([payload() || _ <- lists:seq(1, 8)]),
    Hashes = list_to_tuple([erlang:phash2(P) || P <- tuple_to_list(Payloads)]),
    Switch = soak_help:chance(1, 3),
    soak_help:elsewhere(fun() ->
        Me = self(),
        Pids = [spawn_link(fun() -> [Me ! {self(), I, element(1 + I rem 8, Payloads)} || I <- lists:seq(1, Each)] end) || _ <- lists:seq(1, Senders)],
        collect(maps:from_list([{Pid, 1} || Pid <- Pids]), Senders * Each, Hashes, Switch)
    end).

collect(_, 0, _, _) -> receive Any -> error({wrong, too_many, Any}) after 0 -> 1 end;
collect(Next, Left, Hashes, Switch) ->
    (Switch andalso Left rem 64 =:= 0) andalso process_flag(message_queue_data, one_of([on_heap, off_heap])),
    receive
        {Pid, I, Payload} ->
            same(order, I, maps:get(Pid, Next)),
            Left rem 5 =/= 0 orelse same(payload, element(1 + I rem 8, Hashes), erlang:phash2(Payload)),
            collect(Next#{Pid := I + 1}, Left - 1, Hashes, Switch)
    end.

%% Out of a full mailbox, in an order of its own.
selective() ->
    Count = 100 + rand:uniform(400),
    Keys = [{make_ref(), I} || I <- lists:seq(1, Count)],
    soak_help:elsewhere(fun() ->
        [self() ! {Ref, I} || {Ref, I} <- Keys],
        Shuffled = [K || {_, K} <- lists:sort([{rand:uniform(), K} || K <- Keys])],
        Sum = lists:sum([receive {Ref, N} when N =:= I -> N end || {Ref, I} <- Shuffled]),
        same(selective, soak_help:seq_sum(Count), Sum)
    end).

%% Parts of one large binary, held by many.
slices() ->
    Bytes = 50000 + rand:uniform(200000),
    Whole = rand:bytes(Bytes),
    Piece = 1000,
    Pieces = [binary:part(Whole, At, min(Piece, Bytes - At)) || At <- lists:seq(0, Bytes - 1, Piece)],
    Sums = soak_help:all_elsewhere([fun() -> byte_sum(P, 0) end || P <- Pieces]),
    same(slices, byte_sum(Whole, 0), lists:sum(Sums)).

byte_sum(<<Byte, Rest/binary>>, Sum) -> byte_sum(Rest, Sum + Byte);
byte_sum(<<>>, Sum) -> Sum.

%% A process ends with a mailbox nobody has read.
left_behind() ->
    Pids = [spawn_opt(fun() -> receive never -> ok end end, queue()) || _ <- lists:seq(1, 10)],
    Payloads = [payload() || _ <- lists:seq(1, 10)],
    [Pid ! {Pid, P} || P <- Payloads, Pid <- Pids],
    Lengths = [process_info(Pid, message_queue_len) || Pid <- Pids],
    [exit(Pid, kill) || Pid <- Pids],
    [soak_help:gone(Pid) || Pid <- Pids],
    same(left_behind, [{message_queue_len, 10}], lists:usort(Lengths)).

%% Calls through several servers, each of which waits for the next.
nested_calls() ->
    Depth = 2 + rand:uniform(20),
    Server = lists:foldl(fun(_, Below) -> spawn_link(fun() -> server(Below) end) end, none, lists:seq(1, Depth)),
    Sums = [call(Server, {I, payload()}) || I <- lists:seq(1, 10)],
    Server ! stop,
    soak_help:gone(Server),
    same(nested_calls, [{I, Depth} || I <- lists:seq(1, 10)], Sums).

call(Server, Request) ->
    Ref = monitor(process, Server, [{alias, reply_demonitor}]),
    Server ! {call, Ref, Request},
    receive
        {Ref, Answer} -> Answer;
        {'DOWN', Ref, process, _, Reason} -> error({wrong, server_died, Reason})
    end.

server(Below) ->
    receive
        {call, From, {I, _}} when Below =:= none -> From ! {From, {I, 1}}, server(Below);
        {call, From, Request} -> {I, Depth} = call(Below, Request), From ! {From, {I, Depth + 1}}, server(Below);
        stop when Below =:= none -> ok;
        stop -> Below ! stop
    end.
