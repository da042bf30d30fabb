%% SPDX-License-Identifier: Apache-2.0
%% What several parts use: saying that something is wrong, chance, waiting.
-module(soak_help).
-export([same/3, one_of/1, chance/2, payload/0, elsewhere/1, all_elsewhere/1, gone/1, seq_sum/1]).

-define(WAIT_MS, 600000).

%% One check: the part ends where it fails.
same(_, Expected, Expected) -> 1;
same(What, Expected, Got) -> error({wrong, What, {expected, Expected}, {got, Got}}).

one_of(List) -> lists:nth(rand:uniform(length(List)), List).
chance(Part, Whole) -> rand:uniform(Whole) =< Part.

%% A term to send: small, large on the heap, or mostly outside of it.
payload() ->
    case rand:uniform(6) of
        1 -> rand:uniform(1 bsl 70);
        2 -> {one_of([a, b, c]), rand:uniform(1000), [rand:uniform(), "text"]};
        3 -> [{I, I * I, integer_to_list(I)} || I <- lists:seq(1, rand:uniform(300))];
        4 -> rand:bytes(65 + rand:uniform(20000));
        5 -> Whole = rand:bytes(3000), binary:part(Whole, 17, 100 + rand:uniform(2000));
        6 -> maps:from_list([{I, rand:bytes(rand:uniform(150))} || I <- lists:seq(1, rand:uniform(60))])
    end.

%% The value of a fun run in a process of its own with the chance that is next here.
elsewhere(Fun) -> hd(all_elsewhere([Fun])).

all_elsewhere(Funs) ->
    Started = [begin
                   Seed = rand:uniform(1 bsl 50),
                   spawn_monitor(fun() -> rand:seed(exsss, Seed), exit({value, Fun()}) end)
               end || Fun <- Funs],
    [receive
         {'DOWN', Ref, process, Pid, {value, Value}} -> Value;
         {'DOWN', Ref, process, Pid, Reason} -> error({wrong, died_elsewhere, Reason})
     after ?WAIT_MS -> error({wrong, no_end_elsewhere, process_info(Pid, [current_stacktrace, status])})
     end || {Pid, Ref} <- Started].

%% Waits for the end of a process; its reason.
gone(Pid) ->
    Ref = monitor(process, Pid),
    receive {'DOWN', Ref, process, Pid, Reason} -> Reason
    after ?WAIT_MS -> error({wrong, does_not_end, process_info(Pid, [current_stacktrace, status])})
    end.

seq_sum(N) -> N * (N + 1) div 2.
