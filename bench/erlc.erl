%% SPDX-License-Identifier: Apache-2.0
%% The compiler: modules of stdlib from their sources (package erlang-src).
-module(erlc).
-export([main/0]).

main() ->
    Files = [filename:join([code:lib_dir(stdlib), "src", Module ++ ".erl"]) || Module <- ["lists", "gb_trees", "orddict", "string"]],
    case [File || File <- Files, not filelib:is_regular(File)] of
        [] -> measure(Files);
        Missing ->
            io:format(standard_error, "no sources of stdlib (install erlang-src): ~p~n", [Missing]),
            halt(1)
    end.

measure(Files) ->
    compile(lists:last(Files)),   % the compiler itself is loaded before
    {T0, _} = statistics(runtime),
    lists:foreach(fun compile/1, Files),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

compile(File) ->
    {ok, _, Code} = compile:file(File, [binary, deterministic, {i, filename:join(code:lib_dir(stdlib), "include")}]),
    true = is_binary(Code).
