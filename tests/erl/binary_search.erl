%% SPDX-License-Identifier: Apache-2.0
%% Module binary: searching with every kind of wrong pattern and option, where there is something to search and where there is nothing.
-module(binary_search).
-mode(compile).
-export([main/1]).

main(_) -> [io:format("~p ~p: ~p~n",[F,A, try apply(binary,F,A) catch _:R -> R end]) || F <- [match,matches,split], P <- [x,<<>>,[],[<<>>],[x],{a}, <<"a">>, [<<"a">>,b]], S <- [<<>>,<<"ab">>,<<1:1>>,x], A <- [[S,P],[S,P,[]],[S,P,[bad]],[S,P,bad],[S,P,[{scope,{0,0}}]],[S,P,[{scope,{5,1}}]]]],
    [io:format("~p ~p: ~p~n",[replace,A, try apply(binary,replace,A) catch _:R -> R end]) || P <- [x,<<>>,[],{a},<<"a">>], S <- [<<>>,<<"ab">>,<<1:1>>], Z <- [<<>>,<<"q">>,x,<<1:1>>], A <- [[S,P,Z],[S,P,Z,[global]],[S,P,Z,[bad]],[S,P,Z,[{insert_replaced,0}]],[S,P,Z,[{insert_replaced,9}]]]].
