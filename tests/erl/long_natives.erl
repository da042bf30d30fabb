%% SPDX-License-Identifier: Apache-2.0
%% Built-ins whose work outlasts a slice: the same answers as in one go, errors with the call's own arguments, and another process
%% gets its turn meanwhile.
-module(long_natives).
-mode(compile).
-export([main/1]).

main(_) ->
    Bytes = binary:copy(<<"0123456789abcdef">>, 64 * 1024),           % 1 MiB
    List = lists:seq(1, 200000),
    Deep = lists:foldl(fun(I, A) -> [A, I rem 256, <<I:32>>] end, [], lists:seq(1, 60000)),
    Map = maps:from_list([{I, {I, integer_to_binary(I)}} || I <- lists:seq(1, 20000)]),
    Term = {List, Bytes, Map, [Bytes | tail], <<1:1, Bytes/binary>>},

    %% external term format
    Encoded = term_to_binary(Term),
    p(external, {byte_size(Encoded), erlang:md5(Encoded), erlang:external_size(Term) =:= byte_size(Encoded)}),
    p(decoded, binary_to_term(Encoded) =:= Term),
    <<_:3, Shifted/bitstring>> = <<0:3, Encoded/binary>>,
    p(decoded_unaligned, binary_to_term(Shifted) =:= Term),
    p(iovec, iolist_to_binary(term_to_iovec(Term)) =:= Encoded),
    p(used, element(2, binary_to_term(<<Encoded/binary, 1, 2, 3>>, [used])) =:= byte_size(Encoded)),
    Packed = term_to_binary(Term, [compressed]),
    p(packed, {byte_size(Packed), erlang:md5(Packed), binary_to_term(Packed) =:= Term}),
    Packed9 = term_to_binary(Term, [{compressed, 9}]),
    p(packed9, {byte_size(Packed9), erlang:md5(Packed9), binary_to_term(Packed9) =:= Term}),
    Noise = rand_bytes(300000),
    p(not_packed, byte_size(term_to_binary(Noise, [compressed])) =:= byte_size(term_to_binary(Noise))),
    p(deterministic, erlang:md5(term_to_binary(Map, [deterministic]))),
    Cut = binary:part(Encoded, 0, byte_size(Encoded) - 1),
    p(cut, failed(fun() -> binary_to_term(Cut) end, [Cut])),
    PackedCut = binary:part(Packed, 0, byte_size(Packed) - 1),
    p(packed_cut, failed(fun() -> binary_to_term(PackedCut) end, [PackedCut])),

    %% iodata
    Flat = iolist_to_binary(Deep),
    p(flat, {byte_size(Flat), erlang:md5(Flat), iolist_size(Deep), list_to_binary(Deep) =:= Flat}),
    Parts = erlang:iolist_to_iovec([Deep, Bytes, Deep]),
    p(vector, {lists:all(fun is_binary/1, Parts), iolist_to_binary(Parts) =:= <<Flat/binary, Bytes/binary, Flat/binary>>}),
    Bits = list_to_bitstring([Deep, <<5:3>>, Deep, Bytes]),
    p(bits, {bit_size(Bits), erlang:phash2(Bits)}),
    Bad = [Deep, Bytes | 256],
    [p({bad, F}, failed(fun() -> erlang:F(Bad) end, [Bad])) || F <- [iolist_to_binary, iolist_size, list_to_binary]],
    [p({bad, F}, failed(fun() -> erlang:F([Bytes | 256]) end, none)) || F <- [md5, crc32, adler32]],
    p(list, {length(binary_to_list(Bytes)), binary_to_list(Bytes, 3, 400000) =:= lists:sublist(binary_to_list(Bytes), 3, 399998)}),
    p(bit_list, lists:last(bitstring_to_list(<<Bytes/binary, 1:1>>))),

    %% sums
    Unaligned = shifted(Bytes),
    p(sums, {erlang:md5([Flat, Bytes, 7]), erlang:md5(Bytes), erlang:crc32(Deep), erlang:adler32([Bytes, Deep]),
             erlang:crc32(17, Unaligned), erlang:adler32(17, Bytes)}),
    C = erlang:md5_update(erlang:md5_update(erlang:md5_init(), Flat), Bytes),
    p(md5_steps, erlang:md5_final(C) =:= erlang:md5([Flat, Bytes])),

    %% characters
    Text = binary:copy(<<"aé€😀"/utf8>>, 30000),
    Points = unicode:characters_to_list(Text),
    p(text, {length(Points), unicode:characters_to_binary(Points) =:= Text, unicode:characters_to_binary(Text) =:= Text}),
    p(nested, unicode:characters_to_binary([Points, [Text, [Points]], $x]) =:= <<Text/binary, Text/binary, Text/binary, $x>>),
    Latin = unicode:characters_to_binary(binary:copy(<<"a", 233>>, 100000), latin1),
    p(latin1, {byte_size(Latin), erlang:md5(Latin), unicode:bin_is_7bit(Latin), unicode:bin_is_7bit(Bytes)}),
    lists:foreach(
      fun(N) ->
              Broken = <<(binary:copy(<<"é"/utf8>>, N))/binary, 226, 130, $A, "rest">>,
              {error, Good, Rest} = unicode:characters_to_binary(Broken),
              {error, GoodList, Rest} = unicode:characters_to_list(Broken),
              p({broken, N}, {byte_size(Good), length(GoodList), Rest})
      end, [0, 1, 16382, 16383, 16384, 16385, 40000]),
    HalfAtEnd = <<(binary:copy(<<"é"/utf8>>, 16384))/binary, 240, 159>>,
    {incomplete, G, R} = unicode:characters_to_binary(HalfAtEnd),
    p(half, {byte_size(G), R}),
    p(halves, unicode:characters_to_list([HalfAtEnd, <<152, 128>>]) =:= lists:duplicate(16384, 233) ++ [128512]),
    BadList = [Text, Points, 16#D800 | tail],
    p(bad_text, failed(fun() -> unicode:characters_to_binary(BadList) end, none)),

    %% maps
    Shuffled = [{(I * 7919) rem 100003, I} || I <- lists:seq(1, 100002)],
    Big = maps:from_list(Shuffled ++ [{5, last}, {5.0, float}]),
    p(map, {maps:size(Big), maps:get(5, Big), maps:get(5.0, Big), erlang:phash2(Big), lists:sum([K || K <- maps:keys(Big), is_integer(K)])}),
    p(same_map, Big =:= lists:foldl(fun({K, V}, A) -> A#{K => V} end, #{}, Shuffled ++ [{5, last}, {5.0, float}])),
    p(map_lists, lists:zip(maps:keys(Big), maps:values(Big)) =:= maps:to_list(Big)),
    Set = maps:from_keys([K || {K, _} <- Shuffled] ++ [1, 2, 3], yes),
    p(set, {maps:size(Set), maps:keys(Set) =:= maps:keys(maps:remove(5.0, Big))}),
    p(few, {maps:from_list([{K, K} || K <- lists:seq(1, 20)] ++ [{3, three}]), maps:size(maps:from_keys(lists:seq(1, 50), x))}),
    p(bad_map, failed(fun() -> maps:from_list([{1, 2}, x]) end, [[{1, 2}, x]])),
    p(map_back, binary_to_term(term_to_binary(Big)) =:= Big),
    Twice = <<131, 116, 2000:32, (binary:copy(<<97, 1, 97, 2>>, 2000))/binary>>,
    p(twice, failed(fun() -> binary_to_term(Twice) end, [Twice])),

    %% one that counts while another works
    [p({others_run, Name}, others_run(Fun)) ||
        {Name, Fun} <- [{term_to_binary, fun() -> term_to_binary(Term) end}, {compressed, fun() -> term_to_binary(Term, [compressed]) end},
                        {binary_to_term, fun() -> binary_to_term(Encoded) end}, {iolist_to_binary, fun() -> iolist_to_binary(Deep) end},
                        {md5, fun() -> erlang:md5(binary:copy(Bytes, 20)) end}, {characters, fun() -> unicode:characters_to_list(Text) end}]],

    %% ended or collected in the middle
    Pids = [spawn(fun() -> term_to_binary(Term, [compressed]), binary_to_term(Encoded) end) || _ <- lists:seq(1, 8)],
    [begin erlang:garbage_collect(P, [{async, P}]), erlang:yield() end || P <- Pids],
    [exit(P, kill) || P <- Pids],
    p(gone, [begin M = monitor(process, P), receive {'DOWN', M, _, _, _} -> ok end end || P <- Pids]).

p(Name, Value) -> io:format("~p: ~p~n", [Name, Value]).

shifted(Bytes) ->
    <<_:5, Shifted/bitstring>> = <<0:5, Bytes/binary>>,
    Shifted.

rand_bytes(N) ->
    S = rand:seed_s(exsss, 42),
    {Words, _} = lists:mapfoldl(fun(_, S0) -> rand:uniform_s(1 bsl 32, S0) end, S, lists:seq(1, N div 4)),
    << <<(W - 1):32>> || W <- Words >>.

%% Class and reason, and whether the failed call shows its own arguments.
failed(Fun, Args) ->
    try Fun() of
        Value when is_tuple(Value) -> element(1, Value);
        _ -> no_failure
    catch
        Class:Reason:Trace ->
            {_, _, Given, _} = hd(Trace),
            {Class, Reason, Args =:= none orelse Given =:= Args}
    end.

%% On one scheduler: does a process that waits for its turn get one before the work is done?
others_run(Fun) ->
    Main = self(),
    {Pid, Ref} = spawn_opt(fun() -> worker(Main, Fun) end, [monitor, {scheduler, 1}]),
    receive {Pid, Turns} -> ok end,
    receive {'DOWN', Ref, _, _, _} -> ok end,
    Turns > 0.

worker(Main, Fun) ->
    Old = process_flag(priority, normal),
    Counter = counters:new(1, []),
    Other = spawn_opt(fun() -> count(Counter) end, [{scheduler, 1}]),
    wait_for(Counter),
    Before = counters:get(Counter, 1),
    Fun(),
    Turns = counters:get(Counter, 1) - Before,
    exit(Other, kill),
    process_flag(priority, Old),
    Main ! {self(), Turns}.

wait_for(Counter) ->
    case counters:get(Counter, 1) of
        0 -> erlang:yield(), wait_for(Counter);
        _ -> ok
    end.

count(Counter) ->
    counters:add(Counter, 1, 1),
    erlang:yield(),
    count(Counter).
