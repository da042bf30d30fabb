%% SPDX-License-Identifier: Apache-2.0
%% options []
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f1(V1,V2) ->
  re:run([{V1,<<195>>},{V2,V1}],"(a)|([0-9]+)",[global, {capture, all, list}]).
t1() ->
  [gen_run:call(fun() -> f1(gen_run:id({a}),b) end),
   gen_run:call(fun() -> f1(gen_run:id(<<"12">>),[]) end)].
