%% SPDX-License-Identifier: Apache-2.0
%% References to things of the machine that took a way outside: as external terms, as text, through another node and back.
-module(known_references).
-export([main/0]).

main() ->
    [ways(Way) || Way <- [term, text]],
    %% What is gone is not found again, nor brought back.
    Table = ets:new(table, [public]),
    Term = term_to_binary(Table),
    ets:delete(Table),
    io:format("~w~n", [catch ets:info(binary_to_term(Term))]),
    Kept = kept(),
    erlang:garbage_collect(),
    Found = binary_to_term(Kept),
    io:format("~w ~w~n", [is_reference(Found), try atomics:info(Found) catch error:Reason -> Reason end]),
    %% Many at once, from several processes.
    Workers = [spawn_monitor(fun() -> [churn(N) || N <- lists:seq(1, 300)] end) || _ <- lists:seq(1, 4)],
    [receive {'DOWN', M, process, P, Why} -> io:format("~w~n", [Why]) end || {P, M} <- Workers],
    halt().

ways(Way) ->
    Table = ets:new(table, [public]),
    ets:insert(Table, [{1, one}, {2, two}]),
    Spec = ets:match_spec_compile([{{'$1', '_'}, [], ['$1']}]),
    Atomics = atomics:new(2, []),
    atomics:put(Atomics, 2, 17),
    Counters = counters:new(1, []),
    counters:add(Counters, 1, 5),
    io:format("~w: ~w~n", [Way, [ets:lookup(there_and_back(Way, Table), 2), there_and_back(Way, Table) =:= Table, ets:info(there_and_back(Way, Table), type),
                                ets:is_compiled_ms(there_and_back(Way, Spec)), ets:match_spec_run([{1, 2}], there_and_back(Way, Spec)),
                                atomics:get(there_and_back(Way, Atomics), 2), counters:get(there_and_back(Way, Counters), 1)]]),
    {_, Continuation} = ets:select(Table, [{{'$1', '_'}, [], ['$1']}], 1),
    Again = case Way of term -> binary_to_term(term_to_binary(Continuation)); text -> Continuation end,
    io:format("~w ~w~n", [tuple_size(ets:select(Again)), tuple_size(Continuation)]).   % without it nothing would hold the match spec

there_and_back(term, Term) -> hd(element(2, binary_to_term(term_to_binary({x, [Term]}))));
there_and_back(text, Term) when is_reference(Term) -> list_to_ref(ref_to_list(Term));
there_and_back(text, {Kind, Reference}) -> {Kind, list_to_ref(ref_to_list(Reference))}.

kept() -> term_to_binary(atomics:new(1, [])).

churn(N) ->
    Table = ets:new(table, []),
    ets:insert(Table, {N}),
    [{N}] = ets:lookup(binary_to_term(term_to_binary(Table)), N),
    Atomics = atomics:new(1, []),
    Term = term_to_binary([Atomics, Atomics]),
    [Same, Same] = binary_to_term(Term),
    atomics:put(Same, 1, N),
    N = atomics:get(Atomics, 1),
    N rem 2 =:= 0 andalso ets:delete(Table).
