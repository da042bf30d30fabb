# SPDX-License-Identifier: Apache-2.0
# Topologies of processors, the order of binding to them, counts of schedulers: by flags and by system_flag/2.
cat > t.erl <<'X'
-module(t).
-export([flags/0, types/0, wrong/0, counts/0, bindings/0]).

show(X) -> io:format("~p~n", [X]).

types() ->
    erts_debug:set_internal_state(available_internal_state, true),
    [show({T, catch erts_debug:get_internal_state({fake_scheduler_bindings, T})})
     || T <- [unbound, no_spread, thread_spread, processor_spread, spread, no_node_thread_spread, no_node_processor_spread,
              thread_no_node_processor_spread, default_bind]].

flags() ->
    [show({K, erlang:system_info(K)}) || K <- [cpu_topology, {cpu_topology, used}, {cpu_topology, detected}, {cpu_topology, defined}]],
    types().

reason(F) -> try F() catch C:R:S -> {C, R, element(2, hd(S))} end.

wrong() ->
    [begin
         Logger = erlang:system_flag(system_logger, self()),
         reason(fun() -> erlang:system_flag(K, x) end),
         erlang:system_flag(system_logger, Logger),
         receive {log, warning, Format, Arguments, _} -> show(lists:flatten(io_lib:format(Format, Arguments))) after 5000 -> show(nothing) end
     end || K <- [cpu_topology, scheduler_bind_type]],
    Flag = fun(K, V) -> show({K, V, reason(fun() -> erlang:system_flag(K, V) end)}) end,
    show(reason(fun() -> erlang:system_info({cpu_topology, other}) end)),
    Flag(scheduler_bind_type, other),
    Flag(internal_cpu_topology, other),
    [Flag(cpu_topology, T)
     || T <- [other, [a], [{core, {logical, 0}}, {core, {logical, 0}}], [{core, {logical, 65536}}], [{core, {logical, -1}}],
              [{processor, [{core, {logical, 0}}]}, {core, {logical, 1}}], [{node, [{node, [{logical, 0}]}]}], [{logical, 0} | x]]],
    Old = erlang:system_info(cpu_topology),
    A = [{node, [{processor, [{core, [{thread, {logical, 4}}, {thread, {logical, 9}}]}, {core, [{thread, {logical, 1}}]}]}]},
         {processor, [{node, [{core, {logical, 2}}]}, {node, [{core, {logical, 3}}]}]}],
    show(Old =:= erlang:system_flag(cpu_topology, A)),
    show(erlang:system_info({cpu_topology, defined})),
    types(),
    show(erlang:system_flag(cpu_topology, [{core, {logical, 1}}, {core, {logical, 0}}])),
    show(erlang:system_info({cpu_topology, used})),
    show(erlang:system_flag(cpu_topology, undefined)),
    show(Old =:= erlang:system_info({cpu_topology, used})),
    show(erlang:system_info({cpu_topology, defined})).

%% Bound to the one processor that the program may use, and free again. A processor that is not there is not bound to.
bindings() ->
    [Any | _] = [I || I <- lists:seq(0, 1023), allowed(I)],
    show(erlang:system_info(scheduler_bind_type)),
    erlang:system_flag(cpu_topology, [{core, {logical, Any}}, {core, {logical, 65535}}]),
    show(erlang:system_flag(scheduler_bind_type, default_bind)),
    show(erlang:system_flag(scheduler_bind_type, spread)),
    await(fun() -> erlang:system_info(scheduler_bindings) =:= {Any, unbound} end),
    show(erlang:system_flag(scheduler_bind_type, unbound)),
    await(fun() -> erlang:system_info(scheduler_bindings) =:= {unbound, unbound} end),
    erlang:system_flag(cpu_topology, undefined),
    show(erlang:system_info(run_queues)).

allowed(I) ->
    {ok, Text} = file:read_file("/proc/self/status"),
    {match, [List]} = re:run(Text, "Cpus_allowed_list:\t(.*)", [{capture, all_but_first, list}]),
    lists:any(fun(Part) ->
                  case [list_to_integer(N) || N <- string:lexemes(Part, "-")] of
                      [N] -> N =:= I;
                      [From, To] -> I >= From andalso I =< To
                  end
              end, string:lexemes(List, ",")).

await(F) -> await(F, 500).
await(F, 0) -> show({never, erlang:system_info(scheduler_bindings), F()});
await(F, N) -> case F() of true -> show(true); false -> receive after 10 -> await(F, N - 1) end end.

counts() ->
    show([erlang:system_info(K) || K <- [schedulers, schedulers_online, dirty_cpu_schedulers, dirty_cpu_schedulers_online, dirty_io_schedulers]]).
X
erlc t.erl || exit 1
run() { erl "$@" -kernel logger_level error -noshell -eval "t:$what(), halt()." 2>&1 | head -40; }
what=flags
for topology in L0-1t0-1c0p0n0:L2-3t0-1c1p0n0:L4-5t0-1c0p1n0:L6-7t0-1c1p1n0:L8-9t0-1c0p2n1:L10-11t0-1c1p2n1:L12-13t0-1c0p3n1:L14-15t0-1c1p3n1 \
    L0-1t0-1c0n0p0:L2-3t0-1c1n0p0:L4-5t0-1c2n1p0:L6-7t0-1c3n1p0:L8-9t0-1c0p1n2:L10-11t0-1c1p1n2:L12-13t0-1c0p2n2:L14-15t0-1c1p2n2 \
    L3,1,2c0-2 L7; do
  run +sct $topology
done
run +ssrct
what=wrong
run
what=bindings
run +S 2:2
what=counts
for counts in "+S 4:3" "+S 4" "+S :1" "+S 8:4 +SP 50:25" "+SP 50:25 +S 8:4" "+S 4:4 +SDcpu 3:2" "+S 4:4 +SDPcpu 50:50" "+S 4:4 +SDcpu 16" "+S 4:4 +SDio 7" "+S 64:64 +S 4:2"; do
  run $counts
done
# What is refused: first lines.
refused() { erl "$@" -noshell -eval 'halt().' 2>&1 | head -1 | tr -d '\r'; }
for topology in L 0 L0- L0-2c0-1 L0c0t0 L0x1 c0 L0,0 L0-1 L0c0p0n0:L1c1p0n1; do
  refused +sct $topology
done
refused +sbt x
refused +stbt x
refused +ssrct +sbt db
for counts in 0:2000 2000 4:5 a; do refused +S $counts; done
refused +S 4:4 +SP a
refused +S 4:4 +SP 50:100
refused +SDio 0
refused +S 4:4 +SDcpu 2:3
