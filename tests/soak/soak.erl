%% SPDX-License-Identifier: Apache-2.0
%% A mixed load for a long time: every part (soak_*.erl) does its rounds in a process of its own, beside all others, and checks what it gets.
%%
%%   sample SECONDS NAME=VALUE…       what the machine says of its memory, its processes and so on
%%   rounds PART ROUNDS CHECKS        at the end
%%   wrong PART ROUND TEXT            a wrong value, a report nobody expected, a part that stands still: the run ends with status 1
%%   back NAME BEFORE AFTER yes|no    afterwards everything is as it was before
%%
%% A part exports open() -> State, round(Number, State) -> {Checks, State}, close(State). Its chance is that of `rand` in its process,
%% seeded by the run's seed, the part and the round: so one round can be played again (soak:main(["60", Seed, Limit, Part, Round])).
-module(soak).
-export([main/1, log/2]).

-define(SETTLING_MS, 30000).

main([Seconds, Seed, StallSeconds | Rest]) ->
    {Parts, First} = what(Rest),
    process_flag(priority, high),
    catch_reports(),
    [{module, Part} = code:ensure_loaded(Part) || Part <- Parts],
    warm_up(Parts, list_to_integer(Seed), list_to_integer(StallSeconds) * 1000),
    Before = settled(counted(), 0),
    Start = now_ms(),
    Run = #{start => Start, deadline => Start + list_to_integer(Seconds) * 1000, stall => list_to_integer(StallSeconds) * 1000},
    Me = self(),
    Running = maps:from_list([{begin_part(Part, list_to_integer(Seed), First, maps:get(deadline, Run), Me), {Part, 0, 0, Start}} || Part <- Parts]),
    sample(Run),
    erlang:send_after(interval(Run), self(), sample),
    watch(Running, Run),
    After = back(Before, now_ms() + ?SETTLING_MS),
    [say("back ~s ~b ~b ~s", [Name, Was, Is, case Is =< Was of true -> "yes"; false -> "no" end]) || {{Name, Was}, {Name, Is}} <- lists:zip(Before, After)],
    say("end", []),
    erlang:halt(case [1 || {{_, Was}, {_, Is}} <- lists:zip(Before, After), Is > Was] of [] -> 0; _ -> 1 end).

what([]) -> {all_parts(), 1};
what([Part]) -> {[list_to_atom(P) || P <- string:lexemes(Part, ",")], 1};
what([Part, Round]) -> {[list_to_atom(Part)], list_to_integer(Round)}.

all_parts() ->
    [soak_processes, soak_messages, soak_tables, soak_timers, soak_code, soak_crashes, soak_tracing, soak_ports, soak_sockets, soak_data, soak_nodes].

now_ms() -> erlang:monotonic_time(millisecond).
say(Format, Arguments) -> io:format(Format ++ "~n", Arguments).

%% One round of each, so that code is loaded and what is kept for good is there before anything is counted.
warm_up(Parts, Seed, Stall) ->
    [begin
         {Pid, Ref} = spawn_monitor(fun() -> part(Part, Seed, 0, now_ms(), self()) end),
         receive
             {'DOWN', Ref, process, Pid, normal} -> ok;
             {'DOWN', Ref, process, Pid, Reason} -> wrong(Part, 0, Reason)
         after Stall -> stands_still(Pid, Part, -1)
         end
     end || Part <- Parts],
    receive {report, Text} -> wrong(report, 0, Text) after 0 -> ok end.

begin_part(Part, Seed, First, Deadline, Main) ->
    {Pid, _} = spawn_monitor(fun() -> part(Part, Seed, First, Deadline, Main) end),
    Pid.

part(Part, Seed, First, Deadline, Main) ->
    put(soak_part, Part),
    rand:seed(exsss, {Seed, erlang:phash2(Part), First}),
    State = Part:open(),
    Part:close(rounds(Part, Seed, First, Deadline, Main, State)).

rounds(Part, Seed, Number, Deadline, Main, State) ->
    rand:seed(exsss, {Seed, erlang:phash2(Part), Number}),
    {Checks, Next} = Part:round(Number, State),
    Main ! {round, self(), Number, Checks},
    case now_ms() >= Deadline of
        true -> Next;
        false -> rounds(Part, Seed, Number + 1, Deadline, Main, Next)
    end.

%% Until the last part has ended.
watch(Running, _) when map_size(Running) =:= 0 -> ok;
watch(Running, Run) ->
    receive
        {round, Pid, Number, Checks} ->
            {Part, _, Sum, _} = maps:get(Pid, Running),
            watch(Running#{Pid := {Part, Number, Sum + Checks, now_ms()}}, Run);
        {'DOWN', _, process, Pid, normal} when is_map_key(Pid, Running) ->
            {{Part, Number, Sum, _}, Rest} = maps:take(Pid, Running),
            say("rounds ~s ~b ~b", [Part, Number, Sum]),
            watch(Rest, Run);
        {'DOWN', _, process, Pid, Reason} when is_map_key(Pid, Running) ->
            {Part, Number, _, _} = maps:get(Pid, Running),
            wrong(Part, Number + 1, Reason);
        {report, Text} ->
            wrong(report, 0, Text);
        sample ->
            sample(Run),
            [stands_still(Pid, Part, Number) || {Pid, {Part, Number, _, Last}} <- maps:to_list(Running), now_ms() - Last > maps:get(stall, Run)],
            erlang:send_after(interval(Run), self(), sample),
            watch(Running, Run)
    end.

stands_still(Pid, Part, Number) ->
    [say("~0p ~0p", [P, process_info(P, [registered_name, initial_call, status, message_queue_len, current_stacktrace])]) ||
        P <- [Pid | processes()], P =/= self()],
    wrong(Part, Number + 1, stands_still).

wrong(Part, Number, Reason) ->
    say("wrong ~s ~b ~0P", [Part, Number, Reason, 60]),
    erlang:halt(1, [{flush, true}]).

%% About eight hundred samples a run, none sooner than a second after the last.
interval(#{start := Start, deadline := Deadline}) -> max(1000, (Deadline - Start) div 800).

sample(#{start := Start}) ->
    Memory = [{Name, Bytes} || {Name, Bytes} <- erlang:memory(), Name =/= maximum],
    Counts = [{What, erlang:system_info(What)} || What <- [process_count, port_count, atom_count, ets_count]],
    Text = [io_lib:format(" ~s=~b", [Name, Value]) || {Name, Value} <- Memory ++ Counts ++ [{run_queue, erlang:statistics(total_run_queue_lengths)}]],
    say("sample ~b~s", [(now_ms() - Start) div 1000, Text]).

%% Reports of crashes that were meant bear this word; every other is a fault.
catch_reports() ->
    ok = logger:remove_handler(default),
    ok = logger:set_primary_config(level, warning),
    ok = logger:add_handler(soak, ?MODULE, #{config => #{main => self()}}).

%% A node whose connection is cut while it answers sends the answer over the next one, and global's locker has been told that the node is gone:
%% it says so in both VMs, for a cut some 200 ms after a connection came up about once in thirty times.
log(#{msg := {"The global_name_server" ++ _, [locker, {{Reference, Node}, _}]}}, _) when is_reference(Reference), is_atom(Node) -> ok;
log(#{msg := Message, meta := Meta}, #{config := #{main := Main}}) ->
    Text = lists:flatten(io_lib:format("~0tp", [Message])),
    case string:find(Text, "soak_expected") of
        nomatch -> Main ! {report, {string:slice(Text, 0, 3000), maps:get(mfa, Meta, none)}};
        _ -> ok
    end.

%% What must be back in the end. The machine's memory is the runner's subject.
counted() ->
    {ok, Descriptors} = file:list_dir("/proc/self/fd"),
    [{processes, erlang:system_info(process_count)}, {ports, erlang:system_info(port_count)}, {tables, erlang:system_info(ets_count)},
     {descriptors, length(Descriptors)}].

settled(Last, Rounds) ->
    receive after 200 -> ok end,
    Now = counted(),
    case Rounds < 20 andalso Now =/= Last of
        true -> settled(Now, Rounds + 1);
        false -> Now
    end.

back(Before, Deadline) ->
    Now = counted(),
    case lists:all(fun({{_, Was}, {_, Is}}) -> Is =< Was end, lists:zip(Before, Now)) orelse now_ms() > Deadline of
        true -> Now;
        false -> receive after 200 -> back(Before, Deadline) end
    end.
