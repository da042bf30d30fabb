%% SPDX-License-Identifier: Apache-2.0
%% Supervisors: children started, children that end and are started again, children stopped. Reports are silenced by the level of the logger.
-module(restarts).
-behaviour(supervisor).
-export([main/0, init/1, start_child/1, child/1]).

%% Of one supervisor: it keeps a list of the times of those that it remembers.
-define(RESTARTS, 50).

main() ->
    logger:set_primary_config(level, none),
    bench_parts:run([
        {restart_worker, fun() -> [restart(child_of_proc_lib()) || _ <- lists:seq(1, 1000)] end},
        {restart_server, fun() -> [restart(child_of_gen_server()) || _ <- lists:seq(1, 1000)] end},
        {start_and_stop, fun() -> start_and_stop(20000) end}
    ]).

init(Child) -> {ok, {#{strategy => one_for_one, intensity => ?RESTARTS, period => 3600}, [Child]}}.

child_of_proc_lib() -> #{id => worker, start => {?MODULE, start_child, [self()]}, restart => permanent, shutdown => brutal_kill}.

child_of_gen_server() ->
    #{id => server, start => {gen_server, start_link, [bench_server, {announce, self()}, []]}, restart => permanent, shutdown => brutal_kill}.

start_child(Parent) -> {ok, proc_lib:spawn_link(?MODULE, child, [Parent])}.

child(Parent) ->
    Parent ! {started, self()},
    receive stop -> exit(stopped) end.

restart(Child) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, Child),
    restarted(?RESTARTS),
    receive {started, _} -> ok end,
    unlink(Supervisor),
    exit(Supervisor, shutdown).

restarted(0) -> ok;
restarted(N) -> receive {started, Child} -> Child ! stop, restarted(N - 1) end.

start_and_stop(N) ->
    process_flag(trap_exit, true),
    {ok, Supervisor} = supervisor:start_link(?MODULE, (child_of_gen_server())#{restart => temporary, shutdown => 1000}),
    [begin
         {ok, _} = supervisor:start_child(Supervisor, #{id => I, start => {gen_server, start_link, [bench_server, [], []]}, restart => temporary}),
         ok = supervisor:terminate_child(Supervisor, I)
     end || I <- lists:seq(1, N)],
    unlink(Supervisor),
    exit(Supervisor, shutdown).
