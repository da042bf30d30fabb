%% SPDX-License-Identifier: Apache-2.0
%% A long mailbox under selective receive: some messages taken from behind all others, some from the middle, the rest in order; and replies with
%% a fresh reference, which need not pass what was there before.
-module(mailbox).
-export([size/0, run/1]).

size() -> 1000000.

run(Count) ->
    Self = self(),
    spawn_link(fun() -> [Self ! {item, N} || N <- lists:seq(1, Count)], [Self ! {last, N} || N <- lists:seq(1, 10)] end),
    Last = [receive {last, N} -> N end || N <- lists:seq(10, 1, -1)],
    Middle = [receive {item, N} -> N end || N <- [Count div 2, max(1, Count div 4)], N > 1],
    Server = spawn_link(fun Serve() -> receive {From, Ref, X} -> From ! {Ref, X + 1}, Serve(); stop -> ok end end),
    Replies = lists:sum([begin Ref = make_ref(), Server ! {Self, Ref, N}, receive {Ref, Reply} -> Reply end end || N <- lists:seq(1, 1000)]),
    Server ! stop,
    {{Last, Middle, Replies, drain(0, 0)}, []}.

drain(Count, Sum) ->
    receive {item, N} -> drain(Count + 1, Sum + N)
    after 0 -> {Count, Sum}
    end.
