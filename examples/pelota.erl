%% SPDX-License-Identifier: Apache-2.0
%% Two processes pass a ball: athanor run examples/pelota.erl
-module(pelota).
-export([main/1]).

main(_) ->
    Self = self(),
    Beto = spawn_link(fun() -> jugar(beto, Self) end),
    Ana = spawn_link(fun() -> jugar(ana, Self) end),
    Ana ! {pelota, 6, Beto},
    receive {fin, Quien} -> io:format("~p se queda con la pelota~n", [Quien]) end.

jugar(Nombre, Arbitro) ->
    receive
        {pelota, 0, _} ->
            Arbitro ! {fin, Nombre};
        {pelota, N, Otro} ->
            io:format("~p (~p)~n", [Nombre, N]),
            Otro ! {pelota, N - 1, self()},
            jugar(Nombre, Arbitro)
    end.
