%% SPDX-License-Identifier: Apache-2.0
%% As many idle WebSockets held by Cowboy as a process may have descriptors, up to 20,000: opened by clients.py, each says something and gets it back,
%% then one message goes to all; half of them say goodbye, half are reset. What one costs is the difference of resident memory between none of them and all.
%% Cowboy is no part of OTP: run-load gives its place.
-module(websockets).
-export([size/0, run/1]).
-export([init/2, websocket_init/1, websocket_handle/2, websocket_info/2, terminate/3]).

-define(PER_PROGRAM, 10000).
-define(OWN_DESCRIPTORS, 200).

size() -> 20000.

run(Count) ->
    {ok, _} = application:ensure_all_started(cowboy),
    register(?MODULE, self()),
    Routes = cowboy_router:compile([{'_', [{"/", ?MODULE, none}]}]),
    Transport = #{socket_opts => [{ip, {127, 0, 0, 1}}, {port, 0}, {backlog, 1024}], max_connections => infinity, num_acceptors => 8},
    {ok, _} = cowboy:start_clear(?MODULE, Transport, #{env => #{dispatch => Routes}}),
    Programs = (Count + ?PER_PROGRAM - 1) div ?PER_PROGRAM,
    Each = max(2, min(Count, load_clients:descriptors() - ?OWN_DESCRIPTORS) div Programs),
    Clients = load_clients:start(ranch:get_port(?MODULE), Programs),
    Ask = fun(Format, Arguments) -> load_clients:ask(Clients, Format, Arguments) end,
    None = load_clients:resident(),
    First = Ask("upgrade first ~b /", [Each div 2]),
    Said = Ask("frames first 1 100", []),
    Second = Ask("upgrade second ~b /", [Each div 2]),
    Said2 = Ask("frames second 1 100", []),
    Whole = load_clients:resident(),
    Started = load_clients:processor_us(),
    Told = Ask("frames first 3 100", []),
    Ended = load_clients:processor_us(),
    Pids = heard(First + Second, []),
    [Pid ! {tell, <<"to all">>} || Pid <- Pids],
    All = Ask("expect first 8", []) + Ask("expect second 8", []),
    Left = Ask("leave first", []),
    Reset = Ask("reset second 0", []),
    Ends = ends(First + Second, #{}),
    load_clients:stop(Clients),
    ok = cowboy:stop_listener(?MODULE),
    unregister(?MODULE),
    {{First, Said, Second, Said2, Told, length(Pids), All, Left, Reset, Ends},
     [load_clients:bounded(bytes_per_websocket, Whole - None, First + Second, 0.5), {ns_per_message, 1000 * (Ended - Started) div (3 * First)}]}.

heard(0, Pids) -> Pids;
heard(Left, Pids) ->
    receive {joined, Pid} -> heard(Left - 1, [Pid | Pids])
    after 60000 -> exit({not_joined, Left})
    end.

ends(0, Counts) -> lists:sort(maps:to_list(Counts));
ends(Left, Counts) ->
    receive {ended, Why} -> ends(Left - 1, maps:update_with(Why, fun(C) -> C + 1 end, 1, Counts))
    after 60000 -> exit({missing, Left, Counts})
    end.

%% --- what Cowboy calls ---

init(Request, State) -> {cowboy_websocket, Request, State, #{idle_timeout => 600000}}.

websocket_init(State) -> ?MODULE ! {joined, self()}, {[], State}.

websocket_handle({binary, Data}, State) -> {[{binary, Data}], State}.

websocket_info({tell, Text}, State) -> {[{text, Text}], State}.

terminate({remote, Code, _}, _, _) -> ?MODULE ! {ended, Code}, ok;
terminate({error, closed}, _, _) -> ?MODULE ! {ended, closed}, ok;
terminate(Other, _, _) -> ?MODULE ! {ended, Other}, ok.
