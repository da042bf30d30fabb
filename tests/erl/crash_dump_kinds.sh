# SPDX-License-Identifier: Apache-2.0
# What asks for a crash dump, what limits it, and what the release's crashdump_viewer makes of all its parts.
show() { grep -v '^$' out | tr -d '\r'; }
dump_of() { rm -f dump; "$@" >out 2>&1; echo "status $?"; }
ERL_CRASH_DUMP=dump; export ERL_CRASH_DUMP

echo "SIGUSR1"; rm -f ready dump
erl -noinput -eval '
    register(seen, self()), put(key, {a, value}), self() ! {a, message},
    ets:new(seen_table, [named_table]), ets:insert(seen_table, {1, one}), ets:new(seen_order, [named_table, ordered_set]),
    P = open_port({spawn, "cat"}, []), register(seen_port, P),
    spawn(fun() -> monitor(process, seen), receive never -> ok end end),
    persistent_term:put(seen, {term}),
    file:write_file("ready", ""), receive never -> ok end.' >out 2>&1 &
vm=$!
n=0; while [ ! -f ready ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
sleep 0.3; kill -USR1 $vm; wait $vm; echo "status $?"; show
sed -n '3p;$p' dump
cp dump dump.usr1

echo "the end of init"; dump_of erl -noinput -eval 'exit(whereis(init), kill).'; show; sed -n 3p dump
for bytes in 0 1000 30000 lots -5; do
    echo "ERL_CRASH_DUMP_BYTES=$bytes"
    ERL_CRASH_DUMP_BYTES=$bytes dump_of erl -noinput -eval 'erlang:halt("the slogan").'
    case $bytes in 1000 | 30000) wc -c <dump; tail -1 dump;; 0) ls dump 2>/dev/null;; *) tail -1 dump;; esac
done
for seconds in 0 -1 30; do
    echo "ERL_CRASH_DUMP_SECONDS=$seconds"
    ERL_CRASH_DUMP_SECONDS=$seconds dump_of erl -noinput -eval 'erlang:halt("the slogan").'
    ls dump 2>/dev/null
done
echo "threads and libraries"
dump_of erl +A 3 -noinput -eval 'code:ensure_loaded(crypto), code:ensure_loaded(asn1rt_nif), erlang:halt("the slogan").'; grep -o 'async-threads:[0-9]*\|^Taints.*' dump
echo "+d"; dump_of erl +d -noinput -eval 'erlang:halt("the slogan").'; ls dump
echo "os:putenv"; dump_of erl -noinput -eval 'os:putenv("ERL_CRASH_DUMP", "other"), erlang:halt("the slogan").'; ls dump other 2>/dev/null
echo "nowhere"; ERL_CRASH_DUMP=nowhere/dump dump_of erl -noinput -eval 'erlang:halt("the slogan").'; show
echo "a number"; dump_of erl -noinput -eval 'erlang:halt(3).'; ls dump 2>/dev/null
echo "abort is no dump: status only"; dump_of erl -noinput -eval 'erlang:halt("the slogan", [{flush, false}]).'; show

unset ERL_CRASH_DUMP
cat >reader.erl <<'EOR'
-module(reader).
-export([main/0]).
-include_lib("observer/src/crashdump_viewer.hrl").
main() ->
    {ok, _} = crashdump_viewer:start_link(),
    register(cdv_progress_handler, self()),
    ok = crashdump_viewer:read_file(filename:absname("dump.usr1")),
    done = wait(),
    {ok, G, _} = crashdump_viewer:general_info(),
    show(general, [G#general_info.slogan, is_list(G#general_info.created), G#general_info.node_name,
        lists:all(fun(X) -> X > 0 end, [list_to_integer(X) || X <- [G#general_info.num_atoms, G#general_info.num_procs, G#general_info.num_ets]])]),
    {ok, Ps, _} = crashdump_viewer:processes(),
    [P] = [X || X <- Ps, X#proc.name =:= "seen"],
    show(process, [P#proc.state, P#proc.msg_q_len]),
    {ok, D, _} = crashdump_viewer:proc_details(pid_to_list(P#proc.pid)),
    show(details, [D#proc.name, D#proc.init_func, plain(D#proc.msg_q), lists:keyfind(key, 1, plain(D#proc.dict)), length(D#proc.links) > 0, D#proc.monitors =/= [],
        is_list(D#proc.int_state), D#proc.bin_vheap =/= undefined, D#proc.memory > 0, D#proc.reds > 0, D#proc.stack_heap > 0]),
    {ok, Ports, _} = crashdump_viewer:ports(),
    show(ports, lists:usort([{X#port.controls, X#port.name} || X <- Ports, X#port.name =:= "seen_port"])),
    {ok, Ts, _} = crashdump_viewer:ets_tables(all),
    show(tables, lists:sort([{X#ets_table.name, X#ets_table.data_type, element(2, X#ets_table.size =:= unused orelse {size, X#ets_table.size})} || X <- Ts, lists:prefix("seen", X#ets_table.name)])),
    {ok, Ms, _} = crashdump_viewer:loaded_modules(),
    show(modules, [length(Ms) > 10, [X#loaded_mod.mod || X <- Ms, X#loaded_mod.mod =:= "lists"]]),
    {ok, M, _} = crashdump_viewer:memory(),
    show(memory, lists:sort([K || {K, V} <- M, V > 0, K =/= maximum])),
    {ok, Hs, _} = crashdump_viewer:hash_tables(),
    show(hash_tables, [X#hash_table.name || X <- Hs, X#hash_table.name =:= "process_reg"]),
    {ok, Is, _} = crashdump_viewer:index_tables(),
    show(index_tables, lists:usort([X#index_table.name || X <- Is])),
    {ok, Ss, _} = crashdump_viewer:schedulers(),
    show(schedulers, length(Ss) > 0),
    {ok, As, _} = crashdump_viewer:atoms(),
    show(atoms, [length(As) > 1000]),
    {ok, N, _} = crashdump_viewer:dist_info(),
    show(nodes, N),
    init:stop().
show(What, T) -> io:format("~p: ~0p~n", [What, T]).
plain(['#CDVPid' | _]) -> pid;
plain([H | T]) -> [plain(H) | plain(T)];
plain(T) when is_tuple(T) -> list_to_tuple([plain(E) || E <- tuple_to_list(T)]);
plain(T) -> T.
wait() -> receive {progress, {ok, done}} -> done; {progress, {error, R}} -> {error, R}; {progress, _} -> wait() after 30000 -> timeout end.
EOR
erlc reader.erl && erl -noshell -s reader main
