%% SPDX-License-Identifier: Apache-2.0
%% Smaller variants of a module, the greatest cuts first: a function, a clause, a statement or an element left out; an expression replaced by
%% one of its parts or by a small literal. Those that do not compile are the caller's to drop.
-module(gen_shrink).
-export([candidates/1]).

candidates(Forms) ->
    Sized = [{size_of(F), F} || F <- variants(Forms)],
    Whole = size_of(Forms),
    [F || {Size, F} <- lists:usort(Sized), Size < Whole].

size_of(Term) when is_list(Term) -> 1 + lists:sum([size_of(T) || T <- as_list(Term)]);
size_of(Term) when is_tuple(Term) -> 1 + lists:sum([size_of(T) || T <- tuple_to_list(Term)]);
size_of(Term) when is_integer(Term) -> 1 + length(integer_to_list(Term)) div 6;
size_of(_) -> 1.

as_list([H | T]) when not is_list(T) -> [H, T];
as_list([H | T]) -> [H | as_list(T)];
as_list([]) -> [].

variants({attribute, _, _, _}) -> [];
variants(Term) when is_list(Term) ->
    case io_lib:printable_unicode_list(Term) of
        true -> [];
        false ->
            {Shorter, Inner, _, _} = lists:foldl(fun(Item, {S, I, Before, [_ | After]}) ->
                {[lists:reverse(Before, After) | S], [lists:reverse(Before, [V | After]) || V <- variants(Item)] ++ I, [Item | Before], After} end,
                {[], [], [], Term}, Term),
            Shorter ++ Inner
    end;
variants(Term) when is_tuple(Term), tuple_size(Term) > 2 ->
    Here = case is_expression(Term) of
               true -> parts(Term) ++ [{atom, element(2, Term), a}, {integer, element(2, Term), 0}, {nil, element(2, Term)}];
               false -> []
           end,
    Here ++ lists:append([[setelement(N, Term, V) || V <- variants(element(N, Term))] || N <- lists:seq(3, tuple_size(Term))]);
variants(_) -> [].

is_expression(Term) -> is_integer(element(2, Term)) andalso not lists:member(element(1, Term), [function, clause, atom, integer, nil, attribute, bin_element, map_field_assoc, map_field_exact, generate, b_generate, clauses]).

%% Expressions one or two levels down.
parts(Term) -> lists:append([part(T) || T <- lists:nthtail(2, tuple_to_list(Term))]).
part(T) when is_tuple(T), tuple_size(T) >= 3, element(1, T) =:= clause, tuple_size(T) =:= 5 -> element(5, T);
part(T) when is_tuple(T), tuple_size(T) >= 3 -> case is_expression(T) of true -> [T]; false -> [] end;
part(T) when is_list(T) -> lists:append([part(X) || X <- T]);
part(_) -> [].
