%% SPDX-License-Identifier: Apache-2.0
%% Children crash in all ways; supervisors start them again, as often as they may.
-module(soak_crashes).
-behaviour(supervisor).
-export([open/0, round/2, close/1, init/1, start_child/2, child/3]).

-import(soak_help, [same/3, one_of/1, gone/1]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([restarted(), too_often(), simple(), exceptions()]), none}.

init({Intensity, Strategy, Children}) -> {ok, {#{strategy => Strategy, intensity => Intensity, period => 3600}, Children}}.

spec(Id, Restart, Main) -> #{id => Id, start => {?MODULE, start_child, [Id, Main]}, restart => Restart, shutdown => 5000}.

start_child(Id, Main) -> {ok, proc_lib:spawn_link(?MODULE, child, [self(), Id, Main])}.

child(_, Id, Main) ->
    Main ! {started, Id, self()},
    receive
        {crash, How} -> crash(How);
        stop -> ok
    end.

%% Every reason bears the word by which the reports are known.
crash(1) -> error({soak_expected, crash});
crash(2) -> exit({soak_expected, crash});
crash(3) -> throw({soak_expected, crash});
crash(4) -> binary_to_atom({soak_expected, lists:seq(1, 20)});
crash(5) -> exit(self(), {soak_expected, killed}), receive never -> ok end;
crash(6 = N) -> element(N, {soak_expected});
crash(7) -> impossible([soak_expected, but, something, else]).

impossible(soak_expected) -> ok.

supervisor(Intensity, Strategy, Children) ->
    Me = self(),
    spawn(fun() ->
        process_flag(trap_exit, true),
        {ok, Sup} = supervisor:start_link(?MODULE, {Intensity, Strategy, Children}),
        Me ! {supervisor, Sup},
        receive
            stop -> unlink(Sup), exit(Sup, shutdown), gone(Sup);
            {'EXIT', Sup, Reason} -> Me ! {ended, Sup, Reason}
        end
    end).

%% Children under one_for_one: who crashed is there again, the others never went.
restarted() ->
    Count = 3 + rand:uniform(5), Crashes = 10,
    Holder = supervisor(1000, one_for_one, [spec({soak_expected, I}, permanent, self()) || I <- lists:seq(1, Count)]),
    Sup = receive {supervisor, S} -> S end,
    Pids = maps:from_list([receive {started, {_, I} = Id, Pid} -> {Id, Pid} end || I <- lists:seq(1, Count)]),
    After = lists:foldl(fun(_, Now) ->
        {Id, Pid} = one_of(maps:to_list(Now)),
        Pid ! {crash, rand:uniform(7)},
        receive {started, Id, Again} -> Now#{Id := Again} end
    end, Pids, lists:seq(1, Crashes)),
    Listed = [{Id, Pid} || {Id, Pid, worker, _} <- supervisor:which_children(Sup)],
    Counts = supervisor:count_children(Sup),
    Holder ! stop,
    gone(Holder),
    same(restarted, lists:sort(maps:to_list(After)), lists:sort(Listed)) + same(counted, Count, proplists:get_value(active, Counts)).

%% One crash more than is allowed takes the supervisor and its other children.
too_often() ->
    supervisor(2, one_for_all, [spec({soak_expected, I}, permanent, self()) || I <- [1, 2]]),
    Sup = receive {supervisor, S} -> S end,
    Last = lists:foldl(fun(_, _) ->
        First = receive {started, {_, 1}, A} -> A end,
        Second = receive {started, {_, 2}, B} -> B end,
        First ! {crash, rand:uniform(3)},
        [First, Second]
    end, none, [1, 2, 3]),
    Reason = receive {ended, Sup, R} -> R end,
    [gone(Pid) || Pid <- Last],
    same(too_often, shutdown, Reason).

%% Many temporary children of one kind.
simple() ->
    Template = #{id => soak_expected, start => {?MODULE, start_child, []}, restart => temporary, shutdown => brutal_kill},
    Holder = supervisor(1, simple_one_for_one, [Template]),
    Sup = receive {supervisor, S} -> S end,
    Pids = [begin {ok, Pid} = supervisor:start_child(Sup, [{soak_expected, I}, self()]), Pid end || I <- lists:seq(1, 20)],
    [receive {started, _, Pid} -> ok end || Pid <- Pids],
    {Crashing, Staying} = lists:split(5, Pids),
    [Pid ! {crash, rand:uniform(3)} || Pid <- Crashing],
    [gone(Pid) || Pid <- Crashing],
    Left = length([P || {_, P, _, _} <- supervisor:which_children(Sup), lists:member(P, Staying)]),
    Holder ! stop,
    gone(Holder),
    same(simple, {15, []}, {Left, [P || P <- Staying, is_process_alive(P)]}).

%% Exceptions caught deep below.
exceptions() ->
    Depth = 10 + rand:uniform(300),
    lists:sum([try deep(Depth, How) of Value -> error({wrong, no_exception, Value})
               catch Class:_:Stack -> same(exception, true, lists:member(Class, [error, exit, throw]) andalso length(Stack) > 1)
               end || How <- [1, 2, 3, 4, 6, 7]]).

deep(0, How) -> crash(How);
deep(N, How) -> [N | deep(N - 1, How)].
