%% SPDX-License-Identifier: Apache-2.0
%% Fields of crashdump_viewer's records, which are told by its debug information alone: not every package has its sources.
-module(viewer_record).
-export([field/2]).

field(Record, Name) ->
    {ok, {_, [{abstract_code, {_, Forms}}]}} = beam_lib:chunks(code:which(crashdump_viewer), [abstract_code]),
    [Fields] = [F || {attribute, _, record, {R, F}} <- Forms, R =:= element(1, Record)],
    [Place] = [I || {I, F} <- lists:zip(lists:seq(1, length(Fields)), Fields), field_name(F) =:= Name],
    element(Place + 1, Record).

field_name({typed_record_field, F, _}) -> field_name(F);
field_name(F) -> element(3, element(3, F)).
