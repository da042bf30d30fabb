%% SPDX-License-Identifier: Apache-2.0
%% A port that is busy suspends who sends it a command, by whatever name and whoever it is; nothing else waits.
-module(busy_ports).
-mode(compile).
-export([main/1]).

main(_) ->
  process_flag(trap_exit, true),
  logger:set_primary_config(level, none),
  waiting(), ending().

show(Label, Value) -> io:format("~s: ~p~n", [Label, Value]).

%% A child that reads nothing until the file is there.
gate() ->
  Gate = filename:absname("gate"),
  _ = file:delete(Gate),
  {Gate, open_port({spawn, "sh -c 'while [ ! -e " ++ Gate ++ " ]; do sleep 0.1; done; cat >/dev/null'"}, [])}.

sender(Fun) ->
  Me = self(),
  spawn(fun() -> Fun(), Me ! {self(), sent} end).

sent(Pid) -> receive {Pid, sent} -> yes after 0 -> no end.
sent_in_time(Pid) -> receive {Pid, sent} -> yes after 20000 -> no end.
status(Pid) -> until(Pid, 400).
until(_, 0) -> never;
until(Pid, N) ->
  case process_info(Pid, status) of
    {status, suspended} -> suspended;
    undefined -> undefined;
    _ -> timer:sleep(25), until(Pid, N - 1)
  end.

exited(Port, Time) -> receive {'EXIT', Port, Why} -> Why after Time -> nothing end.

waiting() ->
  {Gate, Port} = gate(),
  Me = self(),
  Filler = sender(fun() -> [erlang:port_command(Port, binary:copy(<<"x">>, 300000)) || _ <- [1, 2, 3]] end),
  show("who fills it", status(Filler)),
  Sender = sender(fun() -> Port ! {Me, {command, <<"a">>}} end),
  show("who sends", status(Sender)),
  show("sent", sent(Sender)),
  show("nosuspend", erlang:send(Port, {Me, {command, <<"b">>}}, [nosuspend])),
  show("port_command", erlang:port_command(Port, <<"b">>, [nosuspend])),
  show("bad data", erlang:send(Port, {Me, {command, nonsense}}, [nosuspend])),
  Stranger = sender(fun() -> Port ! {self(), {command, <<"a">>}} end),
  show("stranger", status(Stranger)),
  show("exit", exited(Port, 0)),
  Connecting = sender(fun() -> Port ! {Me, {connect, Me}} end),
  show("connect", {sent_in_time(Connecting), receive {Port, connected} -> yes after 20000 -> no end}),
  Raving = sender(fun() -> Port ! {Me, nonsense} end),
  show("nonsense", {sent_in_time(Raving), exited(Port, 20000)}),
  register(the_port, Port),
  Named = sender(fun() -> the_port ! {Me, {command, <<"by name">>}} end),
  show("by name", status(Named)),
  show("nosuspend by name", erlang:send(the_port, {Me, {command, <<"b">>}}, [nosuspend])),
  show("nosuspend by name and node", erlang:send({the_port, node()}, {Me, {command, <<"b">>}}, [nosuspend])),
  erlang:suspend_process(Sender),
  erlang:resume_process(Sender),
  timer:sleep(50),
  show("still waits", sent(Sender)),
  Killed = sender(fun() -> Port ! {Me, {command, <<"a">>}} end),
  show("who is killed", status(Killed)),
  exit(Killed, kill),
  ok = file:write_file(Gate, ""),
  show("all sent", [sent_in_time(P) || P <- [Filler, Sender, Named, Stranger]]),
  show("the stranger's", exited(Port, 20000)),
  show("killed", sent(Killed)),
  port_close(Port),
  _ = exited(Port, 1000).

%% The port ends while somebody waits for it.
ending() ->
  {Gate, Port} = gate(),
  Me = self(),
  sender(fun() -> catch [erlang:port_command(Port, binary:copy(<<"x">>, 300000)) || _ <- [1, 2, 3]] end),
  Sender = sender(fun() -> timer:sleep(100), Port ! {Me, {command, <<"a">>}} end),
  show("waits", status(Sender)),
  port_close(Port),
  show("sent after the end", sent_in_time(Sender)),
  ok = file:write_file(Gate, "").
