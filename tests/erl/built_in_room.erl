%% SPDX-License-Identifier: Apache-2.0
%% What built-ins build from bytes, on heaps of every fullness: it is what it would be elsewhere, what else lives on the heap stays, bytes that
%% lie on the heap themselves may have moved before they are read.
-module(built_in_room).
-export([main/1]).

main(_) ->
    Terms = [{Name, Term} || {Name, Term} <- terms()],
    lists:foreach(fun({Name, Term}) -> report({external, Name}, [external(Term, Kept) || Kept <- fullness()]) end, Terms),
    lists:foreach(fun({Name, Text}) -> report({text, Name}, [text(Text, Kept) || Kept <- fullness()]) end, texts()),
    lists:foreach(fun(N) -> report({bytes, N}, [bytes(N, Kept) || Kept <- fullness()]) end, [0, 1, 2, 7, 8, 9, 60, 64, 65, 300, 5000]),
    hostile(),
    limited(),
    many().

%% Words that live on the heap of who decodes.
fullness() -> [0, 1, 5, 20, 50, 90, 100, 110, 200, 220, 230, 1000].

terms() ->
    [{small, 17}, {nil, []}, {empty, {}}, {pair, {a, [1, 2 | 3]}}, {list, lists:seq(1, 70)}, {wide_list, [N * 100000 || N <- lists:seq(1, 300)]},
     {improper, lists:seq(1, 50) ++ tail}, {nested, nested(300)}, {tuple, list_to_tuple(lists:seq(250, 600))},
     {mixed_tuple, list_to_tuple(lists:append([[N, [], {N}, [N], -N] || N <- lists:seq(1, 80)]))},
     {string, lists:duplicate(40, $x)}, {long_string, lists:duplicate(66000, $y)}, {strings, [integer_to_list(N) || N <- lists:seq(1, 100)]},
     {floats, [N / 3 || N <- lists:seq(1, 40)]}, {bigs, [1 bsl N || N <- lists:seq(50, 2200, 61)] ++ [-(1 bsl 3000)]},
     {map, #{a => 1, b => #{}, c => [x]}}, {maps, [#{n => N, m => #{N => [N]}} || N <- lists:seq(1, 30)]},
     {hashed, maps:from_list([{N, {N}} || N <- lists:seq(1, 33)])}, {many_keys, maps:from_list([{integer_to_list(N), N} || N <- lists:seq(1, 3000)])},
     {binaries, [binary:copy(<<N>>, N) || N <- lists:seq(0, 70)]}, {bits, [<<N:N>> || N <- lists:seq(1, 90)]}, {large_binary, binary:copy(<<"abc">>, 30000)},
     {funs, [fun lists:map/2, fun erlang:self/0]}, {mixture, [{N, [N, {N, #{N => N / 2}}], <<N:40>>} || N <- lists:seq(1, 60)]}].

nested(0) -> [];
nested(N) -> [nested(N - 1), N].

texts() ->
    [{empty, <<>>}, {ascii, binary:copy(<<"plain ">>, 20)}, {latin, <<"señor ñandú"/utf8>>}, {mixed, binary:copy(<<"aé€😀"/utf8>>, 100)}, {long, binary:copy(<<"日本語 text "/utf8>>, 3000)},
     {bad_start, <<128, "abc">>}, {bad_middle, <<(binary:copy(<<"é">>, 100))/binary, 255, "rest">>}, {overlong, <<"ab", 16#C0, 16#80, "c">>}, {surrogate, <<"ab", 16#ED, 16#A0, 16#80>>},
     {too_far, <<"x", 16#F4, 16#90, 16#80, 16#80>>}, {short_two, <<"abc", 16#C3>>}, {short_three, <<"abcdefgh", 16#E2, 16#82>>}, {short_four, <<16#F0, 16#9F, 16#98>>},
     {only_continues, binary:copy(<<128>>, 50)}].

%% The answer in a process of its own that holds so many words, and whether these stayed.
apart(Kept, Fun) ->
    Pid = self(),
    {Child, Monitor} = spawn_monitor(fun() ->
        Held = lists:seq(1, Kept div 2),
        Answer = Fun(),
        Sum = lists:sum(Held),
        Pid ! {self(), Answer, Sum =:= (Kept div 2) * (Kept div 2 + 1) div 2}
    end),
    receive
        {Child, Answer, Held} -> erlang:demonitor(Monitor, [flush]), {Answer, Held};
        {'DOWN', Monitor, process, Child, Reason} -> {down, Reason}
    end.

external(Term, Kept) ->
    Whole = term_to_binary(Term),
    Packed = term_to_binary(Term, [compressed]),
    Size = byte_size(Whole),
    {Answer, Held} = apart(Kept, fun() ->
        OnHeap = list_to_binary(binary_to_list(Whole)),              % up to 64 bytes it lies on this heap
        <<_:3, Shifted:Size/binary, _/bitstring>> = <<5:3, Whole/binary, 0:5>>,
        <<_:1/binary, Part:Size/binary, _/binary>> = <<1, OnHeap/binary, 2>>,
        First = binary_to_term(OnHeap),
        {Second, Used} = binary_to_term(<<Whole/binary, "more">>, [used]),
        Others = [binary_to_term(B) || B <- [Shifted, Part, Packed, OnHeap]],
        [First =:= Term, Second =:= Term, Used =:= Size, [O =:= Term || O <- Others], binary_to_term(OnHeap, [safe]) =:= First,
         OnHeap =:= Whole, term_to_binary(First) =:= Whole]
    end),
    lists:all(fun(X) -> X end, [Held | lists:flatten(Answer)]).

text(Text, Kept) ->
    {{A, B, C, D, E}, Held} = apart(Kept, fun() ->
        Size = byte_size(Text),
        OnHeap = list_to_binary(binary_to_list(Text)),
        <<_:3, Shifted:Size/binary, _/bitstring>> = <<5:3, Text/binary, 0:5>>,
        {unicode:characters_to_list(OnHeap), unicode:characters_to_list(Shifted), unicode:characters_to_list([OnHeap]),
         unicode:characters_to_list(OnHeap, latin1), unicode:characters_to_list([$a, [OnHeap | Shifted]])}
    end),
    {Held, A =:= B, shape(A), shape(C), erlang:phash2(D), shape(E)}.

shape(L) when is_list(L) -> {length(L), erlang:phash2(L)};
shape({Class, L, Rest}) -> {Class, length(L), erlang:phash2(L), Rest}.

bytes(N, Kept) ->
    Bytes = << <<(I rem 256)>> || I <- lists:seq(1, N) >>,
    {Answer, Held} = apart(Kept, fun() ->
        OnHeap = list_to_binary(binary_to_list(Bytes)),
        <<_:3, Shifted:N/binary, Last/bitstring>> = <<5:3, Bytes/binary, 19:5>>,
        Bits = <<OnHeap/binary, 5:3>>,
        {binary_to_list(OnHeap), binary_to_list(Shifted), bitstring_to_list(Bits), bitstring_to_list(OnHeap),
         [binary_to_list(Shifted, N div 2 + 1, N) || N > 0], Last, list_to_binary(binary_to_list(OnHeap)) =:= Bytes}
    end),
    {Held, erlang:phash2(Answer)}.

%% All as for an empty heap, or each that is not.
report(Name, [First | _] = Answers) ->
    case lists:usort(Answers) of
        [First] -> io:format("~p: ~w~n", [Name, First]);
        Differing -> io:format("~p: differing ~w~n", [Name, Differing])
    end.

%% Claims that no bytes stand behind.
hostile() ->
    Cases = [<<131, 108, 16#FFFFFFFF:32, 97, 1>>, <<131, 105, 16#FFFFFFFF:32>>, <<131, 116, 16#7FFFFFFF:32, 106, 106>>, <<131, 107, 65535:16, "abc">>, <<131, 109, 16#FFFFFFFF:32>>,
             <<131, 111, 16#FFFFFFFF:32, 0>>, <<131, 104, 3, 106>>, <<131, 108, 3:32, 106, 106, 106>>, <<131>>, <<131, 80, 16#FFFFFFFF:32, 120, 156>>,
             <<131, 108, 200:32, (binary:copy(<<107, 4:16, "abcd">>, 200))/binary, 255>>, <<131, (binary:copy(<<108, 1:32>>, 20000))/binary>>,
             <<131, 108, 100000:32, (binary:copy(<<106>>, 100000))/binary>>],
    [io:format("hostile ~p: ~p~n", [erlang:phash2(Bytes), apart(20, fun() -> catch_badarg(fun() -> binary_to_term(Bytes) end) end)]) || Bytes <- Cases].

catch_badarg(Fun) -> try {ok, Fun()} catch error:badarg -> badarg end.

%% A heap that may not become so large.
limited() ->
    Bytes = term_to_binary(lists:seq(1, 200000)),
    Text = binary:copy(<<"text">>, 100000),
    [begin
         {Pid, Monitor} = spawn_opt(fun() -> Fun() end, [monitor, {max_heap_size, #{size => 100000, kill => true, error_logger => false}}]),
         receive {'DOWN', Monitor, process, Pid, Reason} -> io:format("limited ~p: ~p~n", [Name, Reason]) end
     end || {Name, Fun} <- [{external, fun() -> length(binary_to_term(Bytes)) end}, {bytes, fun() -> length(binary_to_list(Text)) end},
                            {text, fun() -> length(unicode:characters_to_list(Text)) end}]].

%% Again and again on one heap, what was built before kept in part.
many() ->
    Items = [{term_to_binary(Term), Term} || {_, Term} <- terms()],
    {Answer, Held} = apart(300, fun() ->
        lists:foldl(fun(Round, Kept) ->
            {Bytes, Term} = lists:nth(Round * 7 rem length(Items) + 1, Items),
            Decoded = binary_to_term(Bytes),
            Same = Decoded =:= Term andalso lists:all(fun({D, T}) -> D =:= T end, Kept),
            case Same of
                true -> lists:sublist([{Decoded, Term} | Kept], Round rem 5);
                false -> exit({differs, Round})
            end
        end, [], lists:seq(1, 400)),
        done
    end),
    io:format("many: ~p~n", [{Answer, Held}]).
