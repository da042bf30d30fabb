%% SPDX-License-Identifier: Apache-2.0
%% Integers of every size, floats, conversions, and their errors.
-module(numbers).
-mode(compile).
-export([main/1]).

main(_) ->
    Values = [0, 1, -1, 7, -13, 16#7FFFFFF, 1 bsl 59 - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, 1 bsl 63, 1 bsl 64,
              -(1 bsl 64), 123456789012345678901234567890, 3.5, -0.0, 1.0e300, 2.0e-300],
    Operators = ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', '<', '=<', '==', '=:=', '/='],
    [show({Op, A, B}, fun() -> erlang:Op(A, B) end) || Op <- Operators, A <- Values, B <- Values],
    [show({Op, A}, fun() -> erlang:Op(A) end) || Op <- ['-', 'bnot', abs, float, trunc, round, floor, ceil], A <- Values],
    [show({Op, A, N}, fun() -> erlang:Op(A, N) end) || Op <- ['bsl', 'bsr'], A <- Values, N <- [0, 1, 59, 64, 200, -3]],
    [io:format("~w ~s~n", [A, integer_to_list(A, Base)]) || A <- Values, is_integer(A), Base <- [2, 8, 10, 16, 36]],
    [io:format("~w~n", [F]) || F <- [1.0, 0.1, 1.0e22, 1.0e23, 123456.789, 5.0e-324, 1.7976931348623157e308, 100.0, 1.0e-5]],
    [show({T}, fun() -> list_to_integer(T) end) || T <- ["12", "-12", "+7", "", "-", "1a", "99999999999999999999"]],
    [show({T}, fun() -> list_to_float(T) end) || T <- ["1.5", "-1.5e3", "1", "1.", ".5", "1.0e400"]],
    io:format("~s ~s ~s~n", [float_to_list(3.14159, [{decimals, 2}]), float_to_list(3.14159, [{scientific, 3}]), float_to_list(2.5)]),
    Factorial = lists:foldl(fun(X, P) -> X * P end, 1, lists:seq(1, 200)),
    io:format("~w~n~w~n", [Factorial, Factorial div (1 bsl 900)]),
    io:format("~w~n", [[math:sqrt(2), math:pow(2, 0.5), math:atan2(1, 2)]]).

show(What, Fun) ->
    Result = try Fun() catch Class:Reason -> {Class, Reason} end,
    io:format("~w -> ~w~n", [What, Result]).
