%% SPDX-License-Identifier: Apache-2.0
%% Runs modules of a batch and writes one line a test: `Index.Test result`. Results are in a canonical form: what no two runs share
%% (pids, references, places of funs) is named only, maps are sorted by keys, long text is cut to a digest. A test has a process of its own with a
%% limit of time and of heap; over it, the line says `limit`, and the comparison leaves it out.
-module(gen_run).
-export([main/1, call/1, id/1, round_trip/1, compressed/1, external/1, ordering/1, big_map/2, zipped/1,
         counted/1, kept/2, structures/1, printed/1, server/3]).

-define(TIME_LIMIT, 10000).
-define(HEAP_LIMIT, 4000000).

main([Batch, Output, From]) ->
    logger:set_primary_config(level, none),
    {ok, Bytes} = file:read_file(Batch),
    {ok, File} = file:open(Output, [append, raw]),
    [module(File, Index, Module, Code) || {Index, Module, Code} <- binary_to_term(Bytes), Index >= list_to_integer(From)],
    file:write(File, "end\n"),
    erlang:halt(0, [{flush, false}]).

module(File, Index, Module, Code) ->
    file:write(File, ["start ", integer_to_list(Index), "\n"]),
    case code:load_binary(Module, "generated", Code) of
        {module, Module} -> tests(File, Index, Module);
        {error, Reason} -> file:write(File, io_lib:format("~b.loaded ~p~n", [Index, Reason]))
    end.

tests(File, Index, Module) ->
    Lines = [[integer_to_list(Index), ".", atom_to_list(Test), " ", in_process(Module, Test), "\n"] || {Test, 0} <- lists:sort(Module:module_info(exports)), Test =/= module_info],
    code:delete(Module),
    code:purge(Module),
    file:write(File, Lines).

in_process(Module, Test) ->
    Self = self(),
    Tag = make_ref(),
    {Pid, Monitor} = spawn_opt(fun() -> Self ! {Tag, text(call(fun() -> Module:Test() end))} end,
                               [monitor, {max_heap_size, #{size => ?HEAP_LIMIT, kill => true, error_logger => false}}]),
    receive
        {Tag, Text} -> demonitor(Monitor, [flush]), Text;
        {'DOWN', Monitor, process, Pid, killed} -> "limit heap";
        {'DOWN', Monitor, process, Pid, Reason} -> ["died ", text(Reason)]
    after ?TIME_LIMIT ->
        exit(Pid, kill),
        demonitor(Monitor, [flush]),
        "limit time"
    end.

text(Term) ->
    Text = unicode:characters_to_binary(io_lib:format("~tw", [canonical(Term)])),
    case byte_size(Text) > 2000 of
        true -> [binary:part(Text, 0, 300), "... ", integer_to_list(byte_size(Text)), " ", integer_to_list(erlang:crc32(Text))];
        false -> Text
    end.

canonical(Term) when is_pid(Term) -> 'PID';
canonical(Term) when is_reference(Term) -> 'REFERENCE';
canonical(Term) when is_port(Term) -> 'PORT';
canonical(Term) when is_function(Term) -> {'FUN', element(2, erlang:fun_info(Term, module)), element(2, erlang:fun_info(Term, arity))};
canonical([Head | Tail]) -> [canonical(Head) | canonical(Tail)];
canonical(Term) when is_tuple(Term) -> list_to_tuple(canonical(tuple_to_list(Term)));
canonical(Term) when is_map(Term) -> {'MAP', lists:sort([{canonical(K), canonical(V)} || {K, V} <- maps:to_list(Term)])};
canonical(Term) -> Term.

%% The value, or class, reason and the stack's first items.
call(Fun) ->
    try {ok, Fun()}
    catch
        Class:Reason:Stack -> {Class, Reason, stack(Stack, 3)}
    end.

stack([{?MODULE, _, _, _} | _], _) -> [];
stack(_, 0) -> [];
stack([Item | Rest], N) -> [Item | stack(Rest, N - 1)];
stack([], _) -> [].

id(Term) -> Term.

%% External form there and back: pids and funs stay out, as their bytes differ from run to run.
plain(Term) when is_function(Term); is_pid(Term); is_reference(Term); is_port(Term) -> false;
plain([Head | Tail]) -> plain(Head) andalso plain(Tail);
plain(Term) when is_tuple(Term) -> plain(tuple_to_list(Term));
plain(Term) when is_map(Term) -> map_size(Term) =< 32 andalso plain(maps:to_list(Term));
plain(_) -> true.

round_trip(Term) ->
    plain(Term) andalso begin Back = binary_to_term(term_to_binary(Term)), {Back =:= Term, Back} end.

compressed(Term) ->
    plain(Term) andalso binary_to_term(term_to_binary(Term, [compressed, {minor_version, 1}])) == Term.

external(Term) ->
    plain(Term) andalso erlang:crc32(term_to_binary(Term)).

%% Every pair by every comparison, so that the order of mixed terms is seen.
ordering(List) when length(List) < 12 ->
    [[{A < B, A == B, A =:= B, A >= B} || B <- List] || A <- List].

%% More than 32 keys, as a hash trie: what it holds, not its order.
big_map(Keys, Extra) ->
    Map = lists:foldl(fun(K, M) -> M#{K => {K}} end, maps:from_list([{I * 7919, I} || I <- lists:seq(1, 40)]), Keys ++ Extra),
    Smaller = lists:foldl(fun maps:remove/2, Map, Extra),
    {map_size(Map), map_size(Smaller), Map == Smaller, Map < Smaller, lists:sort(maps:to_list(Smaller)), [maps:find(K, Map) || K <- Keys]}.

zipped(Data) ->
    zlib:gunzip(zlib:gzip(Data)) =:= iolist_to_binary(Data).

%% Counters shared by processes: they wrap at 64 bits.
counted(Integers) ->
    Atomics = atomics:new(3, [{signed, true}]),
    Counters = counters:new(2, []),
    [begin
         catch atomics:add(Atomics, 1 + abs(I) rem 4, I),
         catch counters:add(Counters, 1, I)
     end || I <- Integers],
    {[atomics:get(Atomics, I) || I <- [1, 2, 3]], atomics:exchange(Atomics, 1, 7), atomics:compare_exchange(Atomics, 1, 7, -1), counters:get(Counters, 1)}.

kept(Key, Value) ->
    persistent_term:put({?MODULE, Key}, Value),
    Found = persistent_term:get({?MODULE, Key}, none),
    {Found =:= Value, persistent_term:erase({?MODULE, Key}), persistent_term:get({?MODULE, Key}, none)}.

structures(List) ->
    Queue = lists:foldl(fun queue:in/2, queue:new(), List),
    {queue:to_list(queue:reverse(Queue)), gb_sets:to_list(gb_sets:from_list(List)), array:to_list(array:from_list(List)),
     lists:sort(dict:to_list(dict:from_list([{X, 1} || X <- List]))), lists:sort(sets:to_list(sets:from_list(List, [{version, 2}])))}.

printed(Term) ->
    plain(Term) andalso [lists:flatten(io_lib:format(F, A)) || {F, A} <- [{"~w", [Term]}, {"~p", [Term]}, {"~P", [Term, 7]}, {"~tp", [Term]}, {"~0p", [Term]}, {"~20p", [Term]}]].

%% A process that answers requests by a fun of its state until it dies or is told to stop; replies and the reason of its end.
server(Fun, State, Requests) ->
    {Pid, Monitor} = spawn_opt(fun() -> serve(Fun, State) end, [monitor, {min_heap_size, 300}]),
    Replies = [begin
                   Alias = erlang:monitor(process, Pid, [{alias, reply_demonitor}]),
                   Pid ! {Alias, Request},
                   receive {Alias, Reply} -> Reply; {'DOWN', Alias, _, _, _} -> gone end
               end || Request <- Requests],
    exit(Pid, stop),
    receive {'DOWN', Monitor, process, Pid, Reason} -> {Replies, reason(Reason)} end.

serve(Fun, State) ->
    receive
        {Alias, Request} ->
            Next = Fun(Request, State),
            Alias ! {Alias, {State, Next}},
            serve(Fun, Next)
    end.

reason({Reason, [_ | _]}) -> {Reason, at_some_place};
reason(Reason) -> Reason.
