%% SPDX-License-Identifier: Apache-2.0
%% options [no_copt]
-module(g).

-export([t1/0,t2/0]).

f2(V34) ->
    lists:keyfind(<<"12">>, 5, [{} | <<0/utf8>>]).

t1() ->
    [].

t2() ->
    gen_run:call(fun() ->
                        f2(["hello world",
                            [],
                            <<237,160,128>>,
                            'hello world'])
                 end).

