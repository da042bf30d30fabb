%% SPDX-License-Identifier: Apache-2.0
%% Trees of processes, chains of links, monitors, exits, aliases, names; processes asked, suspended, collected and put to sleep from outside.
-module(soak_processes).
-export([open/0, round/2, close/1, sleeper/2]).

-import(soak_help, [same/3, one_of/1, gone/1]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([tree(), chain(), monitors(), aliases(), names(), asked(), suspended(), sleepers(), requests()]), none}.

%% Every leaf is worth its depth; sums come up through messages, along links.
tree() ->
    Fan = 1 + rand:uniform(3), Depth = 1 + rand:uniform(4),
    Expected = Depth * round(math:pow(Fan, Depth)),
    {Pid, Ref} = spawn_monitor(fun() -> exit({sum, node(Fan, Depth, 0, options())}) end),
    receive {'DOWN', Ref, process, Pid, Reason} -> same(tree, {sum, Expected}, Reason) end.

node(_, 0, Depth, _) -> Depth;
node(Fan, Left, Depth, Options) ->
    Me = self(),
    Children = [spawn_opt(fun() -> Me ! {self(), node(Fan, Left - 1, Depth + 1, Options)} end, [link | Options]) || _ <- lists:seq(1, Fan)],
    lists:sum([receive {Child, Sum} -> Sum end || Child <- Children]).

options() ->
    one_of([[], [{priority, one_of([low, normal, high])}], [{fullsweep_after, 0}], [{min_heap_size, rand:uniform(5000)}],
            [{message_queue_data, off_heap}], [{min_bin_vheap_size, 10}, {fullsweep_after, 5}], [{max_heap_size, 10000000}]]).

%% The last of a chain of links ends; all do, and who traps exits at its head is told the reason.
chain() ->
    Length = 2 + rand:uniform(40),
    Reason = one_of([killed_by_hand, {soak, rand:uniform(100)}, "text", kill]),
    Me = self(),
    {Head, Ref} = spawn_monitor(fun() ->
        process_flag(trap_exit, true),
        Next = spawn_link(fun() -> link_on(Length, Me) end),
        receive {'EXIT', Next, Why} -> exit({last, Why}) end
    end),
    Last = receive {last, Pid} -> Pid end,
    exit(Last, Reason),
    receive
        {'DOWN', Ref, process, Head, Why} -> same(chain, {last, case Reason of kill -> killed; _ -> Reason end}, Why)
    end.

link_on(0, Main) -> Main ! {last, self()}, receive never -> ok end;
link_on(N, Main) -> spawn_link(fun() -> link_on(N - 1, Main) end), receive never -> ok end.

%% Of many monitors those that are left tell, once.
monitors() ->
    Many = 10 + rand:uniform(200),
    Pid = spawn(fun() -> receive {go, Reason} -> exit(Reason) end end),
    Refs = [monitor(process, Pid, [{tag, {told, I}} || I rem 3 =:= 0]) || I <- lists:seq(1, Many)],
    {Off, On} = lists:split(rand:uniform(Many) - 1, Refs),
    [true = demonitor(Ref, [flush || soak_help:chance(1, 2)]) || Ref <- Off],
    Pid ! {go, Many},
    [receive {_, Ref, process, Pid, Many} -> ok end || Ref <- On],
    [receive {_, Ref, process, _, _} = More -> error({wrong, monitor_told_twice, More}) after 0 -> ok end || Ref <- Refs],
    same(noproc, noproc, gone(Pid)).

%% Answers to an alias that is gone are dropped.
aliases() ->
    Alias = alias(), Once = alias([reply]),
    Echo = spawn(fun Loop() -> receive {To, What} -> To ! {To, What}, Loop(); stop -> ok end end),
    Echo ! {Alias, 1},
    receive {Alias, 1} -> ok end,
    Echo ! {Once, 2}, Echo ! {Once, 3},
    receive {Once, 2} -> ok end,
    true = unalias(Alias),
    Echo ! {Alias, 4},
    Echo ! {self(), 5},
    receive {Me, 5} when Me =:= self() -> ok end,
    Echo ! stop,
    normal_or_noproc(gone(Echo)),
    receive {A, N} when A =:= Alias; A =:= Once -> error({wrong, alias_heard, N}) after 0 -> 1 end.

normal_or_noproc(normal) -> ok;
normal_or_noproc(noproc) -> ok.

%% Names are taken, used and free again when their process is gone.
names() ->
    Names = [soak_name_1, soak_name_2, soak_name_3, soak_name_4],
    lists:sum([begin
        Pid = spawn(fun() -> receive {Ref, From} -> From ! {Ref, process_info(self(), registered_name)} end end),
        true = register(Name, Pid),
        Ref = make_ref(),
        soak_help:chance(1, 3) andalso exit(Pid, kill),
        Got = try Name ! {Ref, self()}, receive {Ref, Info} -> Info after 0 -> wait_or_gone(Ref, Pid) end catch error:badarg -> gone end,
        (Got =:= {registered_name, Name} orelse Got =:= gone) orelse error({wrong, name, Got}),
        gone(Pid),
        same(name_free, undefined, whereis(Name))
    end || Name <- Names]).

wait_or_gone(Ref, Pid) ->
    Monitor = monitor(process, Pid),
    receive
        {Ref, Info} -> demonitor(Monitor, [flush]), Info;
        {'DOWN', Monitor, process, Pid, _} -> receive {Ref, Info} -> Info after 0 -> gone end
    end.

%% A busy process is asked from outside, collected, and asked whether it runs old code.
asked() ->
    Load = rand:uniform(3000), Me = self(),
    Pid = spawn(fun() -> put(mark, Load), Me ! {self(), ready}, counting(Load, 0) end),
    receive {Pid, ready} -> ok end,
    Sum = lists:sum([begin
        Pid ! {keep, N},
        [{dictionary, Dictionary}, {status, _}, {memory, Bytes}, {message_queue_len, Length}, {reductions, _}, {messages, Messages}] =
            process_info(Pid, [dictionary, status, memory, message_queue_len, reductions, messages]),
        true = is_integer(Bytes) andalso length(Messages) =:= Length,
        {current_stacktrace, [_ | _]} = process_info(Pid, current_stacktrace),
        {links, []} = process_info(Pid, links),
        true = garbage_collect(Pid, [{type, one_of([minor, major])}]),
        false = erlang:check_process_code(Pid, ?MODULE),
        same(asked, true, lists:member({mark, Load}, Dictionary))
    end || N <- lists:seq(1, 5)]),
    Pid ! {stop, self()},
    Kept = receive {Pid, Answer} -> Answer end,
    gone(Pid),
    same(process_info_gone, undefined, process_info(Pid, status)),
    Sum + same(kept, [1, 2, 3, 4, 5], lists:sort(Kept)).

%% Counts in its dictionary; the list gives its collector something to do.
counting(Load, N) ->
    put(count, N),
    Numbers = lists:seq(1, Load),
    Load = length([I || I <- Numbers, I > 0]),
    receive
        {keep, What} -> put(kept, [What | case get(kept) of undefined -> []; Kept -> Kept end]), counting(Load, N + 1);
        {stop, From} -> drain(), From ! {self(), get(kept)}
    after 0 -> counting(Load, N + 1)
    end.

drain() -> receive {keep, What} -> put(kept, [What | get(kept)]), drain() after 0 -> ok end.

%% A suspended process stands still.
suspended() ->
    Pid = spawn(fun() -> counting(10, 0) end),
    Sum = lists:sum([begin
        true = erlang:suspend_process(Pid, []),
        {dictionary, Before} = process_info(Pid, dictionary),
        true = erlang:suspend_process(Pid, [asynchronous || soak_help:chance(1, 2)]),
        erlang:yield(),
        {status, Status} = process_info(Pid, status),
        {dictionary, After} = process_info(Pid, dictionary),
        true = erlang:resume_process(Pid),
        true = erlang:resume_process(Pid),
        same(suspended, {suspended, Before}, {Status, After})
    end || _ <- lists:seq(1, 5)]),
    exit(Pid, kill),
    gone(Pid),
    Sum.

%% Processes that hibernate between messages.
sleepers() ->
    Me = self(),
    Data = soak_help:payload(),
    Pids = [spawn(?MODULE, sleeper, [Me, {0, Data}]) || _ <- lists:seq(1, 20)],
    Numbers = [rand:uniform(1000) || _ <- lists:seq(1, 10)],
    [Pid ! {add, N} || N <- Numbers, Pid <- Pids],
    [Pid ! stop || Pid <- Pids],
    Sum = lists:sum(Numbers),
    lists:sum([receive {Pid, Got} -> same(sleeper, {Sum, Data}, Got) end || Pid <- Pids]).

sleeper(Main, {Sum, Data}) ->
    receive
        {add, N} -> erlang:hibernate(?MODULE, sleeper, [Main, {Sum + N, Data}]);
        stop -> Main ! {self(), {Sum, Data}}
    end.

%% Spawned by request: answers come in any order, each once.
requests() ->
    Ids = [{spawn_request(fun() -> exit(I) end, [monitor, {reply_tag, I}]), I} || I <- lists:seq(1, 30)],
    lists:sum([begin
        Pid = receive {I, Id, ok, Started} -> Started end,
        receive {'DOWN', Id, process, Pid, Reason} -> same(request, I, Reason) end
    end || {Id, I} <- Ids]).
