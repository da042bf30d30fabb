%% SPDX-License-Identifier: Apache-2.0
%% Many connections of every kind at once: echoes, single bytes, resets, half-closed ones, slow readers, ones that end at once. All that was
%% taken for them comes back.
-module(tcp_storm).
-mode(compile).
-export([main/1]).

-define(WAVES, 3).
-define(SIZE, 120).
-define(WAIT, 30000).

main(_) ->
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 1024}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(L),
    Me = self(),
    Before = state(),
    Acceptors = [spawn(fun() -> accept(L, Me) end) || _ <- lists:seq(1, 5)],
    [p(wave, wave(Port)) || _ <- lists:seq(1, ?WAVES)],
    p(served, length([receive served -> ok after ?WAIT -> exit(missing) end || _ <- lists:seq(1, ?WAVES * ?SIZE)])),
    [exit(A, kill) || A <- Acceptors],
    p(back, back(Before, 100)),
    gen_tcp:close(L).

p(Label, Term) -> io:format("~p: ~p~n", [Label, Term]).

state() -> {descriptors(), length(erlang:ports()), length(processes())}.
descriptors() -> {ok, Names} = file:list_dir("/proc/self/fd"), length(Names).

%% Descriptors may be given back a little later.
back({D, P, N} = Before, Tries) ->
    case state() of
        {D1, P1, N1} when D1 =< D, P1 =< P, N1 =< N -> ok;
        Now when Tries =:= 0 -> {Before, Now};
        _ -> timer:sleep(50), back(Before, Tries - 1)
    end.

accept(L, Parent) ->
    case gen_tcp:accept(L) of
        {ok, S} ->
            Server = spawn(fun() -> receive go -> ok end, serve(S), Parent ! served end),
            ok = gen_tcp:controlling_process(S, Server),
            Server ! go,
            accept(L, Parent);
        {error, _} -> ok
    end.

serve(S) ->
    case inet:setopts(S, [{active, once}]) of
        ok ->
            receive
                {tcp, S, Data} -> case gen_tcp:send(S, Data) of ok -> serve(S); {error, _} -> gen_tcp:close(S) end;
                {tcp_closed, S} -> ok
            end;
        {error, _} -> gen_tcp:close(S)
    end.

wave(Port) ->
    Me = self(),
    [spawn(fun() -> Me ! {N rem 6, client(N rem 6, Port)} end) || N <- lists:seq(1, ?SIZE)],
    Results = [receive {K, R} -> {K, R} after ?WAIT -> exit(missing) end || _ <- lists:seq(1, ?SIZE)],
    [{K, lists:usort([R || {K1, R} <- Results, K1 =:= K])} || K <- lists:seq(0, 5)].

client(Kind, Port) ->
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {nodelay, true}], ?WAIT),
    Result = act(Kind, C),
    gen_tcp:close(C),
    Result.

act(0, C) -> [begin ok = gen_tcp:send(C, "echo"), {ok, <<"echo">>} = gen_tcp:recv(C, 4, ?WAIT) end || _ <- lists:seq(1, 5)], echoed;
act(1, C) -> [ok = gen_tcp:send(C, [X]) || X <- "single bytes"], gen_tcp:recv(C, 12, ?WAIT);
act(2, C) -> ok = inet:setopts(C, [{linger, {true, 0}}]), ok = gen_tcp:send(C, binary:copy(<<"r">>, 5000)), reset;
act(3, C) -> ok = gen_tcp:send(C, "half"), ok = gen_tcp:shutdown(C, write), {gen_tcp:recv(C, 4, ?WAIT), gen_tcp:recv(C, 0, ?WAIT)};
act(4, C) ->
    %% Sends a lot and reads it late: what waits makes both sides wait.
    Data = binary:copy(<<"slow">>, 50000),
    Me = self(),
    Sender = spawn_link(fun() -> receive go -> ok end, ok = gen_tcp:send(C, Data), Me ! {self(), sent} end),
    Sender ! go,
    timer:sleep(20),
    {ok, Got} = gen_tcp:recv(C, byte_size(Data), ?WAIT),
    receive {Sender, sent} -> Got =:= Data end;
act(5, _) -> ended.
