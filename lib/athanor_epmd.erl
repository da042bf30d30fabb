%% SPDX-License-Identifier: Apache-2.0
%% The default of -epmd_module where the node had no name on the command line. All is erl_epmd's, but that a node which is named later
%% (net_kernel:start, Node.start) and finds no epmd starts one, bound to loopback, and says so once.
-module(athanor_epmd).
-export([start/0, start_link/0, stop/0, port_please/2, port_please/3, listen_port_please/2, names/0, names/1, register_node/2,
         register_node/3, address_please/3]).

start() -> erl_epmd:start().
start_link() -> erl_epmd:start_link().
stop() -> erl_epmd:stop().
port_please(Name, Host) -> erl_epmd:port_please(Name, Host).
port_please(Name, Host, Timeout) -> erl_epmd:port_please(Name, Host, Timeout).
listen_port_please(Name, Host) -> erl_epmd:listen_port_please(Name, Host).
names() -> erl_epmd:names().
names(Host) -> erl_epmd:names(Host).
address_please(Name, Host, Family) -> erl_epmd:address_please(Name, Host, Family).
register_node(Name, Port) -> register_node(Name, Port, inet).

register_node(Name, Port, Family) ->
    case erl_epmd:register_node(Name, Port, Family) of
        {error, econnrefused} = Refused ->
            case start_daemon() of
                true -> again(Name, Port, Family, 20);
                false -> Refused
            end;
        Result -> Result
    end.

%% It listens a moment after it has gone to the background.
again(Name, Port, Family, Tries) ->
    case erl_epmd:register_node(Name, Port, Family) of
        {error, econnrefused} when Tries > 0 ->
            timer:sleep(50),
            again(Name, Port, Family, Tries - 1);
        Result -> Result
    end.

start_daemon() ->
    case os:getenv("BINDIR") of
        false -> false;
        Directory ->
            try open_port({spawn_executable, filename:join(Directory, "epmd")},
                          [{args, ["-daemon", "-address", "127.0.0.1"]}, exit_status, hide]) of
                Daemon ->
                    receive
                        {Daemon, {exit_status, 0}} ->
                            io:format(standard_error, "No epmd was running: started one on 127.0.0.1 (it stays; end it with epmd -kill).~n", []),
                            true;
                        {Daemon, {exit_status, _}} -> false
                    after 5000 ->
                        false
                    end
            catch
                error:_ -> false
            end
    end.
