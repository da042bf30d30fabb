# SIGTERM asks init for an orderly stop; SIGUSR1 and others as programs set them; kill -9 is the shell's to tell.
exec 2>/dev/null
plain() { sed "s,[0-9]*-[A-Z][a-z]*-[0-9]*::[0-9:.]*,TIME,"; }
wait_for() { for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40; do [ -e "$1" ] && return; sleep 0.25; done; echo "no $1"; }
erl -noinput -noshell -eval 'file:write_file("ready1", "x"), receive after infinity -> ok end.' >out1 & pid=$!
wait_for ready1; kill -TERM $pid; wait $pid; echo "sigterm: status $?"; plain <out1
cat > h.erl <<'E'
-module(h).
-behaviour(gen_event).
-export([init/1, handle_event/2, handle_call/2, start/0]).
start() ->
    ok = gen_event:swap_handler(erl_signal_server, {erl_signal_handler, []}, {?MODULE, []}),
    [ok = os:set_signal(S, handle) || S <- [sighup, sigusr2, sigterm]],
    file:write_file("ready2", "x").
init(_) -> {ok, []}.
handle_event(sigterm, S) -> io:format("~p~n", [lists:reverse([sigterm | S])]), halt(5);
handle_event(E, S) -> file:write_file(atom_to_list(E), "x"), {ok, [E | S]}.
handle_call(_, S) -> {ok, ok, S}.
E
erlc h.erl
erl -noinput -noshell -s h & pid=$!
wait_for ready2; kill -HUP $pid; wait_for sighup; kill -USR2 $pid; wait_for sigusr2; kill -TERM $pid; wait $pid; echo "status $?"
erl -noinput -noshell -eval 'os:set_signal(sigterm, ignore), file:write_file("ready3", "x"), timer:sleep(700), halt(4).' & pid=$!
wait_for ready3; kill -TERM $pid; wait $pid; echo "ignored: status $?"
erl -noinput -noshell -eval 'file:write_file("ready4", "x"), receive after infinity -> ok end.' & pid=$!
wait_for ready4; kill -KILL $pid; wait $pid; echo "sigkill: status $?"
