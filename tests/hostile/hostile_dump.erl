%% SPDX-License-Identifier: Apache-2.0
%% main/0 dies with a crash dump of hostile names and terms; read/0 has the release's viewer read it.
-module(hostile_dump).
-export([main/0, read/0]).

names() ->
    ['\n=end\n', '=proc:<0.1.0>', 'a\r\nb', ' ', '', '\x00', '\\', '\'', '"', 'N', 'H1234', list_to_atom(lists:duplicate(255, $\n)),
     list_to_atom([16#1F600, 10, 16#3B1])].

terms() ->
    [names(), {'\n=end\n', "\n=proc:<0.0.0>\n", <<"\n=end\n">>}, #{'\n' => [<<0:3>>, 1.5, -1 bsl 70]}, [a | b], list_to_binary(lists:duplicate(100, "=end\n")) |
     names()].

main() ->
    Terms = terms(),
    ok = file:write_file("terms", term_to_binary(Terms)),
    Wait = fun() -> receive never -> ok end end,
    Self = self(),
    P = spawn(fun() -> [put(T, T) || T <- Terms], register('\n=end\nState: x', self()), Self ! ready, Wait() end),
    receive ready -> ok end,
    [P ! T || T <- Terms],
    [ets:new(N, [named_table]) || N <- names()],
    [register(N, spawn(Wait)) || N <- names()],
    open_port({spawn, "cat -u - \n=end\nx"}, []),
    erlang:halt("slogan\n=end\n=proc:<0.77.0>\nState: made up").

read() ->
    {ok, Bytes} = file:read_file("terms"),
    Terms = binary_to_term(Bytes),
    {ok, _} = crashdump_viewer:start_link(),
    register(cdv_progress_handler, self()),
    ok = crashdump_viewer:read_file(filename:absname("dump")),
    done = wait(),
    {ok, Processes, _} = crashdump_viewer:processes(),
    false = lists:any(fun(P) -> lists:member("made up", tuple_to_list(P)) end, Processes),
    [P] = [P || P <- Processes, lists:member("'\\n=end\\nState: x'", tuple_to_list(P))],
    {ok, Details, _} = crashdump_viewer:proc_details(pid_to_list(element(2, P))),
    Lists = [whole(L) || L <- tuple_to_list(Details), is_list(L)],
    %% A message is among the elements of its row; a pair of the dictionary is there as it is.
    [] = [{no_message, T} || T <- Terms, not in_some(fun(Row) -> is_tuple(Row) andalso lists:member(T, tuple_to_list(Row)) end, Lists)],
    [] = [{no_pair, T} || T <- Terms, not in_some(fun(Row) -> Row =:= {T, T} end, Lists)],
    {ok, Tables, _} = crashdump_viewer:ets_tables(all),
    true = length(Tables) >= length(names()),
    io:format("crash dump: ~w terms read back~n", [length(Terms)]),
    halt(0).

%% Long binaries stand as the place where they are in the file.
whole(['#CDVBin', Offset, Size, Place]) -> {ok, Binary} = crashdump_viewer:expand_binary({Offset, Size, Place}), Binary;
whole([H | T]) -> [whole(H) | whole(T)];
whole(T) when is_tuple(T) -> list_to_tuple([whole(E) || E <- tuple_to_list(T)]);
whole(T) -> T.

in_some(Is, Lists) -> lists:any(fun(L) -> any(Is, L) end, Lists).

any(Is, [Row | Rest]) -> Is(Row) orelse any(Is, Rest);
any(_, _) -> false.

wait() ->
    receive
        {progress, {ok, done}} -> done;
        {progress, {error, R}} -> {error, R};
        {progress, _} -> wait()
    after 60000 -> timeout
    end.
