%% SPDX-License-Identifier: Apache-2.0
%% A receive that waits at a label with a jump behind it, as the compiler leaves it without its last pass: two receives in one function.
-module(wait_elsewhere).
-export([main/1]).

main(_) ->
    Source = "-module(waits). -export([f/3, g/1]).\n"
        "f(A, B, C) ->\n"
        "  N = (12 bxor 3) + 665,\n"
        "  M = begin self() ! A, self() ! 133, receive X when A =/= N, is_tuple(A), not (B < 2) -> {first, X, N}; C -> N after 0 + 1 -> none end end,\n"
        "  case begin self() ! C, self() ! [B | \"\"], receive C -> M after 0 + 1 -> M end end of\n"
        "    Y when Y =:= B -> same; _ -> {M, (fun(Z) -> {Z, Z} end)(M)} end.\n"
        "g(T) -> receive never -> ok after T -> receive {late, V} -> V after T -> timed_out end end.\n",
    Forms = forms(Source),
    [begin
         {ok, waits, Code} = compile:forms(Forms, Options),
         {module, waits} = code:load_binary(waits, "waits.beam", Code),
         io:format("~p: ~p~n", [Options, [own(fun() -> waits:f(A, B, C) end) || {A, B, C} <- [{{error}, 1.0, <<"1.5">>}, {-751, 3, 133}, {false, 1.0e300, {}},
                                                                                                {{t}, 5, x}]]]),
         io:format("~p~n", [own(fun() -> self() ! noise, self() ! {late, 7}, waits:g(20) end)]),
         io:format("~p~n", [own(fun() -> waits:g(1) end)])
     end || Options <- [[], [no_postopt], [no_copt, no_postopt], [no_ssa_opt], [r24]]].

own(F) ->
    {P, M} = spawn_monitor(fun() -> exit({ok, F()}) end),
    receive {'DOWN', M, process, P, R} -> R end.

forms(Source) ->
    {ok, Tokens, _} = erl_scan:string(Source),
    split(Tokens, []).
split([], []) -> [];
split([{dot, _} = Dot | Rest], Form) ->
    {ok, Parsed} = erl_parse:parse_form(lists:reverse([Dot | Form])),
    [Parsed | split(Rest, [])];
split([Token | Rest], Form) -> split(Rest, [Token | Form]).
