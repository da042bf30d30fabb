%% SPDX-License-Identifier: Apache-2.0
%% Files in memory; receive without an end that messages wake.
-module(ram_files).
-mode(compile).
-export([main/1]).

main(_) ->
    [modes(M) || M <- [[], [read], [write], [read, write], [binary], [read, write, binary]]],
    {ok, F} = file:open("", [ram, read, write, binary]),
    [io:format("~p~n", [R]) || R <- [
        file:write(F, "line 1\nline 2\n"), file:position(F, 3), file:read(F, 5), file:read(F, 100), file:read(F, 1), file:position(F, eof),
        file:position(F, {cur, 4}), file:write(F, <<1, 2>>), ram_file:get_size(F), ram_file:get_file(F), file:pread(F, 2, 4),
        file:pread(F, [{0, 2}, {30, 1}, {5, 3}]), file:pwrite(F, 1, "XX"), file:pwrite(F, [{40, "end"}, {0, <<>>}]), file:position(F, bof),
        file:position(F, {eof, -3}), file:truncate(F), ram_file:get_size(F), file:position(F, {bof, -1}),
        file:position(F, foo), file:sync(F), file:datasync(F), file:advise(F, 0, 0, normal), file:advise(F, 0, 0, no_such), file:allocate(F, 0, 9),
        file:position(F, 60), file:truncate(F), ram_file:get_size(F), file:read(F, -1), file:pread(F, -1, 2), file:close(F), file:read(F, 1)]],
    Self = self(),
    Trapping = spawn_link(fun() -> process_flag(trap_exit, true), Self ! ready, receive after id(infinity) -> never end end),
    receive ready -> ok end,
    Monitor = monitor(process, Trapping),
    [begin timer:sleep(3), Trapping ! N, exit(Trapping, please) end || N <- lists:seq(1, 20)],
    io:format("~p~n", [process_info(Trapping, message_queue_len)]),
    unlink(Trapping), exit(Trapping, kill),
    receive {'DOWN', Monitor, process, _, Reason} -> io:format("~p~n", [Reason]) end.

modes(Modes) ->
    {ok, F} = file:open("initial", [ram | Modes]),
    io:format("~p: ~p~n", [Modes, [file:read(F, 3), file:write(F, "ab"), file:read(F, 10), file:position(F, bof), file:truncate(F), file:close(F)]]).

id(X) -> X.
