%% SPDX-License-Identifier: Apache-2.0
%% Makes batches. `batch Seed From To File`: modules compiled with varying options, for both VMs. `show Seed Index`: a module's source.
%% `compile File Source…`: a batch of source files. `shrink Source File Limit`: a batch of smaller variants of a source.
-module(gen_main).
-export([main/1]).

main(Arguments) ->
    Status = try command(Arguments), 0
             catch Class:Reason:Stack -> io:format(standard_error, "~p ~p~n~p~n", [Class, Reason, Stack]), 1
             end,
    erlang:halt(Status).

command(["batch", Seed, From, To, File]) ->
    [S, F, T] = [list_to_integer(Text) || Text <- [Seed, From, To]],
    Batch = lists:append([begin {Source, Options} = source(S, Index), made(Index, compile(forms(Source), Options)) end || Index <- lists:seq(F, T)]),
    ok = file:write_file(File, term_to_binary(Batch));
command(["show", Seed, Index]) ->
    {Source, Options} = source(list_to_integer(Seed), list_to_integer(Index)),
    ok = io:setopts([{encoding, unicode}]),
    io:put_chars([io_lib:format("%% seed ~s, program ~s~n%% options ~w~n", [Seed, Index, Options]), unicode:characters_to_binary(Source)]);
command(["compile", File | Sources]) ->
    Batch = [begin {Forms, Options} = read(Path), {Module, Code} = must_compile(Forms, Options, Path), {Index, Module, Code} end || {Index, Path} <- lists:enumerate(Sources)],
    ok = file:write_file(File, term_to_binary(Batch));
command(["shrink", Source, File, Limit]) ->
    {Forms, Options} = read(Source),
    Kept = compiled(gen_shrink:candidates(Forms), Options, list_to_integer(Limit), 1, []),
    [ok = file:write_file([File, ".", integer_to_list(Index), ".erl"], text(Smaller, Options)) || {Index, _, _, Smaller} <- Kept],
    ok = file:write_file(File, term_to_binary([{Index, Module, Code} || {Index, Module, Code, _} <- Kept])).

%% The compiler itself refuses (or fails at) few of them: those are said and passed over.
made(Index, {ok, Module, Code}) -> [{Index, Module, Code}];
made(Index, Other) -> io:format("not compiled: ~w: ~P~n", [Index, Other, 12]), [].

source(Seed, Index) ->
    Source = lists:flatten(gen_code:module("g", Seed, Index)),
    Options = gen_terms:pick([[], [], [], [], [no_copt], [no_ssa_opt], [r24], [no_type_opt], [no_bool_opt], [inline], [no_bsm_opt], [r23], [no_postopt]]),
    {Source, Options}.

read(Path) ->
    {ok, Bytes} = file:read_file(Path),
    Text = unicode:characters_to_list(Bytes),
    Options = case re:run(Bytes, "^%% options (.*)$", [multiline, {capture, all_but_first, list}]) of
                  {match, [Found]} -> {ok, Tokens, _} = erl_scan:string(Found ++ "."), {ok, Term} = erl_parse:parse_term(Tokens), Term;
                  nomatch -> []
              end,
    {forms(Text), Options}.

text(Forms, Options) ->
    unicode:characters_to_binary([io_lib:format("%% SPDX-License-Identifier: Apache-2.0~n%% options ~w~n", [Options]), [[erl_pp:form(Form, [{encoding, utf8}]), "\n"] || Form <- Forms]]).

forms(Text) -> forms(Text, 1).
forms(Text, Line) ->
    case erl_scan:tokens([], Text, Line) of
        {done, {ok, Tokens, Next}, Rest} -> {ok, Form} = erl_parse:parse_form(Tokens), [Form | forms(Rest, Next)];
        {done, {eof, _}, _} -> [];
        {more, _} -> []
    end.

must_compile(Forms, Options, What) ->
    case compile(Forms, Options) of
        {ok, Module, Code} -> {Module, Code};
        Other -> error({What, Other})
    end.

compile(Forms, Options) ->
    case catch compile:forms(Forms, [binary, return_errors, nowarn | Options]) of
        {ok, Module, Code} -> {ok, Module, Code};
        {ok, Module, Code, _} -> {ok, Module, Code};
        {error, Errors, _} -> {error, Errors};
        Other -> {error, Other}
    end.

compiled(_, _, 0, _, Kept) -> lists:reverse(Kept);
compiled([], _, _, _, Kept) -> lists:reverse(Kept);
compiled([Forms | Rest], Options, Left, Index, Kept) ->
    %% The text is what is kept: lines move when it is printed, so it is what is compiled.
    case catch compile(forms(unicode:characters_to_list(text(Forms, Options))), Options) of
        {ok, Module, Code} -> compiled(Rest, Options, Left - 1, Index + 1, [{Index, Module, Code, Forms} | Kept]);
        _ -> compiled(Rest, Options, Left, Index, Kept)
    end.
