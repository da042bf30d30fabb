%% SPDX-License-Identifier: Apache-2.0
%% options [no_copt]
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f1(V1) ->
  (- (math:pow(V1,-2) * ((5.0e-324 + 0.0) - 0.0))).
t1() ->
  [gen_run:call(fun() -> f1(V) end) || V <- [1.0e300, 3, -1.0e-10, []]].
