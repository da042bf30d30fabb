%% SPDX-License-Identifier: Apache-2.0
%% Yaws embedded, with a page that holds code: main(Directory, Port).
-module(yaws_pages).
-export([main/1]).

main([Directory, Port]) ->
    {ok, _} = application:ensure_all_started(inets),
    ok = file:write_file(filename:join(Directory, "sum.yaws"),
                         "<html><erl>\nout(Arg) -> {ok, X} = yaws_api:queryvar(Arg, \"x\"), {ehtml, {p, [], io_lib:format(\"sum ~p of ~s\", [lists:sum(lists:seq(1, list_to_integer(X))), X])}}.\n</erl></html>\n"),
    error_logger:tty(false),
    ok = yaws:start_embedded(Directory, [{port, list_to_integer(Port)}, {servername, "localhost"}, {listen, {127, 0, 0, 1}}], [{logdir, Directory}, {id, "pages"}], "pages"),
    Address = "http://127.0.0.1:" ++ Port ++ "/",
    Bodies = [begin {ok, {{_, 200, _}, _, Body}} = httpc:request(Address ++ "sum.yaws?x=" ++ integer_to_list(I)), Body end || I <- lists:seq(1, 300)],
    {ok, {{_, Missing, _}, _, _}} = httpc:request(Address ++ "none"),
    io:format("~s~p pages, the last: ~s~n", [integer_to_list(Missing) ++ " for none, ", length(Bodies), lists:last(Bodies)]),
    halt().
