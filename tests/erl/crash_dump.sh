# SPDX-License-Identifier: Apache-2.0
# What a machine that ended with a text leaves behind, read by the release's crashdump_viewer.
ERL_CRASH_DUMP=$PWD/dump
export ERL_CRASH_DUMP
erl -noshell -eval '
    Receive = fun() -> receive never -> ok end end,
    P = spawn(fun() -> register(dumped, self()), put(key, {a, value, [1.5, #{x => y}]}), Receive() end),
    P ! {message, [1, 2, 3]}, P ! plain,
    ets:new(dumped_table, [named_table, public]), ets:insert(dumped_table, [{1, one}, {2, two}]),
    timer:sleep(100), erlang:halt("the slogan")' >/dev/null 2>&1
echo "status $?"
cat >reader.erl <<'EOR'
-module(reader).
-export([main/0]).
main() ->
    {ok, _} = crashdump_viewer:start_link(),
    register(cdv_progress_handler, self()),
    ok = crashdump_viewer:read_file(filename:absname("dump")),
    done = wait(),
    {ok, General, _} = crashdump_viewer:general_info(),
    io:format("~p ~p~n", [element(1, General), [V || V <- tuple_to_list(General), V =:= "the slogan"]]),
    {ok, Ps, _} = crashdump_viewer:processes(),
    [Proc] = [P || P <- Ps, element(5, P) =:= "dumped" orelse element(4, P) =:= "dumped" orelse lists:member("dumped", tuple_to_list(P))],
    {ok, Details, _} = crashdump_viewer:proc_details(pid_to_list(element(2, Proc))),
    Fields = [plain(F) || F <- tuple_to_list(Details)],
    [io:format("~p~n", [F]) || F <- Fields, is_list(F), F =/= [], lists:any(fun(E) -> is_tuple(E) andalso (lists:member(key, tuple_to_list(E)) orelse lists:member({message, [1, 2, 3]}, tuple_to_list(E))) end, F)],
    {ok, Ts, _} = crashdump_viewer:ets_tables(all),
    io:format("~p~n", [[lists:member("dumped_table", tuple_to_list(T)) || T <- Ts, lists:member("dumped_table", tuple_to_list(T))]]),
    init:stop().
%% Pids are lists in what it reads.
plain(['#CDVPid' | _]) -> pid;
plain([H | T]) -> [plain(H) | plain(T)];
plain(T) when is_tuple(T) -> list_to_tuple([plain(E) || E <- tuple_to_list(T)]);
plain(T) -> T.
wait() -> receive {progress, {ok, done}} -> done; {progress, {error, R}} -> {error, R}; {progress, _} -> wait() after 30000 -> timeout end.
EOR
unset ERL_CRASH_DUMP
erlc reader.erl && erl -noshell -s reader main
