%% SPDX-License-Identifier: Apache-2.0
%% A supervisor restarts its crashing children, each once.
-module(restarts).
-behaviour(supervisor).
-export([size/0, run/1, init/1, start_child/2]).

size() -> 10000.

run(Count) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, {Count, self()}),
    Children = started(Count, []),
    [Pid ! crash || {_, Pid} <- Children],
    Restarted = started(Count, []),
    Alive = [Pid || {_, Pid, worker, _} <- supervisor:which_children(Supervisor), is_process_alive(Pid)],
    Same = lists:usort([N || {N, _} <- Restarted]) =:= lists:seq(1, Count),
    unlink(Supervisor),
    Monitor = monitor(process, Supervisor),
    exit(Supervisor, shutdown),
    receive {'DOWN', Monitor, process, Supervisor, Reason} -> {{length(Alive), Same, Reason}, []} end.

init({Count, Owner}) ->
    {ok, {#{strategy => one_for_one, intensity => 2 * Count, period => 3600},
          [#{id => N, start => {?MODULE, start_child, [N, Owner]}, restart => permanent, shutdown => brutal_kill} || N <- lists:seq(1, Count)]}}.

start_child(N, Owner) ->
    Pid = proc_lib:spawn_link(fun() -> Owner ! {started, N, self()}, receive crash -> error({crashed, N}) end end),
    {ok, Pid}.

started(0, Pids) -> Pids;
started(Left, Pids) -> receive {started, N, Pid} -> started(Left - 1, [{N, Pid} | Pids]) end.
