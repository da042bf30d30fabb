%% SPDX-License-Identifier: Apache-2.0
%% Building and matching bitstrings before and after the functions have become machine code: the same answers, also at the edges of what is done
%% in line, and no change in what others hold.
-module(native_binaries).
-export([main/0, long_ones/0, versions/0, shared/0, kept_by_context/0, across_collections/0]).

main() ->
    Values = numbers() ++ [a, [], {}, 1.5, <<>>, <<"x">>, <<1:3>>, self()],
    Sources = [grown(0), grown(1), grown(7), grown(300), odd(1), odd(5), odd(7), odd(8), <<>>, <<"literal">>, <<5:3>>, <<5:11>>, sub(grown(100)), sub(odd(100)),
               element(1, split_binary(grown(40), 39)), binary:copy(<<7>>, 1000), a, [1], 17, #{}],
    Alone = [bytes, words, mixed, little, wide, eight, nine, odd_sum, signs, constants, text, ascii],
    lists:foreach(fun(Name) -> both(Name, [[A, B] || A <- Values, B <- Values]) end, Alone),
    Appends = [add_byte, add_words, add_little, add_wide, add_bits, add_bit, add_three, add_text, add_ascii, add_many, add_bits_whole, add_17],
    lists:foreach(fun(Name) -> both(Name, [[S, V] || S <- Sources, V <- Values]) end, Appends),
    both(twice, [[S] || S <- Sources]),
    both(joined, [[A, B] || A <- Sources, B <- Sources]),
    both(parts, [[B, N] || B <- Sources, N <- [-1, 0, 1, 3, 8, 40, 1 bsl 61, 1 bsl 80, a]]),
    both(unicode, [[C] || C <- [0, 1, 127, 128, 255, 16#7FF, 16#800, 16#D7FF, 16#D800, 16#DFFF, 16#E000, 16#FFFF, 16#10000, 16#10FFFF, 16#110000, -1, a, 1 bsl 70]]),
    both(comprehended, [[L] || L <- [[], [1], [1, 2, 3], lists:seq(1, 500), [1, a], [1 | 2], [1 bsl 70, -5]]]),
    both(comprehended_bits, [[L] || L <- [[], [1], [1, 2, 3], lists:seq(1, 500), [1, a], [1 | 2], [1 bsl 70, -5]]]),
    both(matched, [[B] || B <- Sources ++ [<<"añ日本𐍈"/utf8>>, <<1:1, "abc">>, <<255, 254>>, <<"key: value">>, <<0:1000>>]]),
    both(resized, [[B, N] || B <- Sources ++ [<<1:1, "abcdefghijkl">>], N <- [-1, 0, 1, 2, 7, 8, 64, 1 bsl 61, 1 bsl 80, a]]),
    lists:foreach(fun(Name) -> io:format("~p ~p~n", [Name, ?MODULE:Name()]) end, [long_ones, versions, shared, kept_by_context, across_collections]).

numbers() ->
    lists:append([[N, -N, N - 1, 1 - N] || N <- [0, 1, 2, 128, 256, 1 bsl 31, 1 bsl 59, 1 bsl 60, 1 bsl 64, 1 bsl 100]]).

%% Made by appending, so that one may append in place.
grown(N) -> lists:foldl(fun(I, B) -> <<B/binary, I>> end, <<>>, lists:seq(1, N)).
odd(N) -> lists:foldl(fun(I, B) -> <<B/bitstring, I:3>> end, <<>>, lists:seq(1, N)).
sub(B) -> binary_part_of(B).
binary_part_of(B) -> <<_:5, Rest/bitstring>> = B, Rest.

%% All answers: cold, and hot.
both(Name, Arguments) ->
    Cold = answers(Name, Arguments),
    Rounds = 1 + 1200 div length(Arguments),
    lists:foreach(fun(_) -> answers(Name, Arguments) end, lists:seq(1, Rounds)),
    Hot = answers(Name, Arguments),
    Cold =:= Hot orelse io:format("~p: other answers when hot: ~p~n", [Name, [{A, C, H} || {A, C, H} <- lists:zip3(Arguments, Cold, Hot), C =/= H]]),
    io:format("~p ~p ~p ~p~n", [Name, length(Cold), length([E || {'EXIT', _, _} = E <- Cold]), erlang:phash2([plain(A) || A <- Cold])]).

plain({'EXIT', R, _}) -> {'EXIT', R};
plain(A) -> A.

answers(Name, Arguments) -> [answer(Name, A) || A <- Arguments].

answer(Name, A) ->
    try call(Name, A) catch C:R:Trace -> {'EXIT', {C, R}, where(Trace)} end.

where(Trace) -> lists:sublist([{F, A, case proplists:get_value(error_info, I) of #{cause := {N, Type, What, _}} -> {N, Type, What}; _ -> none end}
                               || {M, F, A, I} <- Trace, M =:= ?MODULE], 1).

call(bytes, [A, B]) -> bytes(A, B);
call(words, [A, B]) -> words(A, B);
call(mixed, [A, B]) -> mixed(A, B);
call(little, [A, B]) -> little(A, B);
call(wide, [A, B]) -> wide(A, B);
call(eight, [A, B]) -> eight(A, B);
call(nine, [A, B]) -> nine(A, B);
call(odd_sum, [A, B]) -> odd_sum(A, B);
call(signs, [A, B]) -> signs(A, B);
call(constants, [A, _]) -> constants(A);
call(text, [A, B]) -> text(A, B);
call(ascii, [A, B]) -> ascii(A, B);
call(add_byte, [S, V]) -> add_byte(S, V);
call(add_words, [S, V]) -> add_words(S, V);
call(add_little, [S, V]) -> add_little(S, V);
call(add_wide, [S, V]) -> add_wide(S, V);
call(add_bits, [S, V]) -> add_bits(S, V);
call(add_bit, [S, V]) -> add_bit(S, V);
call(add_three, [S, V]) -> add_three(S, V);
call(add_text, [S, V]) -> add_text(S, V);
call(add_ascii, [S, V]) -> add_ascii(S, V);
call(add_many, [S, V]) -> add_many(S, V);
call(add_bits_whole, [S, V]) -> add_bits_whole(S, V);
call(add_17, [S, V]) -> add_17(S, V);
call(twice, [S]) -> twice(S);
call(joined, [A, B]) -> joined(A, B);
call(parts, [B, N]) -> parts(B, N);
call(unicode, [C]) -> unicode(C);
call(comprehended, [L]) -> << <<N:24>> || N <- L >>;
call(comprehended_bits, [L]) -> << <<N:5, 1:2>> || N <- L >>;
call(matched, [B]) -> {fields(B), points(B, []), key(B), rest(B), skipped(B), tails(B), floats(B)};
call(resized, [B, N]) -> resized(B, N).

bytes(A, B) -> <<A, B>>.
words(A, B) -> <<A:16, B:32>>.
mixed(A, B) -> <<A:4, B:20, A:8, 7:3, B:5>>.
little(A, B) -> <<A:16/little, B:24/little, A:64/little, B/little>>.
wide(A, B) -> <<A:64, B:62, 1:2, A:57, B:7>>.
eight(A, B) -> <<A:32, B:32>>.
nine(A, B) -> <<A:64, B>>.
odd_sum(A, B) -> <<A:3, B:8>>.
signs(A, B) -> <<A:32/signed, B:13/signed, A:3/signed-native, 0:0>>.
constants(A) -> <<1, 2, 3, -1:16, 16#12345678:32/little, A, "tail"/utf8>>.
text(A, B) -> <<"head", A, "between", B, "end of it">>.
ascii(A, B) -> <<A/utf8, "-", B/utf8>>.

add_byte(S, V) -> <<S/binary, V>>.
add_words(S, V) -> <<S/binary, V:32/little, 7:16>>.
add_little(S, V) -> <<S/binary, V:40/little, V:64/little>>.
add_wide(S, V) -> <<S/binary, V:64, V:61, V:3>>.
add_bits(S, V) -> <<S/bitstring, V:3>>.
add_bit(S, V) -> <<S/bitstring, V:1>>.
add_three(S, V) -> <<S/bitstring, V:1, 5:3, V:51>>.
add_bits_whole(S, V) -> <<S/bitstring, V:5, V:11>>.
add_17(S, V) -> <<S/bitstring, V:17/signed>>.
add_text(S, V) -> <<S/binary, "some text, longer than a word", V, 0>>.
add_ascii(S, V) -> <<S/binary, V/utf8>>.
add_many(S, V) -> <<S/binary, V, V:24, V:40, V:56, V:16/little, V:48, 1, 2, 3, V>>.

%% Two continuations of one binary, and that itself.
twice(S) ->
    A = <<S/bitstring, 1, 2>>,
    B = <<A/bitstring, 3>>,
    C = <<A/bitstring, 4:7>>,
    D = <<B/bitstring, 5>>,
    E = <<B/bitstring, 6:3>>,
    {S, A, B, C, D, E}.

joined(A, B) -> {<<A/binary, B/binary>>, <<1, A/binary, ", ", B/bitstring>>, <<A/bitstring, A/bitstring>>, <<B/bitstring, 3:2, A/bitstring>>}.

parts(B, N) -> <<(<<B:N/binary>>)/binary, 1:N, B:N/bitstring>>.

unicode(C) -> {<<C/utf8>>, <<C/utf16>>, <<C/utf16-little>>, <<C/utf32>>, <<"x", C/utf8, C/utf8>>, <<1:1, C/utf8>>}.

fields(<<A:8, B:16/little, C:32/signed-little, D:64, E/binary>>) -> [A, B, C, D, E];
fields(<<A:24/little-signed, B/bits>>) -> {A, B};
fields(<<A:64/signed>>) -> A;
fields(<<A:1, B/bits>>) -> {A, B};
fields(Other) -> Other.

points(<<C/utf8, Rest/bits>>, Seen) -> points(Rest, [C | Seen]);
points(<<>>, Seen) -> {all, Seen};
points(<<_/utf16, Rest/bits>>, Seen) -> points(Rest, [utf16 | Seen]);
points(<<Rest/bits>>, Seen) -> {Rest, Seen};
points(Other, _) -> Other.

key(B) when is_bitstring(B) -> key(B, <<>>);
key(Other) -> Other.
key(<<": ", Rest/bits>>, Key) -> {Key, Rest};
key(<<C, Rest/bits>>, Key) -> key(Rest, <<Key/binary, C>>);
key(<<Rest/bits>>, Key) -> {Key, none, Rest}.

rest(<<_, Rest/binary>>) -> Rest;
rest(<<_:3, Rest/binary>>) -> Rest;
rest(Other) -> Other.

skipped(<<_:7/binary, A, _/binary>>) -> A;
skipped(<<_:9, A:4, _:2, Rest/bits>>) -> {A, Rest};
skipped(<<_/binary>>) -> binary;
skipped(Other) -> Other.

tails(<<A:3/binary, 1, B/binary>>) -> {A, B};
tails(<<A:2/binary-unit:4, B/binary-unit:4>>) -> {A, B};
tails(<<_:1, B/binary-unit:3>>) -> B;
tails(_) -> none.

floats(<<F/float, G:32/float-little, Rest/bits>>) -> {F, G, Rest};
floats(<<F:16/float, Rest/bits>>) -> {F, Rest};
floats(_) -> none.

resized(B, N) ->
    {case B of <<A:N, _/bits>> -> A; _ -> no end, case B of <<A1:N/little-signed-unit:2, R1/bits>> -> {A1, R1}; _ -> no end,
     case B of <<A2:N/binary, R2/bits>> -> {A2, R2}; _ -> no end, case B of <<_:N/unit:8, R3/binary>> -> R3; _ -> no end,
     case B of <<N, R4/bits>> -> R4; _ -> no end, case B of <<Size:4, A5:Size/bits, _:N, R5/bits>> -> {A5, R5}; _ -> no end}.

long_ones() ->
    [erlang:phash2(F(60000, <<>>)) || F <- [fun byte_loop/2, fun word_loop/2, fun bit_loop/2, fun utf8_loop/2, fun text_loop/2]].
byte_loop(0, B) -> B;
byte_loop(N, B) -> byte_loop(N - 1, <<B/binary, N>>).
word_loop(0, B) -> B;
word_loop(N, B) -> word_loop(N - 1, <<B/binary, N:32/little, 7:16, N:24>>).
bit_loop(0, B) -> B;
bit_loop(N, B) -> bit_loop(N - 1, <<B/bitstring, N:11>>).
utf8_loop(0, B) -> B;
utf8_loop(N, B) -> utf8_loop(N - 1, <<B/binary, (N rem 300)/utf8>>).
text_loop(0, B) -> B;
text_loop(N, B) -> text_loop(N - 1, <<B/binary, "item ", N:16, ";">>).

%% Every version of a binary stays what it was.
versions() ->
    {All, Last} = lists:mapfoldl(fun(I, B) -> Next = <<B/binary, I>>, {Next, Next} end, <<>>, lists:seq(1, 1000)),
    Bits = lists:foldl(fun(I, [B | _] = Seen) -> [<<B/bitstring, I:3>> | Seen] end, [<<>>], lists:seq(1, 1000)),
    Forks = [<<B/binary, 255>> || B <- All],
    BitForks = [<<B/bitstring, 1:1>> || B <- Bits],
    {lists:all(fun({I, B}) -> byte_size(B) =:= I andalso B =:= binary:part(Last, 0, I) end, lists:zip(lists:seq(1, 1000), All)),
     erlang:phash2(Forks), erlang:phash2(Bits), erlang:phash2(BitForks)}.

%% What another process, a table and a message have of it does not change.
shared() ->
    Table = ets:new(shared, []),
    Self = self(),
    Echo = spawn_link(fun() -> echo(Self, []) end),
    Step = fun(I, B) ->
        Next = <<B/binary, I:16>>,
        case I rem 50 of
            0 -> Echo ! Next, ets:insert(Table, {I, Next});
            _ -> ok
        end,
        Next
    end,
    Last = lists:foldl(Step, <<>>, lists:seq(1, 2000)),
    Echo ! done,
    Theirs = receive {seen, Seen} -> Seen end,
    Stored = [ets:lookup_element(Table, I, 2) || I <- lists:seq(50, 2000, 50)],
    Prefixes = [binary:part(Last, 0, 2 * I) || I <- lists:seq(50, 2000, 50)],
    {Theirs =:= Prefixes, Stored =:= Prefixes, erlang:phash2(Last)}.
echo(To, Seen) ->
    receive
        done -> To ! {seen, lists:reverse(Seen)};
        B -> Mine = <<B/binary, "theirs">>, echo(To, [binary:part(Mine, 0, byte_size(B)) | Seen])
    end.

%% A match goes on in bytes that grow meanwhile.
kept_by_context() -> walk(grown(300), <<>>, 0).
walk(<<A, Rest/binary>>, Acc, Sum) ->
    Grown = byte_loop(50, Acc),
    <<First:8, _/binary>> = Grown,
    walk(Rest, Grown, Sum + A + First);
walk(<<>>, Acc, Sum) -> {Sum, byte_size(Acc), erlang:phash2(Acc)}.

across_collections() ->
    {_, B} = lists:foldl(fun(I, {Live, B}) ->
        I rem 100 =:= 0 andalso garbage_collect(),
        {[{I, lists:seq(1, I rem 30)} | lists:sublist(Live, 20)], <<B/binary, (length(Live)), I:24>>}
    end, {[], <<>>}, lists:seq(1, 3000)),
    {byte_size(B), erlang:phash2(B)}.
