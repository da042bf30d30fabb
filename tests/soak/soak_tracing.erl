%% SPDX-License-Identifier: Apache-2.0
%% Tracing switched on and off while processes run: calls, returns, messages, processes; counters of calls; sequential tokens.
-module(soak_tracing).
-export([open/0, round/2, close/1, called/2, worker/1, local/1]).

-import(soak_help, [same/3]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([soak_help:elsewhere(Fun) || Fun <- [fun calls/0, fun messages/0, fun births/0, fun counted/0, fun tokens/0, fun switched/0]]), none}.

called(N, _) -> 1 + local(N).
local(N) -> N * 2.

worker(Main) ->
    receive
        {call, N, Payload} -> Main ! {self(), called(N, Payload)}, worker(Main);
        {spawn, N} ->
            Pids = [spawn_link(fun() -> ok end) || _ <- lists:seq(1, N)],
            [soak_help:gone(Pid) || Pid <- Pids],
            Main ! {self(), Pids},
            worker(Main);
        stop -> ok
    end.

start() -> Me = self(), spawn_link(fun() -> worker(Me) end).
stop(Worker) -> Worker ! stop, soak_help:gone(Worker).

delivered(Worker) ->
    Ref = erlang:trace_delivered(Worker),
    receive {trace_delivered, Worker, Ref} -> ok end.

heard(Worker) ->
    receive Message when element(2, Message) =:= Worker, element(1, Message) =:= trace -> [Message | heard(Worker)] after 0 -> [] end.

%% Each call traced once, with its arguments and its value, in order.
calls() ->
    Worker = start(), Count = 10 + rand:uniform(50),
    1 = erlang:trace(Worker, true, [call]),
    1 = erlang:trace_pattern({?MODULE, called, 2}, [{'_', [], [{return_trace}]}], [local]),
    1 = erlang:trace_pattern({?MODULE, local, 1}, [{['$1'], [{'>', '$1', 5}], []}], [local]),
    Payload = soak_help:payload(),
    [Worker ! {call, I, Payload} || I <- lists:seq(1, Count)],
    Values = [receive {Worker, V} -> V end || _ <- lists:seq(1, Count)],
    delivered(Worker),
    Got = heard(Worker),
    erlang:trace_pattern({?MODULE, called, 2}, false, [local]),
    erlang:trace_pattern({?MODULE, local, 1}, false, [local]),
    stop(Worker),
    Expected = lists:append([[{trace, Worker, call, {?MODULE, called, [I, Payload]}}] ++
                             [{trace, Worker, call, {?MODULE, local, [I]}} || I > 5] ++
                             [{trace, Worker, return_from, {?MODULE, called, 2}, 1 + I * 2}] || I <- lists:seq(1, Count)]),
    same(values, [1 + I * 2 || I <- lists:seq(1, Count)], Values) + same(calls, Expected, Got).

messages() ->
    Worker = start(), Count = 10 + rand:uniform(50),
    1 = erlang:trace(Worker, true, [send, 'receive']),
    [Worker ! {call, I, I} || I <- lists:seq(1, Count)],
    [receive {Worker, _} -> ok end || _ <- lists:seq(1, Count)],
    delivered(Worker),
    Got = heard(Worker),
    stop(Worker),
    Me = self(),
    same(received, [{call, I, I} || I <- lists:seq(1, Count)], [M || {trace, _, 'receive', M} <- Got]) +
        same(sent, [{Worker, 1 + 2 * I} || I <- lists:seq(1, Count)], [M || {trace, _, send, M, To} <- Got, To =:= Me]).

%% Processes that a traced one starts are traced from the first.
births() ->
    Worker = start(), Count = 3 + rand:uniform(20),
    1 = erlang:trace(Worker, true, [procs, set_on_spawn, garbage_collection]),
    Worker ! {spawn, Count},
    Pids = receive {Worker, P} -> P end,
    delivered(Worker),
    [delivered(Pid) || Pid <- Pids],
    Spawned = [Pid || {trace, _, spawn, Pid, _} <- heard(Worker)],
    Ends = [[R || {trace, _, exit, R} <- heard(Pid)] || Pid <- Pids],
    stop(Worker),
    same(born, Pids, Spawned) + same(ends, [[normal]], lists:usort(Ends)).

%% Counted on all processes.
counted() ->
    Count = 20 + rand:uniform(100),
    1 = erlang:trace_pattern({?MODULE, local, 1}, true, [call_count]),
    soak_help:all_elsewhere([fun() -> [local(I) || I <- lists:seq(1, Count)] end || _ <- lists:seq(1, 5)]),
    Info = erlang:trace_info({?MODULE, local, 1}, call_count),
    1 = erlang:trace_pattern({?MODULE, local, 1}, false, [call_count]),
    same(call_count, {call_count, 5 * Count}, Info).

tokens() ->
    Pid = spawn_link(fun() -> receive {From, go} -> From ! {self(), seq_trace:get_token(label)} end end),
    seq_trace:set_token(label, 17),
    Pid ! {self(), go},
    Label = receive {Pid, L} -> L end,
    seq_trace:set_token([]),
    same(token, {label, 17}, Label).

%% On and off under a process that runs: every message heard is a whole one, and after the last "off" none comes.
switched() ->
    Me = self(),
    Worker = spawn_link(fun Run() -> called(1, x), receive stop -> ok after 0 -> Run() end end),
    Sums = [begin
        1 = erlang:trace(Worker, true, [call, timestamp]),
        1 = erlang:trace_pattern({?MODULE, called, 2}, true, [local]),
        receive {trace_ts, Worker, call, {?MODULE, called, [1, x]}, {_, _, _}} -> ok end,
        1 = erlang:trace(Worker, false, [all]),
        1 = erlang:trace_pattern({?MODULE, called, 2}, false, [local]),
        delivered(Worker),
        flush(Worker)
    end || _ <- lists:seq(1, 5)],
    erlang:yield(),
    Late = flush(Worker),
    Worker ! stop,
    soak_help:gone(Worker),
    same(switched, {0, true, Me}, {Late, lists:sum(Sums) >= 0, self()}).

flush(Worker) -> receive {trace_ts, Worker, call, {?MODULE, called, [1, x]}, _} -> 1 + flush(Worker) after 0 -> 0 end.
