%% SPDX-License-Identifier: Apache-2.0
%% The orders in which maps are seen: iterators and what stands on them one way, lists the other.
-module(map_walks).
-export([main/0]).

main() ->
    [walks(Size) || Size <- [0, 1, 32, 33, 64, 65, 100, 1000, 20000]],
    [wrong(Path, Map) || Path <- [-1, a, 16, 1 bsl 56, 1 bsl 59, 1 bsl 70], Map <- [#{}, #{a => 1}]],
    [wrong(Path, maps:from_list([{N, N} || N <- lists:seq(1, 40)])) || Path <- [-1, a]],
    halt().

walks(Size) ->
    Map = maps:from_list([{key(N), N} || N <- lists:seq(1, Size)]),
    Listed = maps:to_list(Map),
    Folded = lists:reverse(maps:fold(fun(K, V, Pairs) -> [{K, V} | Pairs] end, [], Map)),
    Stepped = stepped(maps:next(maps:iterator(Map))),
    Text = unicode:characters_to_binary(io_lib:format("~w", [Map])),
    Seen = [lists:keyfind(K, 1, Listed) || K <- maps:keys(Map)],
    io:format("~w: ~w ~w ~w ~w ~w ~w~n",
              [Size, erlang:phash2(Listed), erlang:phash2(Folded), Stepped =:= Folded, erlang:phash2(Text), Seen =:= Listed,
               lists:sort(Folded) =:= lists:sort(Listed)]),
    io:format("~w~n~w~n", [lists:sublist(Listed, 5), lists:sublist(Folded, 5)]),
    [begin
         put(order, []),
         _ = Walk(Map),
         io:format("  ~w~n", [erlang:phash2(get(order))])
     end || Walk <- [fun(M) -> maps:map(fun note/2, M) end,
                     fun(M) -> maps:filter(fun note/2, M) end,
                     fun(M) -> maps:filtermap(fun note/2, M) end,
                     fun(M) -> maps:foreach(fun note/2, M) end,
                     fun(M) -> maps:merge_with(fun(K, _, V) -> note(K, V), V end, M, M) end,
                     fun(M) -> maps:intersect_with(fun(K, _, V) -> note(K, V), V end, M, M) end]].

key(N) when N rem 3 =:= 0 -> {N, <<N>>};   % no atom: where it stands depends on its number
key(N) when N rem 3 =:= 1 -> integer_to_binary(N);
key(N) -> N.

note(Key, _) -> put(order, [Key | get(order)]), true.

stepped(none) -> [];
stepped({K, V, Iterator}) -> [{K, V} | stepped(maps:next(Iterator))].

wrong(Path, Map) ->
    io:format("~w ~w~n", [Path, try erts_internal:map_next(Path, Map, iterator) catch Class:Reason -> {Class, Reason} end]).
