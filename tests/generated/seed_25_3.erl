%% SPDX-License-Identifier: Apache-2.0
%% options [inline]
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f1(V1) ->
  V2 = string:pad("abc",3),
  erlang:bump_reductions(4000),
  #{erlang:apply(1.7976931348623157e308,[V1]) => (fun(X) -> X end)(V2)}.
t1() ->
  [gen_run:call(fun() -> f1(ok) end),
   gen_run:call(fun() -> f1(gen_run:id([ok])) end)].
