%% SPDX-License-Identifier: Apache-2.0
%% system_profile: who runs when, and what it is told for.
-module(system_profile).
-mode(compile).
-export([main/0]).
-compile({no_auto_import, [processes/0]}).

main() ->
    options(), processes(), exclusive(), schedulers(), gone(), port().

say(T) -> io:format("~0p~n", [T]).
sink() -> spawn(fun Loop() -> receive {get, R} -> R ! process_info(self(), messages); stop -> exit(normal) end, Loop() end).
got(P) -> P ! {get, self()}, receive {messages, Ms} -> P ! stop, Ms end.
show(X, P) -> case X of {P2, L} when P2 =:= P -> {profiler, L}; _ -> X end.

options() ->
    P = sink(),
    say(erlang:system_profile()),
    [begin
        say(show(erlang:system_profile(P, O), P)), say(show(erlang:system_profile(), P)), say(show(erlang:system_profile(undefined, []), P))
     end || O <- [[runnable_procs], [runnable_ports], [scheduler], [exclusive], [timestamp], [runnable_procs, runnable_ports, scheduler, exclusive, monotonic_timestamp]]],
    say([element(1, element(2, catch erlang:system_profile(A, B))) || {A, B} <- [{P, [foo]}, {P, foo}, {foo, [scheduler]}, {1, [scheduler]}, {P, [scheduler | x]}]]),
    say(erlang:system_profile()),
    P ! stop.

%% Active and inactive by turns; where it waits, and 0 when it ends.
processes() ->
    Self = self(),
    [begin
        P = sink(),
        erlang:system_profile(P, [runnable_procs | Stamp]),
        W = spawn(fun() -> receive a -> Self ! b end, receive c -> ok end end),
        timer:sleep(30), W ! a, receive b -> ok end, timer:sleep(30),
        R = monitor(process, W), timer:sleep(30),
        W ! c, receive {'DOWN', R, _, _, _} -> ok end, timer:sleep(30),
        erlang:system_profile(undefined, []),
        Ms = got(P),
        say([{A, Where, kind(T)} || {profile, Pid, A, Where, T} <- Ms, Pid =:= W]),
        say({by_turns, by_turns([A || {profile, Pid, A, _, _} <- Ms, Pid =:= Self])}),
        say({itself, [M || {profile, Pid, _, _, _} = M <- Ms, Pid =:= P]})
     end || Stamp <- [[], [timestamp], [monotonic_timestamp], [strict_monotonic_timestamp]]].

kind({A, B, C}) when is_integer(A), is_integer(B), is_integer(C) -> timestamp;
kind({A, B}) when is_integer(A), is_integer(B) -> strict_monotonic;
kind(A) when is_integer(A) -> monotonic.
by_turns([A, A | _]) -> false;
by_turns([_ | T]) -> by_turns(T);
by_turns([]) -> true.

%% The caller of a port is inactive while the port works.
exclusive() ->
    P = sink(),
    Prt = open_port({spawn, "cat"}, [binary]),
    erlang:system_profile(P, [runnable_ports, runnable_procs, exclusive]),
    port_command(Prt, "text"),
    timer:sleep(30),
    erlang:system_profile(undefined, []),
    Self = self(),
    Ms = got(P),
    say([{if X =:= Self -> main; true -> port end, A} || {profile, X, A, _, _} <- lists:sublist([M || M <- Ms, lists:member(element(2, M), [Self, Prt])], 4)]),
    port_close(Prt).

schedulers() ->
    P = sink(),
    erlang:system_profile(P, [scheduler]),
    timer:sleep(50),
    erlang:system_profile(undefined, []),
    Ms = got(P),
    say({some, length(Ms) > 1, lists:usort([{A, is_integer(Id), is_integer(N), kind(T)} || {profile, scheduler, Id, A, N, T} <- Ms])}).

%% Goes with its profiler.
gone() ->
    {P, R} = spawn_monitor(fun() -> receive stop -> ok end end),
    undefined = erlang:system_profile(P, [runnable_procs]),
    exit(P, kill),
    receive {'DOWN', R, _, _, _} -> ok end,
    timer:sleep(50),
    say(erlang:system_profile()).

port() ->
    Name = "profile_of_a_port",
    Prt = open_port({spawn, "cat > " ++ Name}, [binary, {packet, 4}, exit_status]),
    undefined = erlang:system_profile(Prt, [runnable_procs]),
    {Prt, [runnable_procs]} = erlang:system_profile(),
    [receive after 1 -> ok end || _ <- lists:seq(1, 20)],
    erlang:system_profile(undefined, []),
    timer:sleep(100),
    port_close(Prt),
    timer:sleep(200),
    {ok, Bytes} = file:read_file(Name),
    file:delete(Name),
    Ms = cut(Bytes),
    say({port, length(Ms) > 20, lists:usort([{tuple_size(M), element(1, M), element(3, M)} || M <- Ms])}).
cut(<<N:32, B:N/binary, R/binary>>) -> [binary_to_term(B) | cut(R)];
cut(_) -> [].
