%% SPDX-License-Identifier: Apache-2.0
%% Each part of the NIF interface, with a library compiled for the occasion.
-module(probe).
-export([main/1, look/1, thing/0, watch/2, unwatch/1, await_input/2, feed/1, stop/1, steps/2, cpu_thread/0, io_thread/0, own_thread/0, fail/1, dirty_fail/1,
         threads/0, queue/1, text/1, round_trip/1, tell_pid/2, dirty_cpu_tell/2, dirty_io_tell/2, consume/1, not_there/0]).

main([Path]) ->
    p("no file", strip(erlang:load_nif("/nowhere/at_all", 101))),
    p("no path", catch erlang:load_nif(17, 101)),
    p("before", catch look(1)),
    p("vetoed", erlang:load_nif(Path, 0)),
    p("loaded", erlang:load_nif(Path, 101)),
    p("again", erlang:load_nif(Path, 101)),
    p("nifs", length(proplists:get_value(nifs, [{nifs, ?MODULE:module_info(nifs)}]))),
    terms(),
    things(),
    p("dirty", {own_thread(), cpu_thread(), io_thread()}),
    p("steps", steps(6, [])),
    p("steps that fail", catch_all(fun() -> steps(not_a_number, []) end)),
    p("fails later", catch_all(fun() -> steps(3, improper) end)),
    p("fails", [catch_all(fun() -> F(X) end) || F <- [fun fail/1, fun dirty_fail/1], X <- [[], {reason, "text"}]]),
    p("threads", threads()),
    p("told", [receive {thread, T} -> T after 5000 -> none end || _ <- [1, 2]]),
    p("queue", queue([<<"abc">>, <<>>, binary:copy(<<"0123456789">>, 20)])),
    p("queue of no binaries", catch_all(fun() -> queue([<<"abc">>, 1]) end)),
    p("text", text({a, "b", [1.5, <<"c">>], #{k => v}})),
    p("traced sends", [traced(Tell) || Tell <- [fun tell_pid/2, fun dirty_cpu_tell/2, fun dirty_io_tell/2]]),
    p("slices", slices()),
    p("round trip", round_trip({a, [1, 2 | c], <<1:3>>, 1.0e10, 1 bsl 100})),
    ok.

%% What a tracer hears of a message that a NIF sends: it is scheduled in and out for a dirty one.
traced(Tell) ->
    Self = self(),
    Pid = spawn_link(fun() -> receive go -> ok end, 1 = Tell(Self, {told, [1, 2.5]}), Self ! called, receive stop -> ok end end),
    1 = erlang:trace(Pid, true, [send, running]),
    Pid ! go,
    Told = receive {told, _} = T -> T after 5000 -> none end,
    receive called -> ok end,
    Delivered = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, Delivered} -> ok end,
    erlang:trace(Pid, false, [all]),
    Pid ! stop,
    {Told, events(Pid)}.

events(Pid) ->
    receive
        {trace, Pid, send, called, _} -> events(Pid);
        {trace, Pid, send, What, _} -> [{send, What} | events(Pid)];
        {trace, Pid, What, {?MODULE, F, _} = Where} when F =:= dirty_cpu_tell; F =:= dirty_io_tell -> [{What, Where} | events(Pid)];
        {trace, Pid, What, {erts_internal, _, _} = Where} -> [{What, Where} | events(Pid)];
        {trace, Pid, _, _} -> events(Pid)
    after 0 -> []
    end.

%% A slice is consumed whole at most.
slices() ->
    Self = self(),
    spawn_link(fun() ->
                       erlang:yield(),
                       {reductions, Before} = process_info(self(), reductions),
                       Ends = [consume(P) || P <- [100, 90, 100, 100]],
                       {reductions, After} = process_info(self(), reductions),
                       Self ! {slices, {lists:nthtail(2, Ends), abs(After - Before - 12000) < 500}}
               end),
    receive {slices, S} -> S after 5000 -> none end.

terms() ->
    Terms = [a, '', 'ÅÄÖ', 'Ω', 0, -1, 1 bsl 31, -(1 bsl 63), 1 bsl 63, 1.5, <<>>, <<"abc">>, binary:copy(<<7>>, 100), <<1:3>>, {}, {1, a}, [], [1, 2, 3], [1 | 2], #{},
             #{a => 1, b => 2}, fun lists:map/2],
    [p("look", look(T)) || T <- Terms],
    <<_:3, Odd/bitstring>> = <<3:3, "inside a byte">>,
    p("odd", look(Odd)),
    {map, _, Large} = look(maps:from_list([{N, -N} || N <- lists:seq(1, 100)])),
    p("large", Large =:= maps:from_list([{-N, N} || N <- lists:seq(1, 100)])),
    p("kinds", [element(2, look(T)) || T <- [self(), make_ref(), fun() -> ok end]]).

things() ->
    Self = self(),
    spawn_link(fun() -> things_do(), Self ! done end),
    receive done -> ok end.

things_do() ->
    {Thing, 0, View} = thing(),
    p("thing", {is_reference(Thing), View, byte_size(View)}),
    p("kept by a term", binary_to_term(term_to_binary(Thing)) =:= Thing),
    Pid = spawn(fun() -> receive stop -> ok end end),
    p("watch", watch(Thing, Pid)),
    Pid ! stop,
    p("down", flush()),
    p("watch what is gone", watch(Thing, Pid)),
    Other = spawn(fun() -> receive stop -> ok end end),
    p("watch and not", {watch(Thing, Other), unwatch(Thing), unwatch(Thing)}),
    p("not watched", process_info(Other, monitored_by)),
    Other ! stop,
    p("await", await_input(Thing, undefined)),
    p("nothing yet", receive M -> M after 50 -> none end),
    p("feed", feed(Thing)),
    p("select", receive {select, R, undefined, ready_input} -> R =:= Thing after 5000 -> none end),
    p("stop", stop(Thing)),
    p("stopped", flush()),
    p("no thing", catch_all(fun() -> stop(make_ref()) end)),
    p("use", is_reference(Thing)),
    p("rest", wait_for_end()).

wait_for_end() ->
    garbage_collect(),
    flush().

flush() -> receive M -> M after 5000 -> none end.
strip({error, {Reason, Text}}) -> {error, {Reason, Text}}.
catch_all(F) ->
    try F() catch C:R:S -> [{M, N, A, _} | _] = S, {C, R, {M, N, A}} end.
p(What, Value) -> io:format("~ts: ~tp~n", [What, Value]).

look(_) -> erlang:nif_error(not_loaded).
thing() -> erlang:nif_error(not_loaded).
watch(_, _) -> erlang:nif_error(not_loaded).
unwatch(_) -> erlang:nif_error(not_loaded).
await_input(_, _) -> erlang:nif_error(not_loaded).
feed(_) -> erlang:nif_error(not_loaded).
stop(_) -> erlang:nif_error(not_loaded).
steps(_, _) -> erlang:nif_error(not_loaded).
cpu_thread() -> erlang:nif_error(not_loaded).
io_thread() -> erlang:nif_error(not_loaded).
own_thread() -> erlang:nif_error(not_loaded).
fail(_) -> erlang:nif_error(not_loaded).
dirty_fail(_) -> erlang:nif_error(not_loaded).
threads() -> erlang:nif_error(not_loaded).
queue(_) -> erlang:nif_error(not_loaded).
text(_) -> erlang:nif_error(not_loaded).
round_trip(_) -> erlang:nif_error(not_loaded).
tell_pid(_, _) -> erlang:nif_error(not_loaded).
dirty_cpu_tell(_, _) -> erlang:nif_error(not_loaded).
dirty_io_tell(_, _) -> erlang:nif_error(not_loaded).
consume(_) -> erlang:nif_error(not_loaded).
not_there() -> erlang:nif_error(not_loaded).
