%% SPDX-License-Identifier: Apache-2.0
%% Regular expressions: compiled, run on short and long text, replaced and split all over a text of 100 KB.
-module(regexes).
-export([main/0]).

main() ->
    Text = iolist_to_binary([["user", integer_to_list(N), "@example.org wrote ", integer_to_list(N * 7919), " words; "] || N <- lists:seq(1, 2600)]),
    Characters = unicode:characters_to_binary(lists:duplicate(2500, "el niño pequeño comió piñones, ")),
    {ok, Address} = re:compile("(\\w+)@(\\w+)\\.org"),
    {ok, Date} = re:compile("^(\\d{4})-(\\d\\d)-(\\d\\d)$"),
    {ok, Late} = re:compile("user2600@"),
    {ok, Word} = re:compile("\\p{L}+", [unicode]),
    bench_parts:run([
        {compile, fun() -> [{ok, _} = re:compile(["^([a-z]+)-(\\d{2,4})(?:x|y|z)*", integer_to_list(N rem 5000)]) || N <- lists:seq(1, 50000)] end},
        {run_short, fun() -> [{match, [_, _, _]} = re:run(<<"2024-02-29">>, Date, [{capture, all_but_first, binary}]) || _ <- lists:seq(1, 500000)] end},
        {run_source, fun() -> [match = re:run("key=value", "^(\\w+)=(.*)$", [{capture, none}]) || _ <- lists:seq(1, 300000)] end},
        {run_long, fun() -> [match = re:run(Text, Late, [{capture, none}]) || _ <- lists:seq(1, 1500)] end},
        {run_global, fun() -> [{match, _} = re:run(Text, Address, [global]) || _ <- lists:seq(1, 30)] end},
        {replace_global, fun() -> [re:replace(Text, Address, "<\\1 at \\2>", [global, {return, binary}]) || _ <- lists:seq(1, 30)] end},
        {replace_characters, fun() -> [re:replace(Characters, Word, "x", [global, {return, binary}]) || _ <- lists:seq(1, 10)] end},
        {split, fun() -> [re:split(Text, "; ") || _ <- lists:seq(1, 100)] end}
    ]).
