%% SPDX-License-Identifier: Apache-2.0
%% The modules string and unicode on lists and binaries, in ASCII and beyond.
-module(text).
-export([main/0]).

main() ->
    Plain = binary:copy(<<"The quick brown fox jumps over the lazy dog. ">>, 1000),
    Accented = unicode:characters_to_binary(lists:duplicate(1000, "El pequeño ñandú comió piñas; Größe, naïve, 日本語 テキスト. ")),
    List = unicode:characters_to_list(Accented),
    Words = string:lexemes(Plain, " ."),
    Times = fun(N, Fun) -> fun() -> [Fun() || _ <- lists:seq(1, N)] end end,
    bench_parts:run([
        {to_list, Times(200, fun() -> unicode:characters_to_list(Accented) end)},
        {to_binary, Times(200, fun() -> unicode:characters_to_binary(List) end)},
        {to_utf16, Times(100, fun() -> unicode:characters_to_binary(Accented, utf8, utf16) end)},
        {plain_to_list, Times(300, fun() -> unicode:characters_to_list(Plain) end)},
        {nfd, Times(40, fun() -> unicode:characters_to_nfd_binary(Accented) end)},
        {length, Times(60, fun() -> string:length(Accented) end)},
        {uppercase, Times(30, fun() -> string:uppercase(Accented) end)},
        {uppercase_plain, Times(80, fun() -> string:uppercase(Plain) end)},
        {lexemes, Times(80, fun() -> string:lexemes(Plain, " .") end)},
        {split, Times(100, fun() -> string:split(Plain, "fox", all) end)},
        {replace, Times(150, fun() -> string:replace(Accented, "comió", "bebió", all) end)},
        {find, Times(1500, fun() -> string:find(Plain, "cat") end)},
        {trim_and_pad, Times(5, fun() -> [string:pad(string:trim(Word), 12) || Word <- Words] end)},
        {reverse, Times(60, fun() -> string:reverse(Accented) end)},
        {tokens, fun() -> Tokens = binary_to_list(Plain), [string:tokens(Tokens, " .") || _ <- lists:seq(1, 100)] end},
        {join, Times(200, fun() -> lists:flatten(lists:join(", ", Words)) end)}
    ]).
