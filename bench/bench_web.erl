%% SPDX-License-Identifier: Apache-2.0
%% What the web programs share: Cowboy with one handler (a page, a WebSocket that echoes), the processor time of this process, and a client that is
%% a program of its own, so that its time does not count.
-module(bench_web).
-export([main/0, listen/0, cpu_ns/0, run/2, report/1]).
-export([init/2, websocket_handle/2, websocket_info/2]).

main() -> ok.

listen() ->
    {ok, _} = application:ensure_all_started(cowboy),
    Routes = cowboy_router:compile([{'_', [{"/", ?MODULE, page}, {"/echo", ?MODULE, socket}]}]),
    Transport = #{socket_opts => [{ip, {127, 0, 0, 1}}, {port, 0}], num_acceptors => 10},
    {ok, _} = cowboy:start_clear(?MODULE, Transport, #{env => #{dispatch => Routes}, max_keepalive => infinity}),
    ranch:get_port(?MODULE).

init(Request, page) ->
    {ok, cowboy_req:reply(200, #{<<"content-type">> => <<"text/plain">>}, <<"Hello, world">>, Request), page};
init(Request, socket) -> {cowboy_websocket, Request, socket}.

websocket_handle({binary, Data}, State) -> {[{binary, Data}], State}.
websocket_info(_, State) -> {[], State}.

%% Of all threads, the system's part included.
cpu_ns() ->
    lists:sum([case file:read_file(Path) of
                   {ok, Text} -> binary_to_integer(hd(binary:split(Text, <<" ">>)));
                   {error, _} -> 0
               end || Path <- filelib:wildcard("/proc/self/task/*/schedstat")]).

%% The client to its end; its output. It must not fail.
run(Program, Arguments) ->
    Port = open_port({spawn_executable, os:find_executable(Program)}, [{args, Arguments}, exit_status, stderr_to_stdout, binary]),
    collect(Port, []).

collect(Port, Output) ->
    receive
        {Port, {data, Data}} -> collect(Port, [Output, Data]);
        {Port, {exit_status, 0}} -> iolist_to_binary(Output);
        {Port, {exit_status, Status}} -> exit({client, Status, iolist_to_binary(Output)})
    after 240000 -> exit(client_hangs)
    end.

report(Nanoseconds) -> io:format("cpu_ns ~w~n", [Nanoseconds]).
