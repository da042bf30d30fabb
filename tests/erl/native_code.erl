%% SPDX-License-Identifier: Apache-2.0
%% Functions before and after they have become machine code: the same answers, for operands at the edges of what is done in line.
-module(native_code).
-export([main/0, caller/2, leaf/1]).

main() ->
    Names = [add, subtract, add_3, subtract_7, multiply, times_13, divide, by_7, by_minus_1, remainder, rem_10, conjunction, disjunction, exclusive, left_5,
             left_40, right_3, right_58, negate, less, at_least, same, other, equal],
    Values = numbers() ++ [1.5, -0.0, a, [], {}, {1, 2}, [1], <<"x">>, #{}, self()],
    lists:foreach(fun(Name) -> both(Name, [[A, B] || A <- Values, B <- Values]) end, Names),
    Things = Values ++ [{a, 1}, {b, 1, 2}, {point, 3, 4}, {1, 2, 3, 4, 5}, [1 | 2], [a, b, c], fun main/0, fun(X) -> X end, make_ref(), true, false,
                        #{a => 1}, maps:from_list([{N, N} || N <- lists:seq(1, 40)]), <<1:3>>, "text", 3, 4, 5, 7, 9, red, green, blue, black, <<"GET /">>],
    lists:foreach(fun(Name) -> both(Name, [[T] || T <- Things]) end,
                  [kind, how_large, tagged, arity, atoms, integers, sparse, elements, cell, sizes, key, caught, floats, unpacked, fields, signed, odd, string]),
    Binaries = [<<>>, <<1>>, <<1, 2>>, <<255, 254, 253>>, <<"GET / HTTP/1.1">>, <<0:7>>, <<1:9>>, binary:copy(<<200>>, 40), <<1:1, (binary:copy(<<9>>, 30))/binary>>],
    lists:foreach(fun(Name) -> both(Name, [[B] || B <- Binaries ++ [rest(B) || B <- Binaries]]) end, [how_large, unpacked, fields, signed, odd, string]),
    both(element_at, [[N, T] || N <- [-1, 0, 1, 2, 5, 6, a, 1 bsl 62], T <- [{}, {1}, {1, 2, 3, 4, 5}, x, []]]),
    both(applied, [[F, X] || F <- [fun(Y) -> {Y} end, fun kind/1, fun erlang:abs/1, closure(1), closure(a), fun() -> 1 end, x], X <- [1, -1, a]]),
    Maps = [#{}, #{a => 1}, #{a => 1, b => 2}, #{b => {2}, a => #{}, 3 => c}, #{1 bsl 70 => big, a => <<>>, {t} => u}, #{3 => x, 3.0 => y, [] => z},
            maps:from_list([{N, N} || N <- lists:seq(1, 32)]), maps:from_list([{a, 1}, {b, 2} | [{N, N} || N <- lists:seq(1, 40)]]), [], {a, 1}, a, <<1>>, 1 bsl 70, 1.0, self()],
    lists:foreach(fun(Name) -> both(Name, [[M] || M <- Maps]) end, [one_key, two_keys, known_keys, has_keys, renamed, how_large]),
    both(pairs, [[N] || N <- [0, 1, 2, 100, 3000]]),
    lists:foreach(fun(N) -> io:format("~w ~w~n", [N, deep(N)]) end, [1, 10, 20000]),
    io:format("~p~n", [[sum(lists:seq(1, N), 0) || N <- [0, 1, 1000, 100000]]]),
    io:format("~p~n", [[step(N, 1.0) || N <- [1, 10, 1000]]]),
    redirected().

%% A native caller of a native callee, whose calls then lead elsewhere: to a trace, to other code, to none, and back.
redirected() ->
    Remote = fun(Value) -> {ok, M, Code} = compile:forms([{attribute, 1, module, other_code}, {attribute, 1, export, [{value, 1}]},
                                                       {function, 1, value, 1, [{clause, 1, [{var, 1, 'X'}], [], [{tuple, 1, [{integer, 1, Value}, {var, 1, 'X'}]}]}]}]),
                               {module, M} = code:load_binary(M, "none", Code), M end,
    M = Remote(1),
    _ = [{leaf(N), M:value(N)} || N <- lists:seq(1, 200)],
    Calls = fun() -> lists:last([caller(M, N) || N <- lists:seq(1, 200)]) end,
    io:format("~p ~p~n", [Calls(), Calls()]),
    erlang:trace(self(), true, [call]),
    [erlang:trace_pattern(Mfa, true, [local]) || Mfa <- [{?MODULE, leaf, 1}, {M, value, 1}]],
    caller(M, traced),
    erlang:trace_pattern({'_', '_', '_'}, false, [local]),
    erlang:trace(self(), false, [call]),
    io:format("~p~n", [traces()]),
    io:format("~p ~p~n", [Calls(), begin Remote(2), Calls() end]),
    code:purge(M),
    _ = [begin Remote(N), code:purge(M), N rem 5 =:= 0 andalso io:format("~p~n", [Calls()]) end || N <- lists:seq(3, 30)],
    code:delete(M), code:purge(M),
    io:format("~p~n", [catch caller(M, gone)]).

caller(_, N) -> A = leaf(N), B = other_code:value(N), {caller, A, B}.
leaf(N) -> {leaf, N}.
traces() -> receive {trace, _, call, Mfa} -> [Mfa | traces()] after 0 -> [] end.

numbers() ->
    lists:append([[N, -N, N - 1, 1 - N] || N <- [0, 1, 2, 10, 1 bsl 31, 1 bsl 32, 1 bsl 58, 1 bsl 59, 1 bsl 60, 1 bsl 64, 1 bsl 100]]).

%% All answers: cold, warm, hot.
both(Name, Arguments) ->
    Cold = answers(Name, Arguments),
    Rounds = 1 + 1500 div length(Arguments),
    lists:foreach(fun(_) -> answers(Name, Arguments) end, lists:seq(1, Rounds)),
    Hot = answers(Name, Arguments),
    Cold =:= Hot orelse io:format("~p: other answers when hot: ~p~n", [Name, [{A, C, H} || {A, C, H} <- lists:zip3(Arguments, Cold, Hot), C =/= H]]),
    Printed = [case A of {'EXIT', R, _} -> {'EXIT', R}; _ -> A end || A <- Cold],
    io:format("~p ~p ~p~n", [Name, length(Cold), erlang:phash2([case is_stable(A) of true -> A; false -> unstable end || A <- Printed])]).

is_stable(T) when is_pid(T); is_reference(T); is_function(T); is_port(T) -> false;
is_stable([H | T]) -> is_stable(H) andalso is_stable(T);
is_stable(T) when is_tuple(T) -> is_stable(tuple_to_list(T));
is_stable(_) -> true.

answers(Name, Arguments) -> [answer(Name, A) || A <- Arguments].

answer(Name, A) ->
    try call(Name, A) catch C:R:Trace -> {'EXIT', {C, R}, where(Trace)} end.

%% The innermost places of this module; what called those is not the same when hot.
where(Trace) -> lists:sublist([{F, A, proplists:get_value(line, I)} || {M, F, A, I} <- Trace, M =:= ?MODULE], 1).

call(add, [A, B]) -> A + B;
call(subtract, [A, B]) -> A - B;
call(multiply, [A, B]) -> A * B;
call(divide, [A, B]) -> A div B;
call(remainder, [A, B]) -> A rem B;
call(conjunction, [A, B]) -> A band B;
call(disjunction, [A, B]) -> A bor B;
call(exclusive, [A, B]) -> A bxor B;
call(less, [A, B]) -> A < B;
call(at_least, [A, B]) -> A >= B;
call(same, [A, B]) -> A =:= B;
call(other, [A, B]) -> A =/= B;
call(equal, [A, B]) -> A == B;
call(add_3, [A, _]) -> A + 3;
call(subtract_7, [A, _]) -> A - 7;
call(times_13, [A, _]) -> A * 13;
call(by_7, [A, _]) -> A div 7;
call(by_minus_1, [A, _]) -> A div -1;
call(rem_10, [A, _]) -> A rem 10;
call(left_5, [A, _]) -> A bsl 5;
call(left_40, [A, _]) -> A bsl 40;
call(right_3, [A, _]) -> A bsr 3;
call(right_58, [A, _]) -> A bsr 58;
call(negate, [A, _]) -> -A;
call(kind, [A]) -> kind(A);
call(tagged, [A]) -> tagged(A);
call(arity, [A]) -> arity(A);
call(atoms, [A]) -> atoms(A);
call(integers, [A]) -> integers(A);
call(sparse, [A]) -> sparse(A);
call(elements, [A]) -> elements(A);
call(cell, [A]) -> cell(A);
call(sizes, [A]) -> {tuple_size(A), element(1, A)};
call(key, [A]) -> key(A);
call(caught, [A]) -> caught(A);
call(floats, [A]) -> floats(A);
call(unpacked, [A]) -> unpacked(A);
call(fields, [A]) -> fields(A);
call(signed, [A]) -> signed(A);
call(odd, [A]) -> odd(A);
call(string, [A]) -> string(A);
call(element_at, [N, T]) -> element(N, T);
call(applied, [F, X]) -> {applied, F(X)};
call(one_key, [M]) -> one_key(M);
call(two_keys, [M]) -> two_keys(M);
call(known_keys, [M]) -> known_keys(M);
call(has_keys, [M]) -> has_keys(M);
call(renamed, [M]) -> renamed(M);
call(how_large, [M]) -> how_large(M);
call(pairs, [N]) -> pairs(N).

one_key(#{a := A}) -> {a, A};
one_key(#{3 := C}) -> {three, C};
one_key(#{17 := C}) -> {many, C};
one_key(M) when is_map(M) -> map;
one_key(_) -> none.

two_keys(#{a := A, b := B}) -> {A, B};
two_keys(#{a := A, {t} := U}) -> {A, U};
two_keys(#{3 := A, [] := B, 3.0 := C}) -> {A, B, C};
two_keys(#{a := _, (1 bsl 70) := B}) -> B;
two_keys(_) -> none.

known_keys(M) -> #{a := A} = M, A.

has_keys(#{a := _, b := _}) -> both;
has_keys(#{a := _}) -> a;
has_keys(#{[] := _}) -> nil;
has_keys(#{40 := _, 39 := _}) -> large;
has_keys(_) -> none.

%% The map's register is among those that are read into.
renamed(M) -> case M of #{a := X, b := Y} -> f(X, Y); #{3 := X} -> f(X, X); _ -> M end.
f(X, Y) -> [X | Y].

how_large(T) when byte_size(T) > 0 -> {bytes, byte_size(T)};
how_large(T) when map_size(T) > 1 -> {keys, map_size(T)};
how_large(T) -> {byte_size(T), map_size(T)}.

kind(X) when is_integer(X) -> integer;
kind(X) when is_float(X) -> float;
kind(true) -> yes;
kind(X) when is_boolean(X) -> boolean;
kind(X) when is_atom(X) -> atom;
kind([]) -> nil;
kind([_ | _]) -> list;
kind({}) -> empty;
kind(X) when is_tuple(X) -> tuple;
kind(X) when is_map(X) -> map;
kind(X) when is_binary(X) -> binary;
kind(X) when is_bitstring(X) -> bitstring;
kind(X) when is_pid(X) -> pid;
kind(X) when is_function(X, 1) -> fun_1;
kind(X) when is_function(X) -> function;
kind(X) when is_reference(X) -> reference.

tagged({point, X, Y}) -> {Y, X};
tagged({a, X}) -> [X];
tagged({b, X, Y}) -> [X | Y];
tagged(_) -> no.

arity({}) -> 0;
arity({A}) -> A;
arity({A, B}) -> [A, B];
arity({A, B, C}) -> {C, B, A};
arity({A, _, _, _, E}) -> {A, E}.

atoms(red) -> 1;
atoms(green) -> 2;
atoms(blue) -> 3;
atoms(true) -> 4;
atoms(a) -> 5;
atoms(X) -> {X}.

integers(1) -> one;
integers(2) -> two;
integers(3) -> three;
integers(4) -> four;
integers(5) -> five;
integers(_) -> many.

sparse(-1) -> a;
sparse(9) -> b;
sparse(2147483648) -> c;
sparse(-2147483648) -> d;
sparse(4294967296) -> e;
sparse(288230376151711744) -> f;
sparse(1152921504606846976) -> g;
sparse(0) -> h;
sparse(10) -> i;
sparse(1) -> j;
sparse(_) -> k.

elements({A, B, C, D, E}) -> [A, B, C, D, E, {E, D}, {A, B, C, D}];
elements({A, B}) -> {[A | B], [B | A]};
elements(_) -> none.

cell([A, B | T]) -> {A, B, T};
cell([H | T]) -> [T | H];
cell(X) when hd(X) =:= 1; tl(X) =:= [] -> strange;
cell(X) -> X.

key(#{a := X}) -> X;
key(#{17 := X, 18 := Y}) -> {X, Y};
key(M) -> M#{a => 1}.

caught(X) ->
    Y = case catch thrown(X) of {'EXIT', {R, Trace}} -> {'EXIT', {R, where(Trace)}}; Other -> Other end,
    Z = try thrown(Y) of V -> {value, V} catch throw:T -> {thrown, T}; error:E -> {error, E} after put(last, X) end,
    {Y, Z}.

thrown(X) when is_integer(X) -> throw({X});
thrown({X}) -> error(X);
thrown({'EXIT', _}) -> exit;
thrown(X) -> element(2, X).

floats(X) when is_number(X) -> (X * 2.5 + 1) / 3 - X;
floats({X, Y}) -> (X + 1.0) * (Y - 0.5);
floats(_) -> 1.0e308.

unpacked(<<A, B:16, C:32, D, _/binary>>) -> {A, B, C, D};
unpacked(<<A, Rest/binary>>) -> {A, byte_size(Rest)};
unpacked(<<>>) -> empty;
unpacked(_) -> no.

fields(<<1:1, A:3, B:4, C:24, D:56, Rest/bits>>) -> {A, B, C, D, bit_size(Rest)};
fields(<<_:1, A:31, Rest/bits>>) -> {A, bit_size(Rest)};
fields(_) -> no.

signed(<<A:8/signed, B:16/signed, C:32/signed, D:24/signed, E:5/signed, Rest/bits>>) -> {A, B, C, D, E, bit_size(Rest)};
signed(<<A:16/little, _/bits>>) -> A;
signed(_) -> no.

odd(<<A:9, B:40, C:13, _/bits>>) -> {A, B, C};
odd(<<A:64, _/bits>>) -> A;
odd(<<_:2, A:5, _/bits>>) -> A;
odd(_) -> no.

string(<<"GET ", Path/binary>>) -> {get, Path};
string(<<255, 254, _/binary>>) -> mark;
string(<<200, 200, 200, 200, 200, 200, 200, Rest/binary>>) -> byte_size(Rest);
string(<<_, Rest/binary>>) -> string(Rest);
string(X) -> X.

rest(<<_:3, Rest/bits>>) -> Rest;
rest(X) -> X.

closure(A) -> fun(B) -> {A, B, fun() -> {A, B} end()} end.

pairs(0) -> [];
pairs(N) -> [{N, -N, [N]} | pairs(N - 1)].

deep(0) -> 0;
deep(N) -> 1 + deep(N - 1).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.

step(0, X) -> X;
step(N, X) -> step(N - 1, X * 1.01 - 0.001).
