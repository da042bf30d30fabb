%% SPDX-License-Identifier: Apache-2.0
%% io_lib:format and what it is made of, numbers as text.
-module(formatting).
-export([main/0]).

main() ->
    Term = #{name => "a name", list => [1, 2.5, atom, <<"binary">>], tuple => {x, y, self()}},
    Times = fun(N, Fun) -> fun() -> [Fun() || _ <- lists:seq(1, N)] end end,
    bench_parts:run([
        {simple, Times(100000, fun() -> io_lib:format("~s has ~w items~n", ["somebody", 17]) end)},
        {print_term, Times(20000, fun() -> io_lib:format("~p", [Term]) end)},
        {write_term, Times(40000, fun() -> io_lib:format("~w", [Term]) end)},
        {long_list, fun() -> List = lists:seq(1, 20000), [io_lib:format("~w", [List]) || _ <- lists:seq(1, 50)] end},
        {pretty_long, fun() -> List = [{N, <<"text">>} || N <- lists:seq(1, 1000)], [io_lib:format("~p", [List]) || _ <- lists:seq(1, 60)] end},
        {columns, Times(60000, fun() -> io_lib:format("~-10s|~6b|~8.3f|~4..0b", ["abc", 42, 3.14159, 7]) end)},
        {floats, fun() -> [float_to_list(N / 7, [short]) || N <- lists:seq(1, 400000)] end},
        {floats_decimals, fun() -> [float_to_binary(N / 7, [{decimals, 4}]) || N <- lists:seq(1, 1000000)] end},
        {integers, fun() -> [integer_to_list(N * 7919) || N <- lists:seq(1, 1000000)] end},
        {read_numbers, fun() -> [list_to_integer("1234567") + binary_to_integer(<<"7654321">>) || _ <- lists:seq(1, 2500000)] end},
        {read_floats, fun() -> [list_to_float("1234.567") || _ <- lists:seq(1, 2500000)] end},
        {scan_terms, Times(15000, fun() -> {ok, _, _} = erl_scan:string("{[a, b, 12, 3.5], \"text\", #{x => <<\"y\">>}, fun lists:map/2}.") end)}
    ]).
