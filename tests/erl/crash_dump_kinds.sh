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
-import(viewer_record, [field/2]).
main() ->
    {ok, _} = crashdump_viewer:start_link(),
    register(cdv_progress_handler, self()),
    ok = crashdump_viewer:read_file(filename:absname("dump.usr1")),
    done = wait(),
    {ok, G, _} = crashdump_viewer:general_info(),
    show(general, [field(G, slogan), is_list(field(G, created)), field(G, node_name),
        lists:all(fun(X) -> X > 0 end, [list_to_integer(X) || X <- [field(G, num_atoms), field(G, num_procs), field(G, num_ets)]])]),
    {ok, Ps, _} = crashdump_viewer:processes(),
    [P] = [X || X <- Ps, field(X, name) =:= "seen"],
    show(process, [field(P, state), field(P, msg_q_len)]),
    {ok, D, _} = crashdump_viewer:proc_details(pid_to_list(field(P, pid))),
    show(details, [field(D, name), field(D, init_func), plain(field(D, msg_q)), lists:keyfind(key, 1, plain(field(D, dict))), length(field(D, links)) > 0, field(D, monitors) =/= [],
        is_list(field(D, int_state)), field(D, bin_vheap) =/= undefined, field(D, memory) > 0, field(D, reds) > 0, field(D, stack_heap) > 0]),
    {ok, Ports, _} = crashdump_viewer:ports(),
    show(ports, lists:usort([{field(X, controls), field(X, name)} || X <- Ports, field(X, name) =:= "seen_port"])),
    {ok, Ts, _} = crashdump_viewer:ets_tables(all),
    show(tables, lists:sort([{field(X, name), field(X, data_type), element(2, field(X, size) =:= unused orelse {size, field(X, size)})} || X <- Ts, lists:prefix("seen", field(X, name))])),
    {ok, Ms, _} = crashdump_viewer:loaded_modules(),
    show(modules, [length(Ms) > 10, [field(X, mod) || X <- Ms, field(X, mod) =:= {<<"lists">>, nq}]]),
    {ok, M, _} = crashdump_viewer:memory(),
    show(memory, lists:sort([K || {K, V} <- M, V > 0, K =/= maximum])),
    {ok, Hs, _} = crashdump_viewer:hash_tables(),
    show(hash_tables, [field(X, name) || X <- Hs, field(X, name) =:= "process_reg"]),
    {ok, Is, _} = crashdump_viewer:index_tables(),
    show(index_tables, lists:usort([field(X, name) || X <- Is])),
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
erlc "$(dirname "$0")/../hostile/viewer_record.erl" reader.erl && erl -noshell -s reader main
