%% SPDX-License-Identifier: Apache-2.0
%% JSON decoding by pattern matching on a binary.
-module(json).
-export([main/0]).

main() ->
    {T0, _} = statistics(runtime),
    work(),
    {T1, _} = statistics(runtime),
    io:format("cpu_ns ~w~n", [(T1 - T0) * 1000000]).

work() ->
    Text = iolist_to_binary([$[, lists:join($,, [<<"{\"id\":12345,\"name\":\"some name\",\"tags\":[\"a\",\"b\",true,null],\"score\":-77}">> || _ <- lists:seq(1, 8000)]), $]]),
    [element(1, value(Text)) || _ <- lists:seq(1, 3)].

value(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n -> value(Rest);
value(<<"{}", Rest/binary>>) -> {#{}, Rest};
value(<<"{", Rest/binary>>) -> object(Rest, #{});
value(<<"[]", Rest/binary>>) -> {[], Rest};
value(<<"[", Rest/binary>>) -> array(Rest, []);
value(<<"\"", Rest/binary>>) -> string(Rest, Rest, 0);
value(<<"true", Rest/binary>>) -> {true, Rest};
value(<<"false", Rest/binary>>) -> {false, Rest};
value(<<"null", Rest/binary>>) -> {null, Rest};
value(<<"-", Rest/binary>>) -> {N, More} = number(Rest, 0), {-N, More};
value(Rest) -> number(Rest, 0).

object(Text, Map) ->
    {Key, <<":", Rest/binary>>} = value(Text),
    case value(Rest) of
        {V, <<",", More/binary>>} -> object(More, Map#{Key => V});
        {V, <<"}", More/binary>>} -> {Map#{Key => V}, More}
    end.

array(Text, Acc) ->
    case value(Text) of
        {V, <<",", More/binary>>} -> array(More, [V | Acc]);
        {V, <<"]", More/binary>>} -> {lists:reverse([V | Acc]), More}
    end.

string(Start, <<"\"", Rest/binary>>, N) -> <<S:N/binary, _/binary>> = Start, {S, Rest};
string(Start, <<_, Rest/binary>>, N) -> string(Start, Rest, N + 1).

number(<<C, Rest/binary>>, N) when C >= $0, C =< $9 -> number(Rest, N * 10 + C - $0);
number(Rest, N) -> {N, Rest}.
