%% SPDX-License-Identifier: Apache-2.0
%% term_to_iovec: the same bytes as term_to_binary, and large binaries in it as they are.
-module(iovecs).
-export([main/0]).

main() ->
    Large = list_to_binary(lists:seq(0, 255)),
    <<_:3/binary, Part/binary>> = Large,
    <<_:3, Bits:100/bitstring, Rest/bitstring>> = Large,
    Literal = <<"a constant of more than sixty-four bytes, which is to be found in the literals of its module">>,
    Grown = lists:foldl(fun(I, B) -> <<B/binary, I>> end, <<>>, lists:seq(1, 200)),
    Terms = [Large, Part, Bits, Rest, Literal, Grown, [Large], {Large, Part}, #{Large => Part, b => [Large | Large]}, fun() -> Large end, [], <<>>,
             binary:copy(<<1>>, 64), binary:copy(<<1>>, 65), [binary:copy(<<1>>, 64), binary:copy(<<2>>, 65)],
             [list_to_binary(lists:duplicate(70, I rem 256)) || I <- lists:seq(1, 3000)]],
    io:format("~p~n", [[check(T, O) || T <- Terms, O <- [[], [{minor_version, 2}], [compressed]]]]),
    io:format("~p~n", [[length(erlang:term_to_iovec(T)) || T <- [lists:nth(7, Terms), lists:last(Terms), {Part, Large}, [a, Large, b, Large]]]]),
    %% What is in it lives on without the term.
    Vector = erlang:term_to_iovec([binary:copy(<<I>>, 1000) || I <- lists:seq(1, 100)]),
    erlang:garbage_collect(),
    io:format("~p~n", [erlang:md5(Vector)]),
    %% One that is killed in the middle.
    Many = [binary:copy(<<I>>, 100) || I <- lists:seq(1, 255), _ <- lists:seq(1, 200)],
    [begin {P, M} = spawn_monitor(fun() -> erlang:term_to_iovec([Many || _ <- lists:seq(1, 20)]) end), exit(P, kill), receive {'DOWN', M, _, _, R} -> R end end || _ <- lists:seq(1, 5)],
    io:format("~p~n", [iolist_size(erlang:term_to_iovec(Many))]),
    %% One that could grow in place is shared as well, and what is appended to it later is not in the vector.
    Growing = lists:foldl(fun(I, B) -> <<B/binary, I>> end, <<>>, lists:seq(1, 100)),
    Parts = [begin V = erlang:term_to_iovec([Growing]), {length(V), <<Growing/binary, I>>, V} end || I <- lists:seq(1, 3)],
    io:format("~p~n", [[{N, erlang:md5(More), erlang:md5(V)} || {N, More, V} <- Parts]]),
    io:format("~p~n", [grow_and_encode(<<>>, 300)]).

grow_and_encode(_, 0) -> [];
grow_and_encode(B, N) ->
    More = <<B/binary, N:16>>,
    Vector = erlang:term_to_iovec(More),
    Longer = <<More/binary, 1, 2, 3>>,
    [erlang:crc32([Vector, Longer]) | grow_and_encode(More, N - 1)].

check(T, Options) ->
    %% Release 25 gives a compressed term as a binary, against its own documentation.
    Vector = case erlang:term_to_iovec(T, Options) of B when is_binary(B) -> [B]; V -> V end,
    Whole = iolist_to_binary(Vector),
    lists:all(fun is_binary/1, Vector) andalso Whole =:= term_to_binary(T, Options) andalso binary_to_term(Whole) =:= T.
