%% SPDX-License-Identifier: Apache-2.0
%% What a driver in a library sees and answers. Prints one line a question.
-module(probe).
-export([main/1, halting/2]).

main(Dir) ->
    logger:set_primary_config(level, none),
    ddll(Dir),
    [driver(Dir, Name) || Name <- ["probe_drv", "probe_port_drv"]],
    vectors(Dir),
    unloading(Dir),
    permanent(Dir).

show(What, Value) -> io:format("~ts: ~p~n", [What, Value]).

%% The machine ends with ports open.
halting(Dir, How) ->
    ok = erl_ddll:load(Dir, "probe_port_drv"),
    port_command(open_port({spawn, "probe_port_drv loud"}, []), "Qed"),
    open_port({spawn, "probe_port_drv loud"}, []),
    halt(0, How).

%% So many messages.
heard(_, 0) -> [];
heard(Port, Count) ->
    receive
        {Port, {data, D}} -> [{data, D} | heard(Port, Count - 1)];
        {P, {data, D}} when is_port(P) -> [{other, data, D} | heard(Port, Count - 1)];
        {'EXIT', Port, Reason} -> [{exit, Reason} | heard(Port, Count - 1)];
        {'EXIT', P, Reason} when is_port(P) -> [{other, exit, Reason} | heard(Port, Count - 1)];
        {Port, What} -> [What | heard(Port, Count - 1)];
        {from_thread, Port} -> [from_thread | heard(Port, Count - 1)];
        {'DOWN', _, driver, Name, Why} -> [{down, Name, Why} | heard(Port, Count - 1)];
        {'UP', _, driver, Name, Why} -> [{up, Name, Why} | heard(Port, Count - 1)];
        Other -> [Other | heard(Port, Count - 1)]
    after 10000 -> [silence]
    end.

failure(F) -> try F() catch Class:Reason -> {Class, Reason} end.

ddll(Dir) ->
    {ok, Before} = erl_ddll:loaded_drivers(),
    show("probe among the loaded", lists:member("probe_drv", Before)),
    show("missing", erl_ddll:load(Dir, "no_such_drv")),
    {error, Error} = erl_ddll:load(Dir, "no_such_drv"),
    show("in words", erl_ddll:format_error(Error)),
    show("no init", erl_ddll:load(Dir, "plain")),
    show("another name", erl_ddll:load(Dir, "misnamed")),
    show("linked in", erl_ddll:load(Dir, "tcp_inet")),
    show("load", erl_ddll:load(Dir, "probe_drv")),
    show("and again", erl_ddll:try_load(Dir, probe_drv, [])),
    show("inconsistent", erl_ddll:try_load(Dir, probe_drv, [{driver_options, [kill_ports]}])),
    show("info", [erl_ddll:info(probe_drv, I) || I <- [driver_options, port_count, linked_in_driver, permanent, awaiting_load, awaiting_unload]]),
    Self = self(),
    [{Self, Loads}] = erl_ddll:info(probe_drv, processes),
    show("loads", Loads),
    show("bad item", failure(fun() -> erl_ddll:info(probe_drv, what) end)),
    show("bad driver", failure(fun() -> erl_ddll:info(nobody, processes) end)),
    show("bad options", [failure(fun() -> erl_ddll:try_load(Dir, probe_drv, O) end) || O <- [[x], [{monitor, x}], [{driver_options, [x]}], x]]),
    show("unload one", erl_ddll:try_unload(probe_drv, [])),
    show("unload what is not", [erl_ddll:try_unload(N, []) || N <- [nobody, "tty_sl"]]),
    spawn_monitor(fun() -> exit(erl_ddll:try_unload(probe_drv, [])) end),
    receive {'DOWN', _, process, _, What} -> show("unload by another", What) end,
    show("taints", [T || T <- erlang:system_info(taints), T =:= probe_drv]).

driver(Dir, Name) ->
    io:format("--- ~s~n", [Name]),
    process_flag(trap_exit, true),
    ok = erl_ddll:load(Dir, Name),
    show("starts", [failure(fun() -> open_port({spawn, Name ++ " " ++ How}, []) end) || How <- ["general", "badarg", "errno"]]),
    show("exit_status", failure(fun() -> open_port({spawn, Name}, [exit_status]) end)),
    P = open_port({spawn_driver, Name ++ " lives"}, []),
    show("name", erlang:port_info(P, name)),
    show("locking", erlang:port_info(P, locking)),
    show("os_pid", erlang:port_info(P, os_pid)),
    Say = fun(What, Command, Count) -> true = port_command(P, Command), show(What, heard(P, Count)) end,
    Say("echo", "ehello", 1),
    Say("nothing", "e", 1),
    Say("header", ["E", <<"bin">>, [$x | <<"y">>]], 1),
    Say("binary as list", ["b" | lists:duplicate(5, $z)], 3),
    show("bytes", [erlang:port_info(P, I) || I <- [input, output]]),
    Say("timer", "t", 3),
    Say("pipe", "p", 2),
    Say("write", "wmore", 2),
    Say("async", [$a, 12], 2),
    Say("terms", "s", 3),
    Say("wrong terms", "S", 7),
    Say("queue", "queue", 7),
    show("queue size", erlang:port_info(P, queue_size)),
    Say("owner", "o", 1),
    Say("thread", "T", 2),
    Say("port data lock", "l", 3),
    Say("no port", "h", 4),
    show("bad data", failure(fun() -> port_command(P, [300]) end)),
    show("control", erlang:port_control(P, 1, "abc")),
    show("long control", length(erlang:port_control(P, 1, lists:duplicate(1000, $c)))),
    show("binary control", erlang:port_control(P, $B, "abc")),
    show("long binary control", erlang:md5(erlang:port_control(P, $B, lists:duplicate(1000, $c)))),
    show("list control", erlang:port_control(P, $L, <<"abc">>)),
    show("no reply", erlang:port_control(P, $0, [])),
    show("refused control", failure(fun() -> erlang:port_control(P, $x, []) end)),
    show("flags", erlang:port_control(P, $f, [])),
    show("facts", erlang:port_control(P, $i, [])),
    show("errors", erlang:port_control(P, $e, [])),
    show("environment", {erlang:port_control(P, $u, "PROBE_VARIABLE=value" ++ [0]), os:getenv("PROBE_VARIABLE")}),
    show("queue limits", erlang:port_control(P, $k, [])),
    show("time", erlang:port_control(P, $T, [])),
    show("call", erlang:port_call(P, 3, {a, [b], <<"c">>})),
    show("long call", length(erlang:port_call(P, 3, lists:seq(1, 1000)))),
    show("kept answer", erlang:port_call(P, 2, x)),
    show("refused call", failure(fun() -> erlang:port_call(P, 1, x) end)),
    {Pid, Ref} = spawn_monitor(fun() ->
        show("monitor", erlang:port_control(P, $m, [])),
        show("monitors", [M || {monitors, L} <- [erlang:port_info(P, monitors)], {M, W} <- L, W =:= self()]),
        show("demonitor", erlang:port_control(P, $M, [])),
        show("monitor again", erlang:port_control(P, $m, [])) end),
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    show("watched process", heard(P, 1)),
    %% With a lock of the driver's own the stock VM waits for itself here.
    Name =:= "probe_port_drv" andalso Say("new port", "c", 1),
    [erlang:port_close(O) || O <- erlang:ports(), erlang:port_info(O, name) =:= {name, "made"}],
    Name =:= "probe_port_drv" andalso show("closed", heard(P, 2)),
    busy(P, Name),
    show("port count", erl_ddll:info(Name, port_count)),
    ends(Name),
    P ! {self(), close},
    show("close", heard(P, 2)),
    B = open_port({spawn, Name}, [binary]),
    [begin port_command(B, C), show("binary port", heard(B, N)) end || {C, N} <- [{"ebytes", 1}, {"Ebytes", 1}, {["b", lists:duplicate(100, $l)], 3}, {"e", 1}, {"queue", 7}]],
    show("flags", erlang:port_control(B, $f, [])),
    show("close and flush", {erlang:port_close(B), heard(B, 1)}),
    L = open_port({spawn, Name}, [{line, 5}]),
    [begin port_command(L, C), show("line port", heard(L, N)) end || {C, N} <- [{"eab\ncd", 1}, {"eefghijk\n", 2}, {"erest", 0}, {"z", 3}]],
    E = open_port({spawn, Name}, [eof]),
    port_command(E, "z"),
    show("eof", {heard(E, 1), erlang:port_info(E, connected) =/= undefined}),
    erlang:port_close(E),
    show("close", heard(E, 2)).

busy(P, Name) ->
    port_command(P, "B"),
    show("busy", [failure(fun() -> port_command(P, "eno", [nosuspend]) end), failure(fun() -> port_command(P, "eforced", [force]) end)]),
    Self = self(),
    Sender = spawn_link(fun() -> P ! {Self, {command, "ewaited"}}, Self ! sent, receive after infinity -> ok end end),
    timer:sleep(50),
    show("while " ++ Name ++ " is busy", heard(P, case Name of "probe_drv" -> 0; _ -> 1 end)),
    erlang:port_control(P, $N, []),
    show("then", lists:sort(heard(P, 2))),
    unlink(Sender),
    exit(Sender, kill).

ends(Name) ->
    [begin
         P = open_port({spawn, Name}, []),
         port_command(P, [Command]),
         show([$e, $n, $d, $ , Command], {heard(P, N), erlang:port_info(P)})
     end || {Command, N} <- [{$f, 2}, {$F, 2}, {$n, 2}, {$z, 2}, {$x, 1}, {$X, 1}]],
    P = open_port({spawn, Name}, []),
    port_command(P, "Qed"),
    exit(P, kill),
    show("killed with a queue", heard(P, 2)),
    Q = open_port({spawn, Name}, []),
    port_command(Q, "Qed"),
    Q ! {self(), close},
    show("closed with a queue", heard(Q, 2)).

vectors(Dir) ->
    io:format("--- outputv~n"),
    ok = erl_ddll:load(Dir, "probe_vector_drv"),
    P = open_port({spawn, "probe_vector_drv"}, [binary]),
    Large = binary:copy(<<"large">>, 100),
    [begin port_command(P, C), show("vector", heard(P, N)) end
     || {C, N} <- [{[], 2}, {"ehello", 3}, {["v", "ab", <<"cd">>], 3}, {["v", Large, "x", Large, [<<"y">> | <<"z">>]], 3}, {[<<"v">>, binary:part(Large, 3, 300)], 3}]],
    show("no iodata", [failure(fun() -> port_command(P, D) end) || D <- [[256], [-1], x, [<<1:1>>], ["a" | b]]]),
    erlang:port_close(P),
    show("close", heard(P, 2)),
    ok = erl_ddll:unload("probe_vector_drv").

unloading(Dir) ->
    io:format("--- unloading~n"),
    show("one load left", erl_ddll:try_unload(probe_drv, [])),
    show("in use", begin P = open_port({spawn, "probe_drv"}, []), element(2, erl_ddll:try_unload(probe_drv, [{monitor, pending}])) end),
    show("a second time", {erl_ddll:try_load(Dir, probe_drv, []), heard(P, 1)}),
    show("reload", element(2, erl_ddll:try_load(Dir, probe_drv, [{reload, pending_driver}, {monitor, pending_driver}]))),
    erl_ddll:monitor(driver, {probe_drv, loaded}),
    show("waiting", {length(erl_ddll:info(probe_drv, awaiting_load)), erl_ddll:try_load(Dir, probe_drv, [{reload, pending}])}),
    erlang:port_close(P),
    show("reloaded", heard(P, 4)),
    show("port count", erl_ddll:info(probe_drv, port_count)),
    show("unload", erl_ddll:try_unload(probe_drv, [{monitor, pending}]) =/= x),
    show("gone", heard(none, 1)),
    show("open what is gone", failure(fun() -> open_port({spawn_driver, "probe_drv"}, []) end)),
    show("monitor what is gone", begin erl_ddll:monitor(driver, {probe_drv, unloaded}), heard(none, 1) end),
    {Pid, Ref} = spawn_monitor(fun() ->
        ok = erl_ddll:load_driver(Dir, "probe_drv"),
        Q = open_port({spawn, "probe_drv"}, []),
        erl_ddll:monitor(driver, {"probe_drv", unloaded}),
        show("kill ports", erl_ddll:info("probe_drv", driver_options)),
        process_flag(trap_exit, true),
        show("unload_driver", erl_ddll:unload_driver("probe_drv")),
        show("its port", lists:sort(heard(Q, 3))) end),
    receive {'DOWN', Ref, process, Pid, Why} -> show("user", Why) end,
    {Pid2, Ref2} = spawn_monitor(fun() -> ok = erl_ddll:load(Dir, "probe_drv"), receive go -> ok end end),
    (fun Loaded() -> lists:member("probe_drv", element(2, erl_ddll:loaded_drivers())) orelse begin timer:sleep(10), Loaded() end end)(),
    Monitor = erl_ddll:monitor(driver, {"probe_drv", unloaded}),
    Unwanted = erl_ddll:monitor(driver, {"probe_drv", unloaded}),
    show("demonitor", {is_reference(Unwanted), erl_ddll:demonitor(Unwanted)}),
    Pid2 ! go,
    receive {'DOWN', Ref2, process, Pid2, _} -> ok end,
    receive {'DOWN', Monitor, driver, N, W} -> show("its user has ended", {N, W}) end,
    show("nothing more", process_info(self(), messages)).

permanent(Dir) ->
    io:format("--- permanent~n"),
    ok = erl_ddll:load(Dir, "probe_port_drv"),
    P = open_port({spawn, "probe_port_drv"}, []),
    erl_ddll:monitor(driver, {probe_port_drv, unloaded_only}),
    erlang:port_control(P, $D, []),
    show("told", heard(P, 1)),
    show("info", erl_ddll:info(probe_port_drv)),
    show("load and unload", {erl_ddll:load(Dir, "probe_port_drv"), erl_ddll:unload("probe_port_drv")}).
