%% SPDX-License-Identifier: Apache-2.0
%% Work inside of one process: big integers, binaries, expressions of `re`, maps, the external format, sorting, compression, text, hashes.
-module(soak_data).
-export([open/0, round/2, close/1]).

-import(soak_help, [same/3, one_of/1, payload/0]).

open() -> none.
close(none) -> ok.

%% Every other round in a process that is young, else in one that has grown old.
round(Number, none) ->
    Work = fun() -> lists:sum([integers(), binaries(), expressions(), maps(), external(), sorting(), compression(), text(), digests(), floats()]) end,
    {case Number rem 2 of 0 -> Work(); 1 -> soak_help:elsewhere(Work) end, none}.

big() -> (rand:uniform(1 bsl (1 + rand:uniform(4000)))) * one_of([1, -1]).

integers() ->
    lists:sum([begin
        A = big(), B = big(), C = big(),
        same(distributes, A * (B + C), A * B + A * C) + same(divides, A, (A div B) * B + A rem B) + same(product_divided, A, (A * B) div B) +
            same(square, (A + B) * (A - B), A * A - B * B) + same(decimal, A, list_to_integer(integer_to_list(A))) +
            same(base, B, binary_to_integer(integer_to_binary(B, 36), 36)) + same(shifts, A, (A bsl 77) bsr 77) +
            same(bits, A bxor B, (A bor B) - (A band B)) + same(negated, -A - 1, bnot A) +
            same(gcd, 0, A rem gcd(A, C))
    end || _ <- lists:seq(1, 10)]).

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

binaries() ->
    Whole = rand:bytes(1000 + rand:uniform(30000)),
    Appended = append(Whole, <<>>),
    Bits = << <<Bit:1>> || <<Bit:1>> <= binary:part(Whole, 0, 500)>>,
    Separator = <<(rand:uniform(256) - 1)>>,
    Parts = binary:split(Whole, Separator, [global]),
    Odd = 3 + rand:uniform(60),
    <<Left:Odd/bits, Right/bits>> = Whole,
    same(appended, Whole, Appended) + same(bits, binary:part(Whole, 0, 500), Bits) + same(split, Whole, iolist_to_binary(lists:join(Separator, Parts))) +
        same(matches, length(Parts) - 1, length(binary:matches(Whole, Separator))) + same(unaligned, Whole, <<Left/bits, Right/bits>>) +
        same(base64, Whole, base64:decode(base64:encode(Whole))) + same(list, Whole, list_to_binary(binary_to_list(Whole))) +
        same(copies, byte_size(Whole) * 3, byte_size(binary:copy(Whole, 3))).

%% Byte by byte, with another view of what is being built now and then.
append(<<Byte, Rest/binary>>, Built) when Byte < 3 -> Fork = <<Built/binary, 1, 2, 3>>, true = byte_size(Fork) >= 3, append(Rest, <<Built/binary, Byte>>);
append(<<Byte, Rest/binary>>, Built) -> append(Rest, <<Built/binary, Byte>>);
append(<<>>, Built) -> Built.

expressions() ->
    Words = [lists:nth(rand:uniform(5), ["tree", "water", "fire", "earth", "wind"]) ++ integer_to_list(rand:uniform(99)) || _ <- lists:seq(1, 100)],
    Text = lists:flatten(lists:join(", ", Words)),
    {match, Found} = re:run(Text, "([a-z]+)([0-9]+)", [global, {capture, all_but_first, list}]),
    {ok, Compiled} = re:compile("(?<word>[[:alpha:]]+)(?=\\d)", [unicode]),
    Replaced = re:replace(Text, Compiled, "<&>", [global, {return, binary}]),
    same(captured, Words, [W ++ N || [W, N] <- Found]) + same(split, Words, re:split(Text, ",\\s*", [{return, list}])) +
        same(replaced, length(Text) + 200, byte_size(Replaced)) +
        same(no_match, nomatch, re:run(lists:duplicate(2000, $a), "^(a+)+\\d$" , [{match_limit, 1000 + rand:uniform(1000)}])).

maps() ->
    Pairs = [{one_of([rand:uniform(500), {k, rand:uniform(500)}, <<(rand:uniform(500)):16>>]), I} || I <- lists:seq(1, 300 + rand:uniform(1000))],
    Map = lists:foldl(fun({K, V}, M) -> M#{K => V} end, #{}, Pairs),
    Dict = orddict:from_list(Pairs),
    {Half, _} = lists:split(length(Dict) div 2, [K || {K, _} <- Dict]),
    Smaller = maps:without(Half, Map),
    same(map, Dict, lists:sort(maps:to_list(Map))) + same(from_list, Map, maps:from_list(Pairs)) + same(merged, Map, maps:merge(Smaller, maps:with(Half, Map))) +
        same(folded, lists:sum([V || {_, V} <- Dict]), maps:fold(fun(_, V, Sum) -> V + Sum end, 0, Map)) + same(smaller, length(Dict) - length(Half), map_size(Smaller)).

external() ->
    Term = [payload() || _ <- lists:seq(1, 10)],
    Bytes = term_to_binary(Term, one_of([[], [compressed], [{minor_version, 1}], [{compressed, 9}], [deterministic]])),
    {Again, Used} = binary_to_term(Bytes, [used]),
    same(external, {Term, byte_size(Bytes)}, {Again, Used}) + same(iovec, Term, binary_to_term(iolist_to_binary(term_to_iovec(Term)))) +
        same(hash, erlang:phash2(Term), erlang:phash2(Again)).

sorting() ->
    List = [rand:uniform(1000) || _ <- lists:seq(1, 500 + rand:uniform(3000))],
    Sorted = lists:sort(List),
    same(sorted, Sorted, [K || {K, _} <- lists:keysort(1, [{K, []} || K <- List])]) + same(ascends, true, ascends(Sorted)) +
        same(usort, lists:usort(List), ordsets:to_list(ordsets:from_list(List))) + same(reversed, List, lists:reverse(lists:reverse(List))) +
        same(sum, lists:sum(List), lists:foldl(fun erlang:'+'/2, 0, Sorted)) + same(gb, lists:usort(List), gb_sets:to_list(gb_sets:from_list(List))).

ascends([A, B | Rest]) -> A =< B andalso ascends([B | Rest]);
ascends(_) -> true.

compression() ->
    Data = iolist_to_binary([lists:duplicate(rand:uniform(50), rand:uniform(200)) || _ <- lists:seq(1, 500)]),
    Z = zlib:open(),
    ok = zlib:inflateInit(Z),
    Inflated = iolist_to_binary([zlib:inflate(Z, P) || P <- pieces(zlib:compress(Data), 100)]),
    ok = zlib:inflateEnd(Z),
    ok = zlib:close(Z),
    same(inflated, Data, Inflated) + same(gzip, Data, zlib:gunzip(zlib:gzip(Data))) + same(crc, erlang:crc32(Data), erlang:crc32(pieces(Data, 77))).

pieces(Data, Bytes) when byte_size(Data) > Bytes -> <<First:Bytes/binary, Rest/binary>> = Data, [First | pieces(Rest, Bytes)];
pieces(Data, _) -> [Data].

text() ->
    Chars = [one_of([$a, $z, 16#E9, 16#20AC, 16#1F600, 16#301]) || _ <- lists:seq(1, 500)],
    Utf8 = unicode:characters_to_binary(Chars),
    same(utf8, Chars, unicode:characters_to_list(Utf8)) + same(utf16, Utf8, unicode:characters_to_binary(unicode:characters_to_binary(Utf8, utf8, utf16), utf16)) +
        same(length, string:length(Utf8), length(string:to_graphemes(Chars))) +
        same(normal, unicode:characters_to_nfc_binary(Utf8), unicode:characters_to_nfc_binary(unicode:characters_to_nfd_binary(Utf8))).

digests() ->
    Data = rand:bytes(5000 + rand:uniform(50000)),
    {A, B} = split_binary(Data, rand:uniform(byte_size(Data)) - 1),
    Context = erlang:md5_update(erlang:md5_update(erlang:md5_init(), A), B),
    same(md5, erlang:md5(Data), erlang:md5_final(Context)) +
        same(adler, erlang:adler32(Data), erlang:adler32_combine(erlang:adler32(A), erlang:adler32(B), byte_size(B))) +
        same(crc_combined, erlang:crc32(Data), erlang:crc32_combine(erlang:crc32(A), erlang:crc32(B), byte_size(B))) + native_library(A, B, Data).

%% A NIF with objects of its own, where OTP's crypto is installed.
native_library(A, B, Data) ->
    case code:which(crypto) of
        non_existing -> 0;
        _ ->
            Hash = crypto:hash_final(crypto:hash_update(crypto:hash_update(crypto:hash_init(sha256), A), B)),
            Key = rand:bytes(32), Vector = rand:bytes(16),
            same(sha256, crypto:hash(sha256, Data), Hash) +
                same(cipher, Data, crypto:crypto_one_time(aes_256_ctr, Key, Vector, crypto:crypto_one_time(aes_256_ctr, Key, Vector, Data, true), false))
    end.

floats() ->
    Values = [(rand:uniform() - 0.5) * math:pow(10, rand:uniform(200) - 100) || _ <- lists:seq(1, 200)],
    Sum = lists:foldl(fun(F, S) -> S + F end, 0.0, Values),
    same(shortest, Values, [list_to_float(float_to_list(F, [short])) || F <- Values]) + same(printed, Values, [list_to_float(F) || F <- [lists:flatten(io_lib:format("~w", [V])) || V <- Values]]) +
        same(float_sum, Sum, lists:foldl(fun(F, S) -> F + S end, 0.0, Values)) + same(wire, Values, [F || <<F/float>> <= << <<F/float>> || F <- Values>>]).
