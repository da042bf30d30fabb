%% SPDX-License-Identifier: Apache-2.0
%% Child programs: what goes in comes out, how they end is told; ports closed, passed on, left to die with their owner. Files.
-module(soak_ports).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3]).

open() -> none.
close(none) -> ok.

round(_, none) ->
    {lists:sum([soak_help:elsewhere(Fun) || Fun <- [fun echo/0, fun lines/0, fun ends/0, fun shell/0, fun passed_on/0, fun dropped/0, fun files/0]]), none}.

%% Packets through `cat`.
echo() ->
    Port = open_port({spawn_executable, "/bin/cat"}, [{packet, 4}, binary, use_stdio]),
    Packets = [rand:bytes(rand:uniform(20000)) || _ <- lists:seq(1, 10)],
    [true = port_command(Port, [binary:part(P, 0, byte_size(P) div 2), binary:part(P, byte_size(P), -(byte_size(P) - byte_size(P) div 2))]) || P <- Packets],
    Got = [receive {Port, {data, Data}} -> Data end || _ <- Packets],
    true = port_close(Port),
    same(echo, Packets, Got).

lines() ->
    Count = 10 + rand:uniform(300),
    Port = open_port({spawn, "seq " ++ integer_to_list(Count)}, [{line, 100}, exit_status, in]),
    Got = until_end(Port, []),
    same(lines, {[integer_to_list(I) || I <- lists:seq(1, Count)], 0}, Got).

until_end(Port, Lines) ->
    receive
        {Port, {data, {eol, Line}}} -> until_end(Port, [Line | Lines]);
        {Port, {exit_status, Status}} -> {lists:reverse(Lines), Status}
    end.

%% Environment, directory, exit status.
ends() ->
    Status = rand:uniform(100),
    Port = open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", "pwd; echo $SOAK; exit " ++ integer_to_list(Status)]}, {line, 1000}, exit_status,
                                                     {env, [{"SOAK", "value"}]}, {cd, "/"}, stderr_to_stdout]),
    same(ends, {["/", "value"], Status}, until_end(Port, [])).

shell() -> same(os_cmd, "hello\n", os:cmd("echo hello")).

%% A port changes its owner and ends with the new one.
passed_on() ->
    Port = open_port({spawn, "cat"}, [binary, stream]),
    Me = self(),
    Next = spawn(fun() ->
        receive go -> true = port_command(Port, <<"to the new owner">>) end,
        receive {Port, {data, Data}} -> Me ! {self(), Data} end
    end),
    true = erlang:port_connect(Port, Next),
    unlink(Port),
    Next ! go,
    Data = receive {Next, D} -> D end,
    Ref = monitor(port, Port),
    receive {'DOWN', Ref, port, Port, _} -> ok end,
    same(passed_on, {<<"to the new owner">>, undefined}, {Data, erlang:port_info(Port)}).

%% Owners are killed while much is under way.
dropped() ->
    Data = rand:bytes(100000),
    Pids = [spawn(fun() ->
        Port = open_port({spawn, "cat 2> /dev/null"}, [binary]),
        true = port_command(Port, Data),
        receive {Port, {data, _}} -> ok end,
        receive never -> ok end
    end) || _ <- lists:seq(1, 3)],
    receive after 2 -> ok end,
    [exit(Pid, kill) || Pid <- Pids],
    [soak_help:gone(Pid) || Pid <- Pids],
    1.

files() ->
    Name = filename:join(os:getenv("HOME"), "soak-file"),
    Pieces = [rand:bytes(rand:uniform(5000)) || _ <- lists:seq(1, 20)],
    {ok, File} = file:open(Name, [write, raw, binary, delayed_write]),
    [ok = file:write(File, P) || P <- Pieces],
    ok = file:close(File),
    {ok, Whole} = file:read_file(Name),
    At = rand:uniform(byte_size(Whole)) - 1,
    {ok, Device} = file:open(Name, [read, binary]),
    {ok, Part} = file:pread(Device, At, 1000),
    ok = file:close(Device),
    ok = file:delete(Name),
    same(file, iolist_to_binary(Pieces), Whole) + same(pread, binary:part(Whole, At, min(1000, byte_size(Whole) - At)), Part).
