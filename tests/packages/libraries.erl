%% SPDX-License-Identifier: Apache-2.0
%% One small use of each library: main(Directory) prints what came of it, the same on every VM.
-module(libraries).
-export([main/1]).

main([Directory]) ->
    [report(Name, Use) || {Name, Use} <- uses(Directory)],
    halt().

report(Name, Use) ->
    Result = try Use() catch Class:Reason:Stack -> {Class, Reason, lists:sublist(Stack, 3)} end,
    io:format("~s: ~P~n", [Name, Result, 80]).

uses(Directory) ->
    [{"jiffy (NIF)", fun jiffy/0}, {"luerl", fun luerl/0}, {"proper", fun proper/0}, {"meck", fun meck/0}, {"neotoma", fun() -> neotoma(Directory) end},
     {"jose", fun jose/0}, {"lager", fun() -> lager(Directory) end}, {"bitcask (NIF)", fun() -> bitcask(filename:join(Directory, "bitcask")) end},
     {"sqlite3 (driver)", fun sqlite/0}, {"fast_xml (NIF)", fun xml/0}, {"fast_yaml (NIF)", fun yaml/0}, {"stringprep (NIF)", fun stringprep/0},
     {"p1_utils", fun utils/0}, {"cuttlefish", fun cuttlefish/0}, {"folsom", fun folsom/0}, {"idna", fun idna/0}, {"getopt", fun getopt/0},
     {"mochiweb", fun mochiweb/0}, {"fast_tls (NIF)", fun fast_tls/0}, {"eimp (port)", fun eimp/0}, {"cache_tab (NIF)", fun cache_tab/0},
     {"mqtree (NIF)", fun mqtree/0}, {"megaco (driver)", fun megaco/0}, {"diameter", fun diameter/0}, {"goldrush", fun goldrush/0}].

started(Application) ->
    {ok, _} = application:ensure_all_started(Application),
    ok.

jiffy() ->
    Encoded = iolist_to_binary(jiffy:encode({[{<<"a">>, [1, 2.5, null, true, <<"é"/utf8>>]}, {<<"b">>, {[]}}]})),
    Decoded = jiffy:decode(Encoded, [return_maps]),
    Rows = [#{<<"id">> => I, <<"name">> => integer_to_binary(I), <<"part">> => I / 3} || I <- lists:seq(1, 20000)],
    Large = iolist_to_binary(jiffy:encode(Rows)),   % yields and comes back
    Rows = jiffy:decode(Large, [return_maps]),
    {Encoded, Decoded, byte_size(Large), catch jiffy:decode(<<"{bad">>), iolist_to_binary(jiffy:encode(Decoded, [pretty]))}.

luerl() ->
    {Results, _} = luerl:do("local s = 0; for i = 1, 100000 do s = s + i % 7 end;
                             local t = {}; for i = 1, 10 do t[#t + 1] = string.format('%d:%s', i, tostring(i * 2.5)) end;
                             return s, table.concat(t, ','), string.rep('x', 3), #t", luerl:init()),
    Results.

proper() ->
    Sorted = proper:forall(proper_types:list(proper_types:integer()), fun(L) -> lists:sort(lists:reverse(L)) =:= lists:sort(L) end),
    Kept = proper:forall(proper_types:term(), fun(T) -> binary_to_term(term_to_binary(T)) =:= T end),
    Wrong = proper:forall(proper_types:list(proper_types:nat()), fun(L) -> length(L) < 3 end),
    [proper:quickcheck(Property, [quiet, {numtests, 200}]) || Property <- [Sorted, Kept, Wrong]].

meck() ->
    meck:new(mocked, [non_strict]),
    meck:expect(mocked, double, fun(X) -> X * 2 end),
    Result = {mocked:double(21), meck:num_calls(mocked, double, '_'), meck:validate(mocked)},
    meck:unload(mocked),
    {Result, code:is_loaded(mocked)}.

neotoma(Directory) ->
    Grammar = filename:join(Directory, "sums.peg"),
    ok = file:write_file(Grammar, "additive <- multitive '+' additive / multitive;\nmultitive <- primary '*' multitive / primary;\n"
                                  "primary <- '(' additive ')' / decimal;\ndecimal <- [0-9]+;\n"),
    ok = neotoma:file(Grammar, [{output, Directory}]),
    {ok, sums, Code} = compile:file(filename:join(Directory, "sums.erl"), [binary]),
    {module, sums} = code:load_binary(sums, "sums", Code),
    [sums:parse("2*(3+4)"), sums:parse("2*")].

jose() ->
    started(jose),
    Key = jose_jwk:from_oct(<<"a key of thirty-two bytes, always">>),
    {_, Signed} = jose_jws:compact(jose_jwt:sign(Key, #{<<"alg">> => <<"HS256">>}, #{<<"iss">> => <<"joe">>})),
    {Valid, _, _} = jose_jwt:verify(Key, Signed),
    Curve = jose_jwk:generate_key({ec, <<"P-256">>}),
    {_, OnCurve} = jose_jws:compact(jose_jwt:sign(Curve, #{<<"a">> => 1})),
    {ValidOnCurve, _, _} = jose_jwt:verify(Curve, OnCurve),
    {Signed, Valid, ValidOnCurve}.

lager(Directory) ->
    File = filename:join(Directory, "lager.log"),
    application:load(lager),
    [application:set_env(lager, Key, Value) || {Key, Value} <- [{handlers, [{lager_file_backend, [{file, File}, {level, info}]}]}, {log_root, Directory}, {crash_log, undefined}]],
    started(lager),
    lager:log(info, [{pid, self()}], "hello ~p", [world]),
    lager:log(debug, [{pid, self()}], "unheard", []),
    ok = application:stop(lager),
    {ok, Text} = file:read_file(File),
    [binary:match(Text, Part) =/= nomatch || Part <- [<<"hello world">>, <<"unheard">>]].

bitcask(Directory) ->
    started(bitcask),
    Store = bitcask:open(Directory, [read_write, {open_timeout, 20}]),
    [ok = bitcask:put(Store, integer_to_binary(I), binary:copy(<<"v">>, I)) || I <- lists:seq(1, 2000)],
    ok = bitcask:delete(Store, <<"5">>),
    Seen = {bitcask:get(Store, <<"5">>), bitcask:get(Store, <<"7">>), length(bitcask:list_keys(Store)), bitcask:fold(Store, fun(_, V, Sum) -> Sum + byte_size(V) end, 0)},
    bitcask:close(Store),
    Again = bitcask:open(Directory, [{open_timeout, 20}]),
    {Seen, length(bitcask:list_keys(Again)), bitcask:close(Again)}.

sqlite() ->
    {ok, _} = sqlite3:open(people, [in_memory]),
    ok = sqlite3:create_table(people, person, [{id, integer, [primary_key]}, {name, text}, {age, integer}]),
    [{rowid, _} = sqlite3:write(people, person, [{name, "n" ++ integer_to_list(I)}, {age, I}]) || I <- lists:seq(1, 100)],
    {sqlite3:sql_exec(people, "select count(*), sum(age), max(name) from person where age > 50;"), sqlite3:sql_exec(people, "select nothing;"), sqlite3:close(people)}.

xml() ->
    started(fast_xml),
    Element = fxml_stream:parse_element(<<"<a x='1'><b>t&amp;u</b><c/></a>">>),
    Large = iolist_to_binary(["<r>", [["<i n='", integer_to_list(I), "'>", integer_to_list(I), "</i>"] || I <- lists:seq(1, 5000)], "</r>"]),
    Parsed = fxml_stream:parse_element(Large),
    Stream = lists:foldl(fun(Part, S) -> fxml_stream:parse(S, Part) end, fxml_stream:new(self()), [<<"<stream:stream xmlns:stream='s'><m>">>, <<"hi</m></stream:stream>">>]),
    fxml_stream:close(Stream),
    {Element, fxml:element_to_binary(Element), erlang:phash2(Parsed), fxml:element_to_binary(Parsed) =:= Large, fxml_stream:parse_element(<<"<a><b></a>">>), events()}.

events() -> receive Event -> [Event | events()] after 100 -> [] end.

yaml() ->
    started(fast_yaml),
    {fast_yaml:decode(<<"a: 1\nb:\n  - x\n  - 2.5\n  - {c: d}\n">>), fast_yaml:decode(<<"a: [">>), iolist_to_binary(fast_yaml:encode([{<<"k">>, [1, 2, <<"z">>]}]))}.

stringprep() ->
    started(stringprep),
    {stringprep:nodeprep(<<"UserÄ"/utf8>>), stringprep:nodeprep(<<"a@b">>), stringprep:nameprep(<<"EXAMPLE.com">>), stringprep:resourceprep(<<"Res ource">>), stringprep:tolower(<<"ABC">>)}.

utils() ->
    started(p1_utils),
    p1_queue:to_list(lists:foldl(fun p1_queue:in/2, p1_queue:new(), [1, 2, 3])).

cuttlefish() -> {cuttlefish_bytesize:parse("1MB"), cuttlefish_duration:parse("1h"), cuttlefish_duration:parse("1 x")}.

folsom() ->
    started(folsom),
    folsom_metrics:new_counter(count),
    folsom_metrics:notify({count, {inc, 5}}),
    folsom_metrics:new_histogram(spread, uniform, 1000),
    [folsom_metrics:notify({spread, I}) || I <- lists:seq(1, 100)],
    {folsom_metrics:get_metric_value(count), [proplists:get_value(What, folsom_metrics:get_histogram_statistics(spread)) || What <- [min, max, median, arithmetic_mean]]}.

idna() -> {idna:encode("bücher.example"), idna:decode("xn--bcher-kva.example")}.

getopt() -> getopt:parse([{v, $v, "verbose", integer, "how much"}, {n, $n, "name", {string, "x"}, "who"}], "-v 3 rest").

mochiweb() ->
    started(inets),
    Answer = fun(Request) -> mochiweb_request:ok({"text/plain", "seen " ++ mochiweb_request:get(path, Request)}, Request) end,
    {ok, _} = mochiweb_http:start_link([{ip, "127.0.0.1"}, {port, 0}, {name, small_web}, {loop, Answer}]),
    Address = "http://127.0.0.1:" ++ integer_to_list(mochiweb_socket_server:get(small_web, port)) ++ "/",
    Bodies = [begin {ok, {{_, 200, _}, _, Body}} = httpc:request(Address ++ integer_to_list(I)), Body end || I <- lists:seq(1, 50)],
    {lists:last(Bodies), length(Bodies), iolist_to_binary(mochijson2:encode([1, <<"a">>, {struct, [{k, 1.5}]}])), mochiweb_html:parse("<p>a<b>c</b>")}.

fast_tls() ->
    started(fast_tls),
    fast_tls:get_fips_mode().

eimp() ->
    started(eimp),
    {lists:sort(eimp:supported_formats()), eimp:get_type(<<137, 80, 78, 71, 13, 10, 26, 10>>)}.

cache_tab() ->
    started(cache_tab),
    ets_cache:new(squares, [{max_size, 100}]),
    [{ok, _} = ets_cache:lookup(squares, I, fun() -> {ok, I * I} end) || I <- lists:seq(1, 50)],
    {ets_cache:lookup(squares, 50), ets_cache:lookup(squares, 51)}.

mqtree() ->
    started(mqtree),
    Tree = mqtree:new(),
    [mqtree:insert(Tree, Topic) || Topic <- [<<"a/+/c">>, <<"a/#">>, <<"b">>]],
    Matching = lists:sort(mqtree:match(Tree, <<"a/b/c">>)),
    mqtree:delete(Tree, <<"a/#">>),
    {Matching, mqtree:match(Tree, <<"a/b/c">>), mqtree:size(Tree)}.

megaco() ->
    started(megaco),
    Message = <<"MEGACO/1 [124.124.124.222] Transaction = 9998 { Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"901\", "
                "ServiceChangeAddress = 55555, Profile = ResGW/1 } } } }">>,
    {ok, Scanner} = megaco_flex_scanner:start(),
    With = [{flex, Scanner}],
    {ok, Decoded} = megaco_pretty_text_encoder:decode_message(With, dynamic, Message),
    {ok, Encoded} = megaco_pretty_text_encoder:encode_message(With, Decoded),
    {ok, Again} = megaco_pretty_text_encoder:decode_message([], dynamic, iolist_to_binary(Encoded)),
    {erlang:phash2(Decoded), iolist_to_binary(Encoded), Again =:= Decoded}.

diameter() ->
    ok = diameter:start(),
    ok = diameter:start_service(service, [{'Origin-Host', "c.example.com"}, {'Origin-Realm', "example.com"}, {'Vendor-Id', 0}, {'Product-Name', "c"},
                                          {'Auth-Application-Id', [0]}, {application, [{alias, common}, {dictionary, diameter_gen_base_rfc6733}, {module, ?MODULE}]}]),
    {ok, _} = diameter:add_transport(service, {listen, [{transport_module, diameter_tcp}, {transport_config, [{reuseaddr, true}, {ip, {127, 0, 0, 1}}, {port, 0}]}]}),
    {diameter:services(), diameter:stop()}.

goldrush() ->
    started(goldrush),
    {ok, Query} = glc:compile(above_two, glc:with(glc:gt(a, 2), fun(Event) -> put(seen, [gre:fetch(a, Event) | get(seen)]) end)),
    put(seen, []),
    [glc:handle(Query, gre:make([{a, I}], [list])) || I <- lists:seq(1, 4)],
    get(seen).
