%% SPDX-License-Identifier: Apache-2.0
%% options [r23]
-file("g.erl", 1).

-module(g).

-export([t1/0,t2/0]).

f1(V3, V1, V2) when is_integer(V3) ->
    V16 = apply(V3, error, [18, #{}]),
    V3 - 1;
f1(_, _, _) ->
    f2([<<>>], b).

f2(V22, V23) ->
    [].

t1() ->
    gen_run:call(fun() ->
                        f1(gen_run:id(-292),
                           gen_run:id(<<"1.5">>),
                           <<"abc",1:7>>)
                 end).

t2() ->
    [].

