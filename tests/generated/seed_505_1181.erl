%% SPDX-License-Identifier: Apache-2.0
%% options []
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f1(V1) ->
  try lists:concat(V1)
  catch V7:V8:V9 -> erlang:raise(V7, {again, V8}, V9) end.
t1() ->
  [gen_run:call(fun() -> f1(gen_run:id({ended,[]})) end),
   gen_run:call(fun() -> f1(gen_run:id([1|b])) end)].
