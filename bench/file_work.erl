%% SPDX-License-Identifier: Apache-2.0
%% Files: small ones made, read, removed; a larger one read by lines, by places and as a whole; facts about files and names.
-module(file_work).
-export([main/0]).

main() ->
    Directory = filename:join(os:getenv("TMPDIR", "/tmp"), "athanor-bench-" ++ os:getpid()),
    ok = file:make_dir(Directory),
    Name = filename:join(Directory, "lines"),
    ok = file:write_file(Name, [["line ", integer_to_list(N), " of a file of lines, with some text behind\n"] || N <- lists:seq(1, 40000)]),
    try
        bench_parts:run([
            {open_write_close, fun() -> small(filename:join(Directory, "small"), 4000) end},
            {write_file, fun() -> [ok = file:write_file(filename:join(Directory, "whole"), <<"some bytes">>) || _ <- lists:seq(1, 4000)] end},
            {read_file_small, fun() -> [{ok, _} = file:read_file(filename:join(Directory, "whole")) || _ <- lists:seq(1, 8000)] end},
            {read_file_large, fun() -> [{ok, _} = file:read_file(Name) || _ <- lists:seq(1, 200)] end},
            {read_line_raw, fun() -> [lines(Name, [raw, binary, read_ahead]) || _ <- lists:seq(1, 5)] end},
            {read_line_cooked, fun() -> lines(Name, [binary]) end},
            {read_line_io, fun() -> io_lines(Name) end},
            {pread, fun() -> places(Name, 20000) end},
            {write_raw, fun() -> writes(filename:join(Directory, "writes"), [raw, binary], 20000) end},
            {write_delayed, fun() -> writes(filename:join(Directory, "writes"), [raw, binary, delayed_write], 500000) end},
            {write_cooked, fun() -> writes(filename:join(Directory, "writes"), [binary], 5000) end},
            {read_file_info, fun() -> [{ok, _} = file:read_file_info(Name, [raw]) || _ <- lists:seq(1, 10000)] end},
            {list_dir, fun() -> [{ok, _} = file:list_dir(Directory) || _ <- lists:seq(1, 4000)] end}
        ])
    after
        file:del_dir_r(Directory)
    end.

small(_, 0) -> ok;
small(Name, N) ->
    {ok, File} = file:open(Name, [raw, binary, read, write]),
    ok = file:write(File, <<"some bytes of a small file">>),
    {ok, 0} = file:position(File, 0),
    {ok, <<"some bytes">>} = file:read(File, 10),
    ok = file:close(File),
    small(Name, N - 1).

lines(Name, Options) ->
    {ok, File} = file:open(Name, [read | Options]),
    40000 = lines_of(File, 0),
    ok = file:close(File).

lines_of(File, N) ->
    case file:read_line(File) of
        {ok, _} -> lines_of(File, N + 1);
        eof -> N
    end.

io_lines(Name) ->
    {ok, File} = file:open(Name, [read, binary, {encoding, utf8}, read_ahead]),
    io_lines_of(File),
    ok = file:close(File).

io_lines_of(File) ->
    case io:get_line(File, "") of
        eof -> ok;
        Line when is_binary(Line) -> io_lines_of(File)
    end.

places(Name, N) ->
    {ok, File} = file:open(Name, [raw, binary, read]),
    [{ok, _} = file:pread(File, I * 7919 rem 1000003, 100) || I <- lists:seq(1, N)],
    ok = file:close(File).

writes(Name, Options, N) ->
    {ok, File} = file:open(Name, [write | Options]),
    [ok = file:write(File, <<"a line of some text\n">>) || _ <- lists:seq(1, N)],
    ok = file:close(File).
