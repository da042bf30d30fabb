%% SPDX-License-Identifier: Apache-2.0
%% options []
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f3(V22,_) ->
  V23 = (erlang:atom_to_list(undefined) =:= (V22)(V22)),
  re:split(<<(<<"hello world">>)/binary>>,<<(459834147273339163237),1,(-9223372036854775806):16/float>>).
t1() ->
   [gen_run:call(fun() -> f3(gen_run:id(fun erlang:abs/1),gen_run:id(<<"hello world">>)) end),
    gen_run:call(fun() -> f3(gen_run:id(fun(X) -> X end),ok) end),
    gen_run:call(fun() -> f3(gen_run:id(b),ok) end)].
