%% SPDX-License-Identifier: Apache-2.0
%% Tables with `compressed` answer as others do and are smaller: all kinds of elements, all natives that look into rows.
-module(ets_compressed).
-mode(compile).
-export([main/1]).

main(_) ->
    [io:format("~p ~p~n", [Type, catch with(Type)]) || Type <- [set, ordered_set, bag, duplicate_bag]],
    io:format("odd ~p~n", [odd()]),
    io:format("binaries ~p~n", [binaries()]),
    io:format("counters ~p~n", [counters()]).

with(Type) ->
    P = ets:new(plain, [Type]),
    C = ets:new(packed, [Type, compressed]),
    Fill = fun(T) -> [ets:insert(T, row(N)) || N <- lists:seq(1, 300)], ets:insert(T, [row(N) || N <- lists:seq(250, 350)]) end,
    Fill(P),
    Fill(C),
    Smaller = ets:info(C, memory) < ets:info(P, memory),
    Steps = [fun(T) -> lists:sort(ets:tab2list(T)) end,
             fun(T) -> [ets:lookup(T, key(N)) || N <- lists:seq(1, 400, 7)] end,
             fun(T) -> [ets:member(T, key(N)) || N <- lists:seq(1, 400, 50)] end,
             fun(T) -> [ets:lookup_element(T, key(N), 2) || N <- lists:seq(1, 300, 11)] end,
             fun(T) -> lists:sort(ets:match(T, {'_', [{name, '$1'} | '_'], '$2'})) end,
             fun(T) -> lists:sort(ets:select(T, [{{'$1', '_', #{n => '$2'}}, [{'<', '$2', 40}], [{{'$1', '$2'}}]}])) end,
             fun(T) -> lists:sort(ets:select(T, [{{'_', '$1', '_'}, [{'=:=', {hd, '$1'}, {{name, <<"name 7">>}}}], ['$_']}])) end,
             fun(T) -> ets:match_object(T, {key(5), '_', '_'}) end,
             fun(T) -> ets:delete_object(T, row(6)), ets:lookup(T, key(6)) end,
             fun(T) -> ets:delete_object(T, {key(7), other, x}), ets:lookup(T, key(7)) end,
             fun(T) -> ets:insert(T, row(8)), ets:lookup(T, key(8)) end,
             fun(T) -> ets:insert_new(T, row(9)) end,
             fun(T) -> ets:take(T, key(10)) end,
             fun(T) -> ets:select_delete(T, [{{'_', '_', #{n => '$1'}}, [{'>', '$1', 320}], [true]}]) end,
             fun(T) -> ets:foldl(fun({_, _, #{n := N}}, S) -> S + N end, 0, T) end,
             fun(T) -> catch ets:update_element(T, key(12), [{2, lists:seq(1, 50)}]), ets:lookup(T, key(12)) end,
             fun(T) -> catch ets:select_replace(T, [{{'$1', '_', #{n => 13}}, [], [{{'$1', replaced, lists:seq(1, 40)}}]}]), ets:lookup(T, key(13)) end,
             fun(T) -> {lists:sort(chunks(ets:select(T, [{{'$1', '$2', '_'}, [], ['$2']}], 17))), ets:info(T, size)} end,
             fun(T) -> element(2, ets:select(T, [{'_', [], [true]}], 1000)) end,
             fun(T) -> length(ets:slot(T, 0)) >= 0 end],
    Same = [Step(P) =:= Step(C) || Step <- Steps],
    Hash = erlang:phash2(lists:sort(ets:tab2list(C))),
    ets:delete(P),
    ets:delete_all_objects(C),
    {ets:info(C, compressed), Smaller, lists:usort(Same), Hash, ets:info(C, size)}.

key(N) when N rem 3 =:= 0 -> {key, N, [N]};
key(N) when N rem 3 =:= 1 -> <<"key", N:32>>;
key(N) -> N.

row(N) ->
    {key(N), [{name, <<"name ", (integer_to_binary(N))/binary>>}, {list, lists:seq(1, N rem 40)}, 1.5 * N, N bsl 80],
     #{n => N, text => "some text that is long as a list", more => {a, b, [c | d], <<N:13>>}}}.

chunks('$end_of_table') -> [];
chunks({Chunk, Continuation}) -> Chunk ++ chunks(ets:select(Continuation)).

%% What does not become bytes comes back as it was.
odd() ->
    T = ets:new(t, [compressed]),
    R = make_ref(),
    F = fun(X) -> {X, R} end,
    Tab = ets:new(other, []),
    Values = [self(), R, F, fun lists:map/2, Tab, [self() | lists:seq(1, 30)], {F, lists:seq(1, 30)}, #{R => lists:seq(1, 30)}, hd(erlang:ports()),
              -0.0, <<>>, <<1:3>>, [], {}, #{}, "", <<"a">>, lists:duplicate(70, $x), maps:from_list([{I, I * I} || I <- lists:seq(1, 100)]),
              [[[[[[lists:seq(1, 20)]]]]]], [x | y], 1 bsl 200, -(1 bsl 59), atom, 'an atom with blanks', {tuple, with, atoms, that, go, on}],
    [ets:insert(T, {N, V, padding, lists:seq(1, 40)}) || {N, V} <- lists:zip(lists:seq(1, length(Values)), Values)],
    Back = [ets:lookup_element(T, N, 2) || N <- lists:seq(1, length(Values))],
    Rows = [begin [{_, V, padding, L}] = ets:lookup(T, N), L =:= lists:seq(1, 40) andalso V end || N <- lists:seq(1, length(Values))],
    {Back =:= Values, Rows =:= Values, (lists:nth(3, Back))(1) =:= {1, R}, ets:info(lists:nth(5, Back), name)}.

%% Large binaries are kept by reference, and given up.
binaries() ->
    T = ets:new(t, [compressed]),
    B = binary:copy(<<"0123456789">>, 1000),
    <<_:5/binary, Part:100/binary, _/binary>> = B,
    ets:insert(T, [{1, B, lists:seq(1, 30)}, {2, {Part, "text text text text"}}, {3, binary:copy(<<"ab">>, 20), Part}]),
    {[ets:lookup(T, K) || K <- [1, 2, 3]] =:= [[{1, B, lists:seq(1, 30)}], [{2, {Part, "text text text text"}}], [{3, binary:copy(<<"ab">>, 20), Part}]],
     length(ets:info(T, binary))}.

counters() ->
    T = ets:new(t, [compressed, public, {write_concurrency, true}]),
    ets:insert(T, {c, 1, lists:seq(1, 50), 1 bsl 70, 5}),
    A = [ets:update_counter(T, c, 1), ets:update_counter(T, c, [{4, 1}, {5, 3, 6, 0}]), ets:update_counter(T, c, {4, -(1 bsl 70)}),
         ets:update_counter(T, d, {2, 7}, {d, 0, "text text text text text"})],
    ets:update_element(T, c, {5, lists:seq(1, 60)}),
    ets:update_element(T, c, {2, 99}),
    {A, ets:lookup(T, c), ets:lookup(T, d), catch ets:update_counter(T, c, {3, 1})}.
