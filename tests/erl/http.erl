%% SPDX-License-Identifier: Apache-2.0
%% httpd and httpc of inets with each other on loopback: files, ranges, headers, scripts in Erlang, bodies, streams, many at once, cookies, errors.
-module(http).
-mode(compile).
-export([main/1]).
-export([echo/3, slow/3]).

main(_) ->
  logger:set_primary_config(level, none),
  {ok, _} = application:ensure_all_started(inets),
  %% This module answers requests, so it must be found by name.
  Root = filename:absname("www"),
  ok = filelib:ensure_dir(filename:join([Root, "sub", "x"])),
  Big = binary:copy(<<"0123456789">>, 100000),
  [ok = file:write_file(filename:join(Root, Name), Data)
   || {Name, Data} <- [{"index.html", "<html>hello</html>"}, {"big.bin", Big}, {"empty", ""}, {"sub/page.txt", "a page"}]],
  {ok, Server} = inets:start(httpd, [{port, 0}, {bind_address, {127, 0, 0, 1}}, {server_name, "localhost"}, {server_root, Root}, {document_root, Root},
                                     {modules, [mod_alias, mod_esi, mod_dir, mod_get, mod_head]}, {directory_index, ["index.html"]},
                                     {alias, {"/other", filename:join(Root, "sub")}}, {erl_script_alias, {"/do", [?MODULE]}},
                                     {mime_types, [{"html", "text/html"}, {"txt", "text/plain"}]}]),
  Port = proplists:get_value(port, httpd:info(Server)),
  Url = "http://127.0.0.1:" ++ integer_to_list(Port),
  files(Url, Big), scripts(Url, Big), streams(Url, Big), many(Url), raw(Port), ends(Server, Url).

show(Label, Value) -> io:format("~s: ~0p~n", [Label, Value]).

header(Name, Headers) -> proplists:get_value(Name, Headers).
fetch(Url) -> fetch(Url, []).
fetch(Url, Headers) ->
  case httpc:request(get, {Url, Headers}, [{timeout, 20000}], [{body_format, binary}]) of
    {ok, {{_, Status, Phrase}, H, Body}} -> {Status, Phrase, header("content-type", H), header("content-length", H), Body};
    {error, Why} -> {error, Why}
  end.

files(Url, Big) ->
  show("index", fetch(Url ++ "/")),
  show("page", fetch(Url ++ "/sub/page.txt")),
  show("alias", fetch(Url ++ "/other/page.txt")),
  show("empty", fetch(Url ++ "/empty")),
  {Status, _, _, Size, Body} = fetch(Url ++ "/big.bin"),
  show("big", {Status, Size, Body =:= Big}),
  show("missing", element(1, fetch(Url ++ "/missing"))),
  show("outside", element(1, fetch(Url ++ "/../../etc/passwd"))),
  {ok, {{Version, 200, _}, H, ""}} = httpc:request(head, {Url ++ "/big.bin", []}, [], []),
  show("head", {Version, header("content-length", H)}),
  {ok, _} = inets:start(httpc, [{profile, unused}]),   % on a connection of its own: the server may be about to close the others, and no put is sent twice
  {ok, {{_, Put, _}, _, _}} = httpc:request(put, {Url ++ "/new", [], "text/plain", "x"}, [], [], unused),
  show("put", Put),
  {ok, {{_, 200, _}, Kept, _}} = httpc:request(get, {Url ++ "/", [{"connection", "close"}]}, [], []),
  show("close", header("connection", Kept)).

%% Called by the server: /do/http:echo?query.
echo(Session, Env, Input) ->
  Method = proplists:get_value(request_method, Env),
  Query = case Method of "GET" -> Input; _ -> integer_to_list(erlang:phash2(iolist_to_binary(Input))) end,
  mod_esi:deliver(Session, "content-type: text/plain\r\nx-method: " ++ Method ++ "\r\n\r\n"),
  mod_esi:deliver(Session, Query),
  mod_esi:deliver(Session, " done").

slow(Session, _, _) ->
  mod_esi:deliver(Session, "content-type: text/plain\r\n\r\n"),
  [begin mod_esi:deliver(Session, "part " ++ integer_to_list(I) ++ ";"), timer:sleep(20) end || I <- lists:seq(1, 5)].

scripts(Url, Big) ->
  show("query", fetch(Url ++ "/do/http:echo?a=1&b=%20")),
  {ok, {{_, 200, _}, H, Body}} = httpc:request(post, {Url ++ "/do/http:echo", [], "application/octet-stream", Big}, [], []),
  show("posted", {header("x-method", H), Body =:= integer_to_list(erlang:phash2(Big)) ++ " done"}),
  {ok, {{_, 200, _}, _, Chunked}} = httpc:request(post, {Url ++ "/do/http:echo", [], "text/plain",
                                                       {chunkify, fun(0) -> eof; (N) -> {ok, [<<"chunk ">>, integer_to_list(N)], N - 1} end, 5}}, [], []),
  show("chunks", Chunked =:= integer_to_list(erlang:phash2(<<"chunk 5chunk 4chunk 3chunk 2chunk 1">>)) ++ " done"),
  show("parts", element(5, fetch(Url ++ "/do/http:slow"))),
  show("no such script", element(1, fetch(Url ++ "/do/http:nothing"))).

streams(Url, Big) ->
  {ok, Id} = httpc:request(get, {Url ++ "/big.bin", []}, [], [{sync, false}, {stream, self}]),
  show("streamed", stream(Id, <<>>) =:= Big),
  {ok, saved_to_file} = httpc:request(get, {Url ++ "/big.bin", []}, [], [{stream, "saved"}]),
  show("saved", file:read_file("saved") =:= {ok, Big}),
  {ok, Id2} = httpc:request(get, {Url ++ "/do/http:slow", []}, [], [{sync, false}]),
  ok = httpc:cancel_request(Id2),
  show("cancelled", receive {http, {Id2, _}} -> answered after 300 -> nothing end).

stream(Id, Data) ->
  receive
    {http, {Id, stream_start, _}} -> stream(Id, Data);
    {http, {Id, stream, Part}} -> stream(Id, <<Data/binary, Part/binary>>);
    {http, {Id, stream_end, _}} -> Data
  after 20000 -> timeout
  end.

many(Url) ->
  Me = self(),
  Pids = [spawn(fun() -> Me ! {self(), [element(1, fetch(Url ++ Path)) || _ <- lists:seq(1, 5), Path <- ["/", "/do/http:echo?x", "/nothing"]]} end) || _ <- lists:seq(1, 10)],
  show("many", [S || S <- lists:usort(lists:append([receive {P, Ss} -> Ss after 60000 -> [timeout] end || P <- Pids]))]).

%% What httpc would not send.
raw(Port) ->
  [begin
     {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
     ok = gen_tcp:send(S, Text),
     Answer = case gen_tcp:recv(S, 0, 20000) of {ok, <<"HTTP/1.", Version, " ", Status:3/binary, _/binary>>} -> {Version - $0, Status}; Other -> Other end,
     show(Label, Answer),
     gen_tcp:close(S)
   end || {Label, Text} <- [{"old", "GET / HTTP/1.0\r\n\r\n"}, {"no host", "GET / HTTP/1.1\r\n\r\n"}, {"no such method", "BREW / HTTP/1.1\r\nhost: a\r\n\r\n"}, {"bad length", "POST /do/http:echo HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"}]].

ends(Server, Url) ->
  ok = inets:stop(httpd, Server),
  show("stopped", element(1, httpc:request(Url ++ "/"))),
  show("nonsense", httpc:request("nonsense")),
  show("no scheme", httpc:request("gopher://127.0.0.1/")).
