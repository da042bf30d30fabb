%% SPDX-License-Identifier: Apache-2.0
%% Float arithmetic.
-module(nbody).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() -> step(200000, [{0.0, 0.0, 0.0, 0.0, 39.47}, {4.84, -1.16, 0.60, 2.81, 0.037}, {8.34, 4.12, -1.01, 1.82, 0.011}]).

step(0, Bodies) -> Bodies;
step(N, Bodies) -> step(N - 1, [move(B, Bodies) || B <- Bodies]).

move({X, Y, Vx, Vy, M} = B, Bodies) ->
    {Ax, Ay} = pull(Bodies, B, 0.0, 0.0),
    Vx1 = Vx + Ax * 0.001, Vy1 = Vy + Ay * 0.001,
    {X + Vx1 * 0.001, Y + Vy1 * 0.001, Vx1, Vy1, M}.

pull([], _, Ax, Ay) -> {Ax, Ay};
pull([B | Rest], B, Ax, Ay) -> pull(Rest, B, Ax, Ay);
pull([{X1, Y1, _, _, M} | Rest], {X, Y, _, _, _} = B, Ax, Ay) ->
    Dx = X1 - X, Dy = Y1 - Y,
    D2 = Dx * Dx + Dy * Dy + 0.01,
    F = M / (D2 * math:sqrt(D2)),
    pull(Rest, B, Ax + Dx * F, Ay + Dy * F).
