%% SPDX-License-Identifier: Apache-2.0
%% term_to_binary and binary_to_term: terms of every kind, small maps, long lists, large binaries.
-module(external).
-export([main/0]).

main() ->
    Mixed = [mixed(N) || N <- lists:seq(1, 2000)],
    Maps = [#{id => N, name => <<"some name">>, tags => [a, b], score => N / 7, nested => #{x => N, "y" => -N}} || N <- lists:seq(1, 5000)],
    Lists = [[N, N * 1000, N * 7919, -N] || N <- lists:seq(1, 20000)],
    Text = [integer_to_list(N) ++ " and some text" || N <- lists:seq(1, 10000)],
    Large = [binary:copy(<<N:32>>, 50000) || N <- lists:seq(1, 20)],
    bench_parts:run(lists:append([both(Name, Term, Times) || {Name, Term, Times} <- [
        {"mixed", Mixed, 100}, {"maps", Maps, 80}, {"lists", Lists, 200}, {"text", Text, 200}, {"large", Large, 400}]]) ++ [
        {"compress", fun() -> [term_to_binary(Maps, [compressed]) || _ <- lists:seq(1, 10)] end},
        {"many_small", fun() -> many_small(500000, {reply, make_ref(), [{key, 17}, <<"value">>]}) end}
    ]).

both(Name, Term, Times) ->
    Bytes = term_to_binary(Term),
    [{"encode_" ++ Name, fun() -> [term_to_binary(Term) || _ <- lists:seq(1, Times)] end},
     {"decode_" ++ Name, fun() -> decode(Bytes, Times) end}].

decode(_, 0) -> ok;
decode(Bytes, N) -> binary_to_term(Bytes), decode(Bytes, N - 1).

many_small(0, _) -> ok;
many_small(N, Term) -> Term = binary_to_term(term_to_binary(Term)), many_small(N - 1, Term).

mixed(N) ->
    {N, -N, N bsl 70, N / 3, atom, true, <<"a binary of bytes ", N:16>>, <<N:13>>, "a string", [N | tail], self(), make_ref(),
     #{N => value, key => {N}}, fun lists:map/2, [], {}, #{}, [[N], [atom, {x, y}]]}.
