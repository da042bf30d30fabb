%% SPDX-License-Identifier: Apache-2.0
%% 1,000 child programs, up to 100 at a time: each echoes a line and then ends at its own end of input or by its own doing.
-module(children).
-export([size/0, run/1]).

-define(TOGETHER, 100).

size() -> 1000.

run(Count) -> {waves(Count, []), []}.

waves(0, Outcomes) -> count(Outcomes);
waves(Left, Outcomes) ->
    Wave = min(Left, ?TOGETHER),
    Ports = [{N, start(N)} || N <- lists:seq(1, Wave)],
    [port_command(Port, "line\n") || {N, Port} <- Ports, N rem 2 =:= 0],
    waves(Left - Wave, [outcome(N, Port) || {N, Port} <- Ports] ++ Outcomes).

start(N) when N rem 2 =:= 0 -> open_port({spawn_executable, "/bin/cat"}, [{line, 80}, exit_status]);
start(N) -> open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", "echo line; exit " ++ integer_to_list(N rem 5)]}, {line, 80}, exit_status]).

outcome(N, Port) when N rem 2 =:= 0 ->
    receive {Port, {data, {eol, Line}}} -> port_close(Port), {echoed, Line} end;
outcome(_, Port) ->
    Line = receive {Port, {data, {eol, Text}}} -> Text end,
    receive {Port, {exit_status, Status}} -> {Line, Status} end.

count(Outcomes) -> lists:sort(maps:to_list(lists:foldl(fun(O, Counts) -> maps:update_with(O, fun(C) -> C + 1 end, 1, Counts) end, #{}, Outcomes))).
