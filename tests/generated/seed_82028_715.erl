%% SPDX-License-Identifier: Apache-2.0
%% options []
-module(g).

-export([t1/0,t2/0,t3/0]).

f3() ->
    try
        list_to_bitstring([[] | <<>>])
    catch
        V53:V54 ->
            []
    end.

t1() ->
    [].

t2() ->
    [].

t3() ->
    gen_run:call(fun() ->
                        f3()
                 end).

