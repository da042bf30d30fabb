%% SPDX-License-Identifier: Apache-2.0
%% Lists and tuples: tests joined with what they prove, room taken without asking again.
-module(data).
-export([sum/2, pairs/1, fields/1, exchanged/1, record/1, same/2, atoms/1, table/1, arities/1, build/2]).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.

pairs([{A, B} | T]) -> [{B, A} | pairs(T)];
pairs([]) -> [].

fields({A, B, C, D}) -> [A, B, C, D].

exchanged({A, B}) -> {B, A, [A | B]}.

record({point, X, Y}) -> X - Y;
record({line, A, _}) -> record(A).

same(A, A) -> true;
same(A, B) when A =/= [B] -> false.

atoms(red) -> 1;
atoms(green) -> 2;
atoms(blue) -> 3.

table(1) -> a;
table(2) -> b;
table(3) -> c;
table(5) -> d.

arities({_}) -> 1;
arities({_, _}) -> 2;
arities({_, _, _}) -> 3.

build(A, B) -> {[A, B], {A}, fun() -> {A, B} end}.
