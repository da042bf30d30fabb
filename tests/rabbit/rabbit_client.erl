%% SPDX-License-Identifier: Apache-2.0
%% A client of RabbitMQ, on the package's own amqp_client: main PORT COMMAND [ARGUMENT …], prints one line that says what was seen.
%%   relay COUNT         publishes and consumes at once, with confirms and acknowledgements, from a queue of its own
%%   kinds               messages of several sizes, exchanges, rejected and returned ones, headers
%%   fill QUEUE COUNT    durable messages and as many transient ones, all confirmed; they stay
%%   drain QUEUE COUNT   takes what is there; the durable ones must have been kept, in order
-module(rabbit_client).
-include_lib("amqp_client/include/amqp_client.hrl").
-export([main/1]).

-define(WINDOW, 2000).
-define(PATIENCE_MS, 120000).

main([Port, Command | Arguments]) ->
    logger:set_primary_config(level, critical),
    {ok, _} = application:ensure_all_started(amqp_client),
    {ok, Connection} = amqp_connection:start(#amqp_params_network{host = "127.0.0.1", port = list_to_integer(Port)}),
    try
        io:format("~s~n", [run(Command, Arguments, Connection)])
    catch
        Class:Reason:Stack -> io:format("~p ~p~n~p~n", [Class, Reason, Stack])
    end,
    catch amqp_connection:close(Connection, 5000),
    halt(0).

run("relay", [Count], Connection) -> relay(Connection, list_to_integer(Count));
run("kinds", [], Connection) -> kinds(Connection);
run("fill", [Queue, Count], Connection) -> fill(Connection, list_to_binary(Queue), list_to_integer(Count));
run("drain", [Queue, Count], Connection) -> drain(Connection, list_to_binary(Queue), list_to_integer(Count)).

channel(Connection) ->
    {ok, Channel} = amqp_connection:open_channel(Connection),
    Channel.

publisher(Connection) ->
    Channel = channel(Connection),
    #'confirm.select_ok'{} = amqp_channel:call(Channel, #'confirm.select'{}),
    ok = amqp_channel:register_confirm_handler(Channel, self()),
    Channel.

declare(Channel, Queue, Durable) ->
    #'queue.declare_ok'{queue = Name} = amqp_channel:call(Channel, #'queue.declare'{queue = Queue, durable = Durable}),
    Name.

%% --- publishing with confirms: at most ?WINDOW are on their way ---

publish(Channel, Queue, I, Mode) ->
    amqp_channel:cast(Channel, #'basic.publish'{routing_key = Queue},
                      #amqp_msg{props = #'P_basic'{delivery_mode = Mode}, payload = <<I:64, (Mode):8, "a message that is as long as many are">>}).

publish_all(Channel, Queue, Is, Mode) ->
    Left = lists:foldl(fun(I, Open) -> publish(Channel, Queue, I, Mode), confirmed(Open + 1, ?WINDOW) end, 0, Is),
    confirmed(Left, 0).

%% Takes confirms until no more than Limit are open. One may stand for several.
confirmed(Open, Limit) when Open =< Limit -> Open;
confirmed(Open, Limit) ->
    receive
        #'basic.ack'{delivery_tag = Tag, multiple = Multiple} -> confirmed(Open - newly(Tag, Multiple), Limit);
        #'basic.nack'{} = Nack -> exit({not_taken, Nack})
    after ?PATIENCE_MS -> exit({not_confirmed, Open})
    end.

%% Tags that were not confirmed before, up to this one or this one alone; those confirmed out of turn are remembered.
newly(Tag, Multiple) ->
    Low = case get(confirmed_to) of undefined -> 0; N -> N end,
    Single = case get(confirmed_alone) of undefined -> #{}; M -> M end,
    case Multiple of
        true ->
            Rest = maps:filter(fun(T, _) -> T > Tag end, Single),
            put(confirmed_to, max(Low, Tag)),
            put(confirmed_alone, Rest),
            max(0, Tag - Low) - (map_size(Single) - map_size(Rest));
        false when Tag =:= Low + 1 ->
            {To, Rest} = advance(Tag, Single),
            put(confirmed_to, To),
            put(confirmed_alone, Rest),
            1;
        false ->
            put(confirmed_alone, Single#{Tag => true}),
            1
    end.

advance(To, Single) ->
    case maps:take(To + 1, Single) of
        {_, Rest} -> advance(To + 1, Rest);
        error -> {To, Single}
    end.

%% --- relay ---

relay(Connection, Count) ->
    Queue = declare(channel(Connection), <<"relay">>, true),
    Me = self(),
    {Publisher, Monitor} = spawn_monitor(fun() ->
        Channel = publisher(Connection),
        publish_all(Channel, Queue, lists:seq(1, Count), 2),
        Me ! {self(), all_confirmed},
        amqp_channel:close(Channel)
    end),
    Seen = consume(channel(Connection), Queue, Count),
    receive
        {Publisher, all_confirmed} -> ok;
        {'DOWN', Monitor, process, _, Why} -> exit({publisher, Why})
    after ?PATIENCE_MS -> exit(publisher_stuck)
    end,
    #'queue.delete_ok'{message_count = Left} = amqp_channel:call(channel(Connection), #'queue.delete'{queue = Queue}),
    io_lib:format("relay ~p: in order ~p, all confirmed, left ~p", [Count, Seen =:= lists:seq(1, Count), Left]).

consume(Channel, Queue, Count) ->
    #'basic.qos_ok'{} = amqp_channel:call(Channel, #'basic.qos'{prefetch_count = 500}),
    #'basic.consume_ok'{consumer_tag = Tag} = amqp_channel:subscribe(Channel, #'basic.consume'{queue = Queue}, self()),
    Seen = taken(Channel, Count, []),
    amqp_channel:call(Channel, #'basic.cancel'{consumer_tag = Tag}),
    amqp_channel:close(Channel),
    Seen.

taken(_, 0, Seen) -> lists:reverse(Seen);
taken(Channel, Left, Seen) ->
    receive
        {#'basic.deliver'{delivery_tag = Tag}, #amqp_msg{payload = <<I:64, _/binary>>}} ->
            [ok = amqp_channel:cast(Channel, #'basic.ack'{delivery_tag = Tag, multiple = true}) || Left rem 100 =:= 1],
            taken(Channel, Left - 1, [I | Seen]);
        #'basic.consume_ok'{} -> taken(Channel, Left, Seen)
    after ?PATIENCE_MS -> exit({not_delivered, Left})
    end.

%% --- kinds ---

kinds(Connection) ->
    Channel = channel(Connection),
    Queue = declare(Channel, <<>>, false),
    Sizes = [0, 1, 4088, 4096, 131064, 131072, 1000000, 10000000],
    Payloads = [crypto:strong_rand_bytes(Size) || Size <- Sizes],
    [amqp_channel:call(Channel, #'basic.publish'{routing_key = Queue}, #amqp_msg{payload = P}) || P <- Payloads],
    Back = [get_one(Channel, Queue) || _ <- Payloads],
    Same = [P =:= Q || {P, {_, #amqp_msg{payload = Q}}} <- lists:zip(Payloads, Back)],
    %% A topic exchange with two queues, and a message that nobody wants.
    #'exchange.declare_ok'{} = amqp_channel:call(Channel, #'exchange.declare'{exchange = <<"topics">>, type = <<"topic">>, auto_delete = true}),
    [One, Two] = [declare(Channel, <<>>, false) || _ <- [1, 2]],
    [#'queue.bind_ok'{} = amqp_channel:call(Channel, #'queue.bind'{queue = Q, exchange = <<"topics">>, routing_key = Key})
     || {Q, Key} <- [{One, <<"*.red">>}, {Two, <<"#">>}]],
    Headers = [{<<"number">>, signedint, -5}, {<<"text">>, longstr, <<"λ"/utf8>>}, {<<"float">>, double, 2.5}, {<<"table">>, table, [{<<"b">>, bool, true}]}],
    amqp_channel:call(Channel, #'basic.publish'{exchange = <<"topics">>, routing_key = <<"apple.red">>},
                      #amqp_msg{props = #'P_basic'{headers = Headers, content_type = <<"text/plain">>}, payload = <<"red">>}),
    amqp_channel:call(Channel, #'basic.publish'{exchange = <<"topics">>, routing_key = <<"apple">>}, #amqp_msg{payload = <<"any">>}),
    {Tag, #amqp_msg{props = #'P_basic'{headers = Got, content_type = Type}, payload = Red}} = get_one(Channel, One),
    Others = [P || {_, #amqp_msg{payload = P}} <- [get_one(Channel, Two), get_one(Channel, Two)]],
    amqp_channel:call(Channel, #'basic.reject'{delivery_tag = Tag, requeue = true}),
    {_, #amqp_msg{payload = Again}} = get_one(Channel, One),
    ok = amqp_channel:register_return_handler(Channel, self()),
    amqp_channel:call(Channel, #'basic.publish'{routing_key = <<"nobody">>, mandatory = true}, #amqp_msg{payload = <<"back">>}),
    Returned = receive {#'basic.return'{reply_text = Text}, #amqp_msg{payload = P}} -> {Text, P} after ?PATIENCE_MS -> nothing end,
    %% What must end the channel ends this one alone.
    Other = channel(Connection),
    Refused = try amqp_channel:call(Other, #'queue.declare'{queue = <<"missing">>, passive = true}) catch exit:{{shutdown, {server_initiated_close, Code, _}}, _} -> Code end,
    [amqp_channel:call(Channel, #'queue.delete'{queue = Q}) || Q <- [Queue, One, Two]],
    io_lib:format("kinds: ~0p ~0p ~0p ~0p ~0p ~0p ~0p ~0p", [Same, Got =:= Headers, Type, Red, Others, Again, Returned, Refused]).

%% A question may overtake a message on its way into the queue.
get_one(Channel, Queue) -> get_one(Channel, Queue, 100).
get_one(Channel, Queue, Tries) ->
    case amqp_channel:call(Channel, #'basic.get'{queue = Queue}) of
        {#'basic.get_ok'{delivery_tag = Tag}, Message} -> {Tag, Message};
        #'basic.get_empty'{} when Tries > 0 -> timer:sleep(100), get_one(Channel, Queue, Tries - 1)
    end.

%% --- what outlives the broker ---

fill(Connection, Queue, Count) ->
    Channel = publisher(Connection),
    declare(Channel, Queue, true),
    publish_all(Channel, Queue, lists:seq(1, Count), 2),
    publish_all(Channel, Queue, lists:seq(Count + 1, 2 * Count), 1),
    io_lib:format("fill: confirmed ~p", [2 * Count]).

drain(Connection, Queue, Count) ->
    Channel = channel(Connection),
    Seen = drain_all(Channel, Queue, []),
    #'queue.delete_ok'{} = amqp_channel:call(Channel, #'queue.delete'{queue = Queue}),
    io_lib:format("drain: kept in order ~p of ~p, transient ~p",
                  [length([I || I <- Seen, I =< Count]), Count, length([I || I <- Seen, I > Count])]
                  ) ++ case [I || I <- Seen, I =< Count] =:= lists:seq(1, Count) of true -> ""; false -> ", NOT in order" end.

drain_all(Channel, Queue, Seen) ->
    case amqp_channel:call(Channel, #'basic.get'{queue = Queue, no_ack = true}) of
        {#'basic.get_ok'{}, #amqp_msg{payload = <<I:64, _/binary>>}} -> drain_all(Channel, Queue, [I | Seen]);
        #'basic.get_empty'{} -> lists:reverse(Seen)
    end.
