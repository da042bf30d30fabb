%% SPDX-License-Identifier: Apache-2.0
%% erts_debug: what it says of locks that are not counted, of machine code that is not taken apart, and of the instructions.
-module(debug_natives).
-export([main/0]).

main() ->
    [io:format("~w ~0p: ~0p~n", [F, A, answer(fun() -> apply(erts_debug, F, A) end)]) ||
        {F, As} <- [{lcnt_clear, [[]]}, {lcnt_collect, [[]]}, {lcnt_control, [[mask], [copy_save], [1], [mask, []], [copy_save, true], [x, y]]},
                    {disassemble, [[{lists, reverse, 1}], [{lists, nono, 1}], [{lists, reverse}], [1], [foo]]}],
        A <- As],
    Instructions = erts_debug:instructions(),
    io:format("instructions: ~p~n", [{length(Instructions) > 50, lists:all(fun io_lib:printable_list/1, Instructions), length(Instructions) =:= length(lists:usort(Instructions))}]),
    io:format("size: ~p~n", [is_integer(erts_debug:interpreter_size())]),
    io:format("df: ~p~n", [erts_debug:df(?MODULE)]),
    io:format("df: ~p~n", [file:read_file("debug_natives.dis")]),
    file:delete("debug_natives.dis"),
    halt().

answer(F) -> try F() catch C:R -> {C, R} end.
