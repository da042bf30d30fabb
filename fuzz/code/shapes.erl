%% SPDX-License-Identifier: Apache-2.0
%% A source for mutations: small functions that use every kind of instruction.
-module(shapes).
-compile([export_all, nowarn_export_all]).

-record(r, {a, b = 2, c}).

tuples(T) when is_tuple(T) -> {element(1, T), tuple_size(T), setelement(1, T, x)};
tuples({a, {b, [C | D]}} = All) -> {C, D, All}.
records(#r{a = A, b = B} = R) -> R#r{a = B, b = A, c = [A | B]};
records(X) -> #r{a = X}.
lists([A, B | T]) -> [B, A | T];
lists([A]) -> A;
lists([]) -> nothing.
reverse([H | T], Acc) -> reverse(T, [H | Acc]);
reverse([], Acc) -> Acc.
numbers(A, B) when is_integer(A), is_integer(B) -> {A + B, A - B, A * B, A band B, A bor B, A bsl 3, A bsr 2, bnot A, A rem (abs(B) + 1)};
numbers(A, B) -> {A + B, A / B}.
floats(A, B) when is_float(A), is_float(B) -> X = A * B + A - B, Y = X / (B * B + 1.0), {X, Y, -Y};
floats(A, _) -> float(A) * 2.0.
select(a) -> 1; select(b) -> 2; select(c) -> 3; select(17) -> 4; select(1 bsl 70) -> 5; select({}) -> 6; select({_}) -> 7; select({_, _}) -> 8; select(_) -> 9.
compare(A, B) when A < B -> less; compare(A, B) when A == B, A =/= B -> same; compare(A, A) -> equal; compare(_, _) -> more.
maps(#{a := A} = M) -> M#{a := [A], b => A};
maps(M) when is_map(M) -> {map_size(M), maps:get(1, M, none), M#{1 => 2, 2 => 3}};
maps(X) -> #{X => X, a => 1}.
binaries(<<A:8, B:16/little, C/binary>>) -> {A, B, C};
binaries(<<A:3, Rest/bitstring>>) -> <<Rest/bitstring, A:5>>;
binaries(X) -> X.
segments(<<N:8, Bin:N/binary, F:64/float, Rest/bits>>) -> {Bin, F, Rest};
segments(<<X/utf8, T/binary>>) -> [X | segments(T)];
segments(<<X:7/signed-unit:1, _/bits>>) -> X;
segments(_) -> none.
build(A, B) when is_integer(A), is_binary(B) -> <<A:16, B/binary, A:7/little, (byte_size(B)):32, "text", A/utf8>>;
build(A, B) -> <<<<X:8>> || X <- [1, 2, 3], A =/= B>>.
append(0, Acc) -> Acc;
append(N, Acc) when is_integer(N), N > 0, N < 50 -> append(N - 1, <<Acc/binary, N:32>>);
append(_, Acc) -> Acc.
count(<<_, T/binary>>, N) -> count(T, N + 1);
count(_, N) -> N.
funs(A) -> F = fun(X) -> [A, X] end, G = fun(0, _) -> done; (N, H) -> H(N - 1, H) end, {F(A), G(3, G), fun ?MODULE:lists/1}.
apply_it(M, A) when is_atom(M) -> catch M:module(A);
apply_it(F, A) -> F(A).
tries(X) ->
    try lists(X) of
        [Y | _] -> {of_, Y, binaries(Y)}
    catch
        throw:T -> T;
        error:E:S -> {E, length(S)};
        _:_ -> other
    after
        put(key, X)
    end.
catches(X) -> {catch hd(X), catch throw(X), catch element(2, X)}.
receives(A) ->
    receive
        {A, B} -> {got, B};
        [H | T] when is_atom(H) -> {T, H};
        <<N, R/binary>> -> {N, R};
        #{a := V} -> V
    after 0 -> nothing
    end.
calls(P) ->
    R = make_ref(),
    P ! {R, self()},
    receive {R, X} -> X; {_, _, Z} -> [Z] after 1 -> late end.
two_receives(X) ->
    receive {a, Y} -> receive Z when Z =/= X -> {X, Y, Z} after 1 -> Y end after 1 -> receive M -> M after 0 -> X end end.
comprehension(L) when is_list(L) -> [{X, Y} || X <- L, is_integer(X), Y <- [a, b]];
comprehension(B) when is_binary(B) -> << <<(X + 1)>> || <<X>> <= B, X > 3 >>;
comprehension(_) -> [].
deep(0) -> [];
deep(N) when is_integer(N), N < 200, N > 0 -> [deep(N - 1) | N];
deep(X) -> {X, deep(3)}.
frames(A, B, C) -> X = lists(A), Y = lists(B), Z = reverse([X, Y], []), {X, Y, Z, select(C), catch deep(C)}.
guards(X, Y) when is_list(X), length(X) > 2; is_tuple(Y), element(1, Y) =:= X; is_map_key(X, Y) -> yes;
guards(X, _) when map_get(a, X) =:= 1; byte_size(X) > 3 -> maybe;
guards(_, _) -> no.
strings("abc" ++ T) -> T; strings([$x, Y | _]) -> Y; strings(S) -> S.
swap({A, B}) -> case {B, A} of {X, X} -> X; {C, D} -> {D, C, D} end.
self_calls(N, A, B, C, D) when N > 0, N < 20 -> self_calls(N - 1, B, C, D, A);
self_calls(_, A, B, C, D) -> {A, B, C, D}.
bool(A, B) -> (A =:= 1) and (B =:= 2) or not (A =:= B) xor is_atom(A).
