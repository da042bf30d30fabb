# SPDX-License-Identifier: Apache-2.0
# Terms of all kinds in a crash dump, read back by the release's crashdump_viewer: what is shared, off-heap binaries and parts of them,
# literals, persistent terms, timers, and a dump that is cut off where its binaries begin.
ERL_CRASH_DUMP=$PWD/dump
export ERL_CRASH_DUMP
cat >maker.erl <<'EOR'
-module(maker).
-export([main/0]).
main() ->
    Me = self(),
    P = spawn(fun() -> register(dumped, self()), fill(), Me ! filled, receive never -> ok end end),
    receive filled -> ok end,
    P ! {message, list_to_binary(lists:seq(0, 255))},
    P ! ["a list", 1.5 | improper],
    erlang:send_after(1000000, P, {to_pid, 1}),
    erlang:send_after(2000000, dumped, to_name),
    erlang:send_after(3000000, nobody, to_nobody),
    ok.
fill() ->
    Big = list_to_binary([N rem 251 || N <- lists:seq(1, 1000)]),
    <<First:100/binary, Second:400/binary, Rest/binary>> = Big,
    <<_:10/binary, Middle:300/binary, _/binary>> = Rest,
    <<_:5, Bits:90/bitstring, _/bitstring>> = Big,
    Shared = {shared, [1, 2, 3]},
    put(binaries, {Big, First, Second, Middle, <<"short">>, binary:part(<<"a short one">>, 2, 5), <<>>}),
    put(bits, {bit_size(Bits), binary:copy(Second)}),
    put(numbers, {0, -1, 1 bsl 59, -(1 bsl 59), 1 bsl 64, -(1 bsl 200), 1.0e300, -0.0, 2.5}),
    put(shared, [Shared, Shared, {Shared}]),
    put(maps, {#{}, #{a => 1, {b} => [c]}, maps:from_list([{N, {N, [N]}} || N <- lists:seq(1, 300)]), literal()}),
    put(atoms, {'', 'an atom', 'αβ', list_to_atom("a=b")}),
    put(improper, [a, b | c]),
    put(deep, lists:foldl(fun(_, T) -> {T} end, [], lists:seq(1, 500))),
    persistent_term:put({dumped, 1}, #{key => [value, 1.5]}),
    put(persistent, persistent_term:get({dumped, 1})).
literal() -> #{"one" => 1, "two" => [two, 2.0], "three" => #{<<"binary">> => x}}.
EOR
cat >reader.erl <<'EOR'
-module(reader).
-export([main/0]).
main() ->
    {ok, _} = crashdump_viewer:start_link(),
    register(cdv_progress_handler, self()),
    dump("dump"),
    {ok, Whole} = file:read_file("dump"),
    {At, _} = binary:match(Whole, <<"\n=binary:">>),
    ok = file:write_file("cut", binary:part(Whole, 0, At + 1)),
    load("cut"),
    {Binaries, _} = lists:split(4, tuple_to_list(element(2, lists:keyfind(binaries, 1, dictionary(details()))))),
    io:format("cut: ~p~n", [[lists:member(B, ['#CDVNonexistingBinary', '#CDVIncompleteHeap']) || B <- Binaries]]),
    init:stop().
dump(File) ->
    load(File),
    Details = details(),
    [io:format("~w: ~0p~n", [Key, whole(Value)]) || {Key, Value} <- lists:sort(dictionary(Details)), Key =/= deep],
    io:format("deep: ~p~n", [depth(element(2, lists:keyfind(deep, 1, dictionary(Details))), 0)]),
    [io:format("~0p~n", [whole(Messages)]) || Messages <- [[M || {M, _} <- F, M =/= stop] || F <- tuple_to_list(Details), is_messages(F)]],
    {ok, Timers, _} = crashdump_viewer:timers(all),
    io:format("timers: ~0p~n", [lists:sort([T || Timer <- Timers, T <- [[F || F <- tuple_to_list(Timer), is_list(F), not is_pid_of(F)]], lists:any(fun(F) -> string:find(F, "to_") =/= nomatch end, T)])]),
    {ok, Terms, _} = crashdump_viewer:persistent_terms(),
    io:format("persistent terms: ~0p~n", [[T || {Name, _} = T <- Terms, string:find(text(Name), "dumped") =/= nomatch]]),
    {ok, Funs, _} = crashdump_viewer:funs(),
    io:format("funs: ~p~n", [length([F || F <- Funs, lists:member("maker", tuple_to_list(F))])]).
load(File) ->
    ok = crashdump_viewer:read_file(filename:absname(File)),
    io:format("~s: ~p~n", [File, wait()]).
wait() -> receive {progress, {ok, done}} -> done; {progress, {error, R}} -> {error, R}; {progress, _} -> wait() after 60000 -> timeout end.
details() ->
    {ok, Ps, _} = crashdump_viewer:processes(),
    [Proc] = [P || P <- Ps, lists:member("dumped", tuple_to_list(P))],
    {ok, Details, _} = crashdump_viewer:proc_details(pid_to_list(element(2, Proc))),
    Details.
dictionary(Details) -> hd([F || F <- tuple_to_list(Details), is_list(F), lists:any(fun(E) -> is_tuple(E) andalso tuple_size(E) =:= 2 andalso element(1, E) =:= numbers end, F)]).
is_messages(F) -> is_list(F) andalso lists:any(fun({M, _}) -> is_tuple(M) andalso element(1, M) =:= message; (_) -> false end, F).
is_pid_of(F) -> F =/= [] andalso hd(F) =:= '#CDVPid'.
depth({T}, N) -> depth(T, N + 1);
depth([], N) -> N.
text(T) when is_list(T) -> lists:flatten(T);
text(T) -> lists:flatten(io_lib:format("~0p", [T])).
%% A binary stands as the place where it is.
whole(['#CDVBin', Offset, Size, Place]) -> {ok, Binary} = crashdump_viewer:expand_binary({Offset, Size, Place}), {size(Binary), erlang:md5(Binary)};
whole(['#CDVPid' | _]) -> pid;
whole([H | T]) -> [whole(H) | whole(T)];
whole(T) when is_tuple(T) -> list_to_tuple([whole(E) || E <- tuple_to_list(T)]);
whole(T) when is_map(T) -> whole(lists:sort(maps:to_list(T)));
whole(T) -> T.
EOR
erlc maker.erl reader.erl
erl -noshell -eval 'maker:main(), timer:sleep(100), erlang:halt("terms")' >/dev/null 2>&1
echo "status $?"
unset ERL_CRASH_DUMP
erl -noshell -s reader main
