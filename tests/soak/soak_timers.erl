%% SPDX-License-Identifier: Apache-2.0
%% Timers: those that are let run come once and not early, those cancelled never; waits with a limit.
-module(soak_timers).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3, chance/2]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([soak_help:elsewhere(fun some_cancelled/0), soak_help:elsewhere(fun intervals/0), soak_help:elsewhere(fun to_others/0), waits(), left_running()]), none}.

some_cancelled() ->
    Count = 100 + rand:uniform(400),
    Timers = [begin
        After = rand:uniform(60),
        {erlang:start_timer(After, self(), {I, erlang:monotonic_time(millisecond) + After - 1}), I}
    end || I <- lists:seq(1, Count)],
    Cancelled = [{Ref, erlang:cancel_timer(Ref, [{async, false}, {info, true}])} || {Ref, _} <- Timers, chance(1, 2)],
    Gone = maps:from_list([{Ref, true} || {Ref, Left} <- Cancelled, is_integer(Left)]),
    Checks = lists:sum([case is_map_key(Ref, Gone) of
        true -> receive {timeout, Ref, _} -> error({wrong, cancelled_came, I}) after 0 -> 1 end;
        false ->
            receive
                {timeout, Ref, {I, Soonest}} ->
                    Late = erlang:monotonic_time(millisecond) - Soonest,
                    same(early, true, Late >= 0) + same(read_gone, false, erlang:read_timer(Ref))
            end
    end || {Ref, I} <- Timers]),
    receive More -> error({wrong, came_twice, More}) after 5 -> Checks end.

%% Ticks of one timer started again and again, and of the module `timer`.
intervals() ->
    {ok, Tick} = timer:send_interval(2, tick),
    [receive tick -> ok end || _ <- lists:seq(1, 5)],
    {ok, cancel} = timer:cancel(Tick),
    {ok, _} = timer:send_after(3, last),
    receive last -> 1 end.

%% A timer to a name or to a process that is gone is nobody's.
to_others() ->
    Dead = spawn(fun() -> ok end),
    Me = self(),
    Alive = spawn_link(fun() -> receive A -> receive B -> Me ! {self(), lists:sort([A, B])} end end end),
    erlang:send_after(1, Dead, never),
    erlang:send_after(1, soak_nobody, never),
    erlang:send_after(3, Alive, one),
    erlang:send_after(erlang:monotonic_time(millisecond) + 4, Alive, two, [{abs, true}]),
    receive {Alive, Got} -> same(to_others, [one, two], Got) end.

waits() ->
    Limit = rand:uniform(10),
    Started = erlang:monotonic_time(microsecond),
    receive never -> ok after Limit -> ok end,
    same(waited, true, erlang:monotonic_time(microsecond) - Started >= Limit * 1000 - 1000).

%% Processes that end with timers of theirs still set, near and far.
left_running() ->
    soak_help:all_elsewhere([fun() -> [erlang:start_timer(rand:uniform(100000), self(), soak_help:payload()) || _ <- lists:seq(1, 50)], ok end || _ <- lists:seq(1, 4)]),
    1.
