%% SPDX-License-Identifier: Apache-2.0
%% options [no_bool_opt]
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f2(_,<<V4/bitstring>>) when (b =< V4), not (not ((V4 =:= V4))) ->
  V5 = #{576460752303423488 => V4,a => V4,576460752303423488 => <<16#ffffffffffffffff:64>>},
  if ('\x{416}' > V5) -> unicode:characters_to_binary([10]); true -> (V4 orelse (12 >= V5)) end.
t1() ->
  [gen_run:call(fun() -> f2("é",gen_run:id(<<"a">>)) end),
   gen_run:call(fun() -> f2(gen_run:id(""),gen_run:id(<<0:65>>)) end)].
