%% SPDX-License-Identifier: Apache-2.0
%% erlang:spawn_request with options that are none: an answer says so, if answers of that kind are wanted; only what is no list raises.
-module(spawn_requests).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    F = fun() -> ok end,
    [io:format("~w: ~w~n", [Options, told(fun() -> spawn_request(F, Options) end)]) || Options <- options()],
    [io:format("~w ~w: ~w~n", [Node, Options, told(fun() -> spawn_request(Node, F, Options) end)]) || Node <- [node(), a@b, 1], Options <- options()],
    [io:format("~w ~w: ~w~n", [Args, Options, told(fun() -> spawn_request(lists, sort, Args, Options) end)]) || Args <- [[[]], [a | b], x], Options <- options()],
    [io:format("~w ~w ~w: ~w~n", [M, Name, Options, told(fun() -> spawn_request(M, Name, [], Options) end)]) || M <- [lists, 1], Name <- [x, 1], Options <- [[{reply, no}], [bad]]],
    halt().

told(Request) ->
    case catch Request() of
        {'EXIT', {Reason, _}} -> Reason;
        Reference ->
            receive
                {Tag, Reference, ok, Pid} when is_pid(Pid) -> {Tag, ok};
                {Tag, Reference, error, Reason} -> {Tag, Reason}
            after 50 -> nothing
            end
    end.

options() ->
    [[], [monitors, links, {reply_tag, {test, 1}}], [{reply, yes}, bad], [{reply, success_only}, bad], [{reply, error_only}, bad], [{reply, no}, bad], [{reply, nahh}],
     [bad, {reply, no}], [bad, {reply_tag, x}], [{reply_tag, x}, bad], x, [a | b], [link | b], [link, {priority, x}], [{priority, x}, {reply, no}], [{monitor, x}],
     [{monitor, []}], [{monitor, [{tag, t}]}], [{reply_tag, {a}}], [monitor, {min_heap_size, -1}], [{x, y, z}], [{reply, no}, {reply, yes}], [{reply, no} | x]].
