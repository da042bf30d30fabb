%% SPDX-License-Identifier: Apache-2.0
%% Loads hostile modules and calls what they export. Good is whatever leaves the machine alive. Before each module its name goes to a
%% file, so that who started us knows which one ended it.
%%
%%   erl -noshell -pa EBIN -run runner main NOTE FILE.beam…
-module(runner).
-export([main/1]).

main([Note | Files]) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    Results = [begin ok = file:write_file(Note, F), run(F) end || F <- Files],
    io:format("~p modules, ~p loaded~n", [length(Results), length([ok || loaded <- Results])]),
    halt(0).

run(File) ->
    {ok, Code} = file:read_file(File),
    case beam_lib:info(Code) of
        Info when is_list(Info) -> load(proplists:get_value(module, Info), Code);
        _ -> load(none, Code)
    end.

load(Module, Code) ->
    case code:load_binary(Module, "hostile", Code) of
        {module, Module} ->
            _ = [call(Module, F, A, N) || {F, A} <- erlang:get_module_info(Module, exports), F =/= module_info, N <- lists:seq(1, 4)],
            _ = (catch erlang:delete_module(Module)),
            code:purge(Module),
            loaded;
        {error, _} -> refused
    end.

%% In a process of its own, with messages waiting; it ends, or is ended.
call(Module, F, A, N) ->
    Arguments = [value(N + 7 * I + erlang:phash2({F, A})) || I <- lists:seq(1, A)],
    {Pid, Ref} = spawn_opt(fun() ->
        _ = [self() ! value(M) || M <- lists:seq(1, 8)],
        garbage_collect(),
        R = (catch apply(Module, F, Arguments)),
        garbage_collect(),
        erlang:phash2(R)
    end, [monitor, {max_heap_size, #{size => 200000, kill => true, error_logger => false}}]),
    receive {'DOWN', Ref, process, Pid, _} -> ok
    after 40 ->
        catch erlang:process_info(Pid, [current_stacktrace, messages, dictionary, binary]),
        exit(Pid, kill),
        receive {'DOWN', Ref, process, Pid, _} -> ok end
    end,
    flush().

flush() -> receive _ -> flush() after 0 -> ok end.

value(N) -> element(1 + N rem 24, {
    0, -1, 1 bsl 70, 1.5, atom, [], [1, 2, 3], [a | b], {}, {a, 1}, {1, 2, 3, 4}, <<>>, <<"short">>, binary:copy(<<"long ">>, 40),
    binary:part(binary:copy(<<"part ">>, 40), 3, 150), <<5:3>>, #{}, #{a => 1, b => {2}}, maps:from_list([{I, I} || I <- lists:seq(1, 50)]),
    fun() -> ok end, fun(X) -> [X] end, fun lists:reverse/1, self(), "a list of characters"}).
