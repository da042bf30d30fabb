%% SPDX-License-Identifier: Apache-2.0
%% main/0 dies with a crash dump of hostile names and terms; read/0 has the release's viewer read it.
-module(hostile_dump).
-export([main/0, read/0, 'f: g'/0]).
-import(viewer_record, [field/2]).

names() ->
    ['\n=end\n', '=proc:<0.1.0>', 'a\r\nb', ' ', '', '\x00', '\\', '\'', '"', 'N', 'H1234', list_to_atom(lists:duplicate(255, $\n)),
     list_to_atom([16#1F600, 10, 16#3B1])].

terms() ->
    [names(), {'\n=end\n', "\n=proc:<0.0.0>\n", <<"\n=end\n">>}, #{'\n' => [<<0:3>>, 1.5, -1 bsl 70]}, [a | b], list_to_binary(lists:duplicate(100, "=end\n")) |
     names()].

slogan() -> "slogan\n\n=end\n=proc:<0.77.0>\nState: made up\r\nSystem version: made up\n".

persistent() -> [{'a|b', '|'}, {{'a|b'}, [$|]}, {'\n|', "|"}].

'f: g'() -> ok.

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
    %% Relations, tables, persistent terms, calls: what readers part at commas, colons and bars.
    register('a, {b}', spawn(Wait)),
    spawn(fun() ->
                  register(watcher, self()), process_flag(save_calls, 10), link(P),
                  monitor(process, 'a, {b}'), monitor(process, '\n=end\n'), monitor(time_offset, clock_service),
                  ?MODULE:'f: g'(), Self ! ready, Wait()
          end),
    receive ready -> ok end,
    ets:new(unnamed, []),
    [persistent_term:put(K, V) || {K, V} <- persistent()],
    %% What a sensitive process has is its own; what has been sent has arrived, also where the receiver does not look.
    spawn(fun() -> register(sensitive, self()), process_flag(sensitive, true), put(made, kept_to_itself()), Self ! ready, Wait() end) ! {kept_to_itself()},
    receive ready -> ok end,
    Busy = spawn(fun() -> register(busy, self()), Self ! ready, busy(0) end),
    receive ready -> ok end,
    [Busy ! {message, N} || N <- [1, 2]],
    erlang:halt(slogan()).

busy(N) -> busy(N + 1).

%% Made when it is asked for: literals of a module are in no process.
kept_to_itself() -> list_to_binary(["kept to ", atom_to_list(itself), lists:duplicate(100, $!)]).

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
    ["no"] = [field(T, is_named) || T <- Tables, field(T, name) =:= "unnamed"],
    ["yes"] = lists:usort([field(T, is_named) || T <- Tables, lists:member(field(T, name), ["'\\n=end\\n'", "'N'", "'H1234'"])]),
    {ok, General, _} = crashdump_viewer:general_info(),
    true = plain(slogan()) =:= plain(field(General, slogan)),
    "Erlang/OTP " ++ _ = field(General, system_vsn),
    Watcher = details("watcher", Processes),
    [PidText] = [pid_list(element(2, P))],
    [PidText] = [Id || {Id, _} <- field(Watcher, links)],
    ["clock_service (" ++ _, "{'\\n=end\\n'," ++ _, "{'a\\054 \\173b\\175'," ++ _] = lists:sort([Text || {_, Text} <- field(Watcher, monitors)]),
    true = lists:any(fun(Call) -> Call =:= "hostile_dump:'f\\072 g'/0" end, field(Watcher, last_calls)),
    {ok, Persistent, _} = crashdump_viewer:persistent_terms(),
    [] = persistent() -- Persistent,
    Sensitive = details("sensitive", Processes),
    {[], [], []} = {field(Sensitive, msg_q), field(Sensitive, dict), field(Sensitive, stack_dump)},
    {ok, Dump} = file:read_file("dump"),
    nomatch = binary:match(Dump, binary:part(base64:encode(kept_to_itself()), 0, 60)),
    Busy = details("busy", Processes),
    {2, [{message, 1}, {message, 2}]} = {field(Busy, msg_q_len), [M || {M, _} <- field(Busy, msg_q)]},
    io:format("crash dump: ~w terms read back~n", [length(Terms)]),
    halt(0).

details(Name, Processes) ->
    [Found] = [P || P <- Processes, field(P, name) =:= Name],
    {ok, Details, _} = crashdump_viewer:proc_details(pid_list(field(Found, pid))),
    Details.

pid_list(Pid) when is_pid(Pid) -> pid_to_list(Pid);
pid_list(Text) -> Text.

%% Lines of a slogan may be set in, and carriage returns left out.
plain(Text) -> [C || C <- Text, C =/= $\s, C =/= $\r].

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
