%% SPDX-License-Identifier: Apache-2.0
%% Code that changes while it runs: a gen_server under a supervisor under calls, processes left on old code, funs and literals of modules
%% that are gone.
-module(soak_code).
-behaviour(supervisor).
-export([open/0, round/2, close/1, init/1]).

-import(soak_help, [same/3, gone/1]).

-define(VERSIONS, 4).

%% The texts are compiled once: a compiler at work all the time would be the whole load.
open() ->
    #{server => compiled(soak_code_server, fun server/1), loop => compiled(soak_code_loop, fun loop/1)}.
close(_) ->
    [begin code:purge(Name), code:delete(Name), code:purge(Name) end || Name <- [soak_code_server, soak_code_loop]].

round(_, #{server := Servers, loop := Loops} = State) ->
    {lists:sum([under_calls(Servers), left_on_old(Loops), kept(Loops)]), State}.

compiled(Name, Text) ->
    list_to_tuple([begin
        {ok, Tokens, _} = erl_scan:string(lists:flatten(Text(Version))),
        Forms = [{attribute, 1, module, Name}, {attribute, 1, compile, [export_all, nowarn_export_all]} | forms(Tokens, [])],
        {ok, Name, Code} = compile:forms(Forms, []),
        Code
    end || Version <- lists:seq(1, ?VERSIONS)]).

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) -> {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])), [Parsed | forms(Rest, [])];
forms([Token | Rest], Form) -> forms(Rest, [Token | Form]).

load(Name, Codes, Version) ->
    {module, Name} = code:load_binary(Name, "soak", element(Version, Codes)).

%% State is {Version, Sum}: what was written by another version has not been converted.
server(V) ->
    io_lib:format(
        "init(_) -> {ok, {~b, 0}}.
         handle_call({add, N, _}, _, {~b, Sum}) -> {reply, {~b, Sum + N}, {~b, Sum + N}};
         handle_call(get, _, {~b, Sum} = State) -> {reply, Sum, State}.
         handle_cast(_, State) -> {noreply, State}.
         handle_info(_, State) -> {noreply, State}.
         terminate(_, _) -> ok.
         code_change(_, {_, Sum}, {to, ~b}) -> {ok, {~b, Sum}}.", [V, V, V, V, V, V, V]).

loop(V) ->
    io_lib:format(
        "start(X) -> receive {version, From} -> From ! {self(), ~b, constant()}, start(X); move -> soak_code_loop:start(X); stop -> X end.
         constant() -> {~b, [a, \"text of a literal\", {b, 1.5, 123456789012345678901234567890, <<\"~s\">>}]}.
         make(N) -> fun(M) -> {~b, N + M, constant()} end.", [V, V, lists:duplicate(100, $a + V), V]).

init(Name) ->
    {ok, {#{intensity => 1, period => 60}, [#{id => Name, start => {gen_server, start_link, [{local, Name}, Name, [], []]}}]}}.

%% Clients call all the time; every call is answered once, by code that fits the state.
under_calls(Codes) ->
    Name = soak_code_server,
    load(Name, Codes, 1),
    Me = self(),
    Holder = spawn_link(fun() ->
        process_flag(trap_exit, true),
        {ok, Sup} = supervisor:start_link(?MODULE, Name),
        Me ! ready,
        receive stop -> unlink(Sup), exit(Sup, shutdown), gone(Sup) end
    end),
    receive ready -> ok end,
    Server = whereis(Name),
    Calls = 30 + rand:uniform(50),
    Clients = [spawn_link(fun() ->
        rand:seed(exsss, Seed),
        Me ! {self(), [gen_server:call(Name, {add, I, soak_help:payload()}, infinity) || I <- lists:seq(1, Calls)]}
    end) || Seed <- [rand:uniform(1 bsl 40) || _ <- lists:seq(1, 3)]],
    Purges = [begin
        ok = sys:suspend(Name, infinity),
        load(Name, Codes, Version),
        ok = sys:change_code(Name, Name, Version, {to, Version}, infinity),
        ok = sys:resume(Name, infinity),
        code:soft_purge(Name) orelse code:purge(Name)
    end || Version <- [2, 3, 4, 1, 2, 3, 4]],
    Answers = lists:append([receive {Client, A} -> A end || Client <- Clients]),
    Total = gen_server:call(Name, get, infinity),
    Same = whereis(Name),
    Holder ! stop,
    gone(Holder),
    Sums = lists:usort([Sum || {_, Sum} <- Answers]),
    same(answers, {3 * Calls, 3 * soak_help:seq_sum(Calls), Server}, {length(Sums), Total, Same}) + same(purges, 7, length(Purges)).

%% Some move to new code, the others are killed by the purge.
left_on_old(Codes) ->
    Name = soak_code_loop,
    code:purge(Name),
    load(Name, Codes, 1),
    {Moving, Staying} = lists:split(10, [spawn(Name, start, [I]) || I <- lists:seq(1, 20)]),
    [same(version, {1, 1}, version(Pid)) || Pid <- Moving ++ Staying],
    load(Name, Codes, 2),
    [Pid ! move || Pid <- Moving],
    Versions = [version(Pid) || Pid <- Moving ++ Staying],
    false = code:soft_purge(Name),
    true = code:purge(Name),
    Reasons = [gone(Pid) || Pid <- Staying],
    After = [version(Pid) || Pid <- Moving],
    [Pid ! stop || Pid <- Moving],
    [gone(Pid) || Pid <- Moving],
    same(versions, lists:duplicate(10, {2, 2}) ++ lists:duplicate(10, {1, 1}), Versions) + same(after_purge, lists:duplicate(10, {2, 2}), After) +
        same(reasons, true, lists:all(fun(R) -> R =:= killed orelse R =:= noproc end, Reasons)).

version(Pid) ->
    Pid ! {version, self()},
    receive {Pid, Version, {Literal, _}} -> {Version, Literal} end.

%% Literals and funs of a version that goes: in a heap, in a mailbox, in a table. A fun holds no purge up; it is a bad one afterwards.
kept(Codes) ->
    Name = soak_code_loop,
    load(Name, Codes, 3),
    code:purge(Name),
    Literal = Name:constant(),
    Fun = Name:make(40),
    Table = ets:new(kept, []),
    true = ets:insert(Table, {key, Literal}),
    Holder = spawn(fun() -> receive {get, From} -> receive Kept -> From ! {self(), Kept} end end end),
    Holder ! Literal,
    {3, 42, Literal} = Fun(2),
    Copy = binary_to_term(term_to_binary(Literal)),
    load(Name, Codes, 4),
    {3, 43, Literal} = Fun(3),
    true = code:soft_purge(Name),
    Bad = try Fun(4) catch error:{badfun, F} -> F =:= Fun end,
    {4, _} = Name:constant(),
    Holder ! {get, self()},
    Got = receive {Holder, G} -> G end,
    [{key, Row}] = ets:lookup(Table, key),
    ets:delete(Table),
    same(kept, {Copy, Copy, Copy}, {Literal, Got, Row}) + same(bad_fun, true, Bad).
