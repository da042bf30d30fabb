%% SPDX-License-Identifier: Apache-2.0
%% A million timers over two seconds: every other one is cancelled, all others arrive.
-module(many_timers).
-export([size/0, run/1]).

size() -> 1000000.

run(Count) ->
    Timers = [{N, erlang:start_timer(1500 + N rem 500, self(), N)} || N <- lists:seq(1, Count)],
    {Cancelled, Sum} = cancel(Timers, 0, 0),
    %% How many were cancelled in time hangs on the machine's pace; that every timer did one of both does not.
    Whole = arrived(Count - Cancelled, Sum),
    Rest = receive {timeout, _, _} -> too_many after 0 -> none end,
    {{Rest, Whole =:= Count * (Count + 1) div 2}, [{cancelled, Cancelled}]}.

cancel([{N, Timer}, _ | Rest], Count, Sum) ->
    case erlang:cancel_timer(Timer) of
        Left when is_integer(Left) -> cancel(Rest, Count + 1, Sum + N);
        false -> cancel(Rest, Count, Sum)
    end;
cancel(_, Count, Sum) -> {Count, Sum}.

arrived(0, Sum) -> Sum;
arrived(Left, Sum) -> receive {timeout, _, N} -> arrived(Left - 1, Sum + N) end.
