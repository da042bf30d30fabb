%% SPDX-License-Identifier: Apache-2.0
%% options [inline]
-file("g.erl", 1).
-module(g).
-export([t1/0]).
f3(V32,V33) ->
  V34 = case is_map_key(V32,#{1.0 => "hello world",[] => #{},{x,1} => <<>>}) of
    true when (is_binary(V32) orelse (V32 == (1202 - 3))), is_boolean(V33) -> V36 = -576460752303423486,
  put(a, V36),
  try try V33 catch exit:V39 -> V33 after put(left, V32) end of V39z -> {ended,V39z} catch V37:V38 -> {V37,V38} end;
    V40 when is_boolean(V40), is_function(V33,V32) -> V41 = V32,
  put(false, V40),
  V40;
    _ -> begin V35 = {{},{},{}},
  [17,<<"1.5">>,c] end
  end,
  put('Ж', string:find(begin V32 end,lists:reverse(V33))),
  ((case catch V34 of {'EXIT',{V42,_}} -> {caught,V42}; V42 -> V42 end / begin self() ! V33, self() ! "123", self() ! V34, receive
    V43 = V44 = V45 -> put(infinity, [10]),
  V46 = V43,
  9007199254740992.0;
    [V47,18 | V48] = V49 -> V47
  after 1 -> 1772 end end) / 1).
t1() ->
  [gen_run:call(fun() -> f3(gen_run:id(A), gen_run:id(B)) end) || {A, B} <- [{a, [1]}, {1.0, true}, {[], "abc"}, {1202 - 3, false}, {<<"k">>, fun lists:reverse/1}]].
