%% SPDX-License-Identifier: Apache-2.0
%% Links and monitors: made and taken back, and what the end of a process sends along them.
-module(relations).
-export([main/0]).

main() ->
    bench_parts:run([
        {monitor_demonitor, fun() -> Other = idle(), monitor_demonitor(600000, Other), exit(Other, kill) end},
        {link_unlink, fun() -> Other = idle(), link_unlink(300000, Other), exit(Other, kill) end},
        {down_storm, fun() -> [down_storm(60000) || _ <- lists:seq(1, 5)] end},
        {exit_storm, fun() -> process_flag(trap_exit, true), [exit_storm(30000) || _ <- lists:seq(1, 4)] end},
        {linked_group, fun() -> process_flag(trap_exit, true), [linked_group(20000) || _ <- lists:seq(1, 4)] end},
        {spawn_monitor, fun() -> spawn_monitored(300000) end},
        {spawn_link, fun() -> process_flag(trap_exit, true), spawn_linked(300000) end}
    ]).

idle() -> spawn(fun() -> receive stop -> ok end end).

monitor_demonitor(0, _) -> ok;
monitor_demonitor(N, Other) ->
    true = erlang:demonitor(erlang:monitor(process, Other), [flush]),
    monitor_demonitor(N - 1, Other).

link_unlink(0, _) -> ok;
link_unlink(N, Other) -> true = link(Other), true = unlink(Other), link_unlink(N - 1, Other).

%% One process that is monitored many times ends.
down_storm(N) ->
    Other = idle(),
    Monitors = [erlang:monitor(process, Other) || _ <- lists:seq(1, N)],
    Other ! stop,
    [receive {'DOWN', Monitor, process, Other, normal} -> ok end || Monitor <- Monitors].

%% Many processes linked to one end.
exit_storm(N) ->
    Others = [spawn_link(fun() -> receive stop -> exit(stopped) end end) || _ <- lists:seq(1, N)],
    [Other ! stop || Other <- Others],
    [receive {'EXIT', Other, stopped} -> ok end || Other <- Others].

%% The end of one process takes all that are linked to it along.
linked_group(N) ->
    Parent = self(),
    Head = spawn_link(fun() ->
        [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, N)],
        Parent ! ready,
        receive stop -> exit(stopped) end
    end),
    receive ready -> ok end,
    Last = spawn_monitor(fun() -> link(Head), receive stop -> ok end end),
    Head ! stop,
    receive {'EXIT', Head, stopped} -> ok end,
    receive {'DOWN', Monitor, process, _, _} when Monitor =:= element(2, Last) -> ok end.

spawn_monitored(0) -> ok;
spawn_monitored(N) ->
    {_, Monitor} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Monitor, process, _, normal} -> spawn_monitored(N - 1) end.

spawn_linked(0) -> ok;
spawn_linked(N) ->
    Other = spawn_link(fun() -> ok end),
    receive {'EXIT', Other, normal} -> spawn_linked(N - 1) end.
