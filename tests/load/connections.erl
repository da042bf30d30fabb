%% SPDX-License-Identifier: Apache-2.0
%% 10,000 TCP connections at once, held by gen_tcp and opened by clients.py: all echo; some read slowly or not at all, send byte by byte, shut one side, reset.
%% What a connection costs is the difference of resident memory between none of them and all.
-module(connections).
-export([size/0, run/1]).

-define(CHUNK, 65536).
-define(BLOB, 262144).
-define(WAVES, 10).

size() -> 10000.

run(Count) ->
    Self = self(),
    Options = [binary, {active, false}, {ip, {127, 0, 0, 1}}, {backlog, 1024}, {nodelay, true}, {sndbuf, 16384}, {exit_on_close, false}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    Acceptors = [spawn_link(fun() -> accept(Listener, Self) end) || _ <- lists:seq(1, 8)],
    Clients = load_clients:start(Port),
    Ask = fun(Format, Arguments) -> load_clients:ask(Clients, Format, Arguments) end,
    Sixth = max(1, Count div 6),
    Few = max(2, Count div 50),
    Modes = [{"once", "o"}, {"passive", "p"}, {"true", "t"}],
    OpenAll = fun() -> [Ask("open ~s ~b ~s", [Name, Sixth, Byte]) || {Name, Byte} <- Modes] end,
    None = load_clients:resident(),
    FirstHalf = OpenAll(),
    SecondHalf = OpenAll(),
    Whole = load_clients:resident(),
    Started = load_clients:processor_us(),
    Echoed = [Ask("echo ~s 3 200", [Name]) || {Name, _} <- Modes],
    Ended = load_clients:processor_us(),
    %% All that follows while those are open.
    _ = Ask("open little ~b t", [Few]),
    Dribbled = Ask("dribble little 64", []),
    _ = Ask("open slow ~b b 4096", [Few]),
    Slow = Ask("slow slow ~b 2", [?BLOB]),
    _ = Ask("open stuck ~b s 4096", [Few]),
    _ = Ask("send stuck 1", []),
    _ = Ask("open half ~b h", [Few]),
    Halves = Ask("half half 50000", []),
    Resets = [begin Ask("open reset ~b ~c", [Few, Byte]), Ask("reset reset ~b", [Sent]) end || Byte <- "opte", Sent <- [0, 100]],
    %% Their server has given them up before they read.
    [receive {ended, "s"} -> Self ! {ended, "stuck"} after 60000 -> exit(still_sending) end || _ <- lists:seq(1, Few)],
    Given = Ask("ended stuck", []),
    Grown = grown(Ask, Few * 10),
    Closed = [Ask("close ~s", [Name]) || Name <- ["once", "passive", "true", "little", "slow", "half"]],
    Ends = ends(6 * Sixth + (4 + length(Resets)) * Few + ?WAVES * Few * 10, #{}),
    load_clients:stop(Clients),
    ok = gen_tcp:close(Listener),
    [receive {A, done} -> unlink(A) end || A <- Acceptors],
    {{FirstHalf, SecondHalf, Echoed, Dribbled, Slow, Halves, Resets, Given, Closed, Ends, Grown =< Few * 10 * ?WAVES * 100 + (4 bsl 20) orelse Grown},
     [load_clients:bounded(bytes_per_connection, Whole - None, 6 * Sixth, 0.5), {ns_per_echo, 1000 * (Ended - Started) div (18 * Sixth)}, {bytes_grown, Grown}]}.

%% Connections come and go in waves; what stays of them would show in resident memory from the second on.
grown(Ask, Size) ->
    Wave = fun() -> Ask("open wave ~b t", [Size]), Ask("echo wave 1 100", []), Ask("reset wave 0", []) end,
    [Wave() || _ <- lists:seq(1, 2)],
    Before = load_clients:resident(),
    [Wave() || _ <- lists:seq(3, ?WAVES)],
    load_clients:resident() - Before.

accept(Listener, Parent) ->
    case gen_tcp:accept(Listener) of
        {ok, S} ->
            Pid = spawn(fun() -> receive go -> Parent ! {ended, serve(S)} end end),
            ok = gen_tcp:controlling_process(S, Pid),
            Pid ! go,
            accept(Listener, Parent);
        {error, closed} -> Parent ! {self(), done}
    end.

%% The first byte says what the connection is for.
serve(S) ->
    {ok, <<Mode>>} = gen_tcp:recv(S, 1),
    ok = gen_tcp:send(S, <<Mode>>),
    _ = mode(Mode, S),
    gen_tcp:close(S),
    [Mode].

mode($o, S) -> once(S);
mode($p, S) -> passive(S);
mode($t, S) -> inet:setopts(S, [{active, true}]), active(S);
mode($e, S) -> inet:setopts(S, [{active, true}, {show_econnreset, true}]), active(S);
mode($b, S) ->
    {ok, _} = gen_tcp:recv(S, 1),
    Chunk = binary:copy(list_to_binary(lists:seq(0, 255)), ?CHUNK div 256),
    [ok = gen_tcp:send(S, Chunk) || _ <- lists:seq(1, ?BLOB div ?CHUNK)],
    {error, closed} = gen_tcp:recv(S, 1);
mode($s, S) ->
    %% Nobody reads: the sender is not held for ever.
    {ok, _} = gen_tcp:recv(S, 1),
    ok = inet:setopts(S, [{send_timeout, 300}, {send_timeout_close, true}]),
    stuck(S, binary:copy(<<0>>, ?CHUNK), 200);
mode($h, S) -> half(S, []).

stuck(S, Chunk, Left) when Left > 0 ->
    case gen_tcp:send(S, Chunk) of
        ok -> stuck(S, Chunk, Left - 1);
        {error, timeout} -> ok
    end.

once(S) ->
    _ = inet:setopts(S, [{active, once}]),
    receive
        {tcp, S, Data} -> _ = gen_tcp:send(S, Data), once(S);
        {tcp_closed, S} -> ok
    end.

passive(S) ->
    case gen_tcp:recv(S, 0) of
        {ok, Data} -> _ = gen_tcp:send(S, Data), passive(S);
        {error, closed} -> ok
    end.

active(S) ->
    receive
        {tcp, S, Data} -> _ = gen_tcp:send(S, Data), active(S);
        {tcp_error, S, econnreset} -> active(S);
        {tcp_closed, S} -> ok
    end.

half(S, Parts) ->
    case gen_tcp:recv(S, 0) of
        {ok, Data} -> half(S, [Parts, Data]);
        {error, closed} -> ok = gen_tcp:send(S, Parts)
    end.

ends(0, Counts) -> lists:sort(maps:to_list(Counts));
ends(Left, Counts) ->
    receive {ended, Mode} -> ends(Left - 1, maps:update_with(Mode, fun(C) -> C + 1 end, 1, Counts))
    after 60000 -> exit({missing, Left, Counts})
    end.
