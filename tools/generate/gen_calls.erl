%% SPDX-License-Identifier: Apache-2.0
%% The library functions that programs call: what they return, their name, the kinds of their arguments. The generator also passes
%% wrong arguments on purpose; `tiny` is what sizes memory and is never made large.
-module(gen_calls).
-export([calls/1, guard_calls/1]).

%% Calls that return the kind wanted.
calls(Type) -> [{M, F, A} || {T, M, F, A} <- table(), T =:= Type].

guard_calls(int) ->
    [{length, [list]}, {byte_size, [binary]}, {bit_size, [bits]}, {tuple_size, [tuple]}, {map_size, [map]}, {size, [tuple]}, {abs, [int]},
     {trunc, [number]}, {round, [number]}, {floor, [number]}, {ceil, [number]}];
guard_calls(any) -> [{hd, [list]}, {element, [tiny, tuple]}, {map_get, [any, map]}, {tl, [list]}];
guard_calls(bool) ->
    [{is_integer, [any]}, {is_float, [any]}, {is_number, [any]}, {is_atom, [any]}, {is_list, [any]}, {is_tuple, [any]}, {is_map, [any]}, {is_binary, [any]},
     {is_bitstring, [any]}, {is_boolean, [any]}, {is_function, [any]}, {is_function, [any, tiny]}, {is_map_key, [any, map]}, {is_pid, [any]}].

table() ->
    [{int, erlang, length, [list]}, {int, erlang, abs, [int]}, {int, erlang, byte_size, [binary]}, {int, erlang, bit_size, [bits]},
     {int, erlang, tuple_size, [tuple]}, {int, erlang, map_size, [map]}, {int, erlang, trunc, [float]}, {int, erlang, round, [number]},
     {int, erlang, floor, [number]}, {int, erlang, ceil, [number]}, {int, erlang, phash2, [any]}, {int, erlang, phash2, [any, int]},
     {int, erlang, phash, [any, int]}, {int, erlang, crc32, [iolist]}, {int, erlang, adler32, [iolist]},
     {int, erlang, list_to_integer, [string]}, {int, erlang, list_to_integer, [string, int]}, {int, erlang, binary_to_integer, [binary]},
     {int, erlang, binary_to_integer, [binary, int]}, {int, erlang, iolist_size, [iolist]}, {int, binary, decode_unsigned, [binary]},
     {int, binary, decode_unsigned, [binary, atom]}, {int, binary, at, [binary, tiny]}, {int, binary, first, [binary]}, {int, binary, last, [binary]},
     {int, binary, longest_common_prefix, [list]}, {int, lists, sum, [ints]}, {int, string, length, [string]}, {int, string, str, [string, string]},
     {int, erlang, external_size, [any]}, {int, erts_debug, flat_size, [tuple]}, {int, lists, foldl, [fn2, int, ints]},
     {float, erlang, float, [number]}, {float, math, sqrt, [number]}, {float, math, sin, [number]}, {float, math, pow, [number, number]},
     {float, math, exp, [number]}, {float, math, log, [number]}, {float, math, atan2, [number, number]}, {float, math, floor, [number]},
     {float, math, fmod, [number, number]}, {float, math, ceil, [number]}, {float, math, log2, [number]}, {float, math, log10, [number]},
     {float, erlang, list_to_float, [string]}, {float, erlang, binary_to_float, [binary]},
     {atom, erlang, list_to_atom, [string]}, {atom, erlang, binary_to_atom, [binary]}, {atom, erlang, binary_to_atom, [binary, atom]},
     {bool, erlang, is_function, [any, tiny]}, {bool, lists, member, [any, list]}, {bool, lists, keymember, [any, tiny, pairs]},
     {bool, maps, is_key, [any, map]}, {bool, lists, prefix, [list, list]}, {bool, lists, suffix, [list, list]}, {bool, lists, all, [fn, list]},
     {bool, erlang, is_map_key, [any, map]}, {bool, erlang, 'and', [bool, bool]}, {bool, erlang, 'xor', [bool, bool]}, {bool, erlang, 'not', [bool]},
     {bool, string, equal, [string, string]},
     {binary, erlang, list_to_binary, [iolist]}, {binary, erlang, iolist_to_binary, [iolist]}, {binary, erlang, integer_to_binary, [int]},
     {binary, erlang, integer_to_binary, [int, tiny]}, {binary, erlang, float_to_binary, [float]}, {binary, erlang, atom_to_binary, [atom]},
     {binary, erlang, atom_to_binary, [atom, atom]}, {binary, erlang, binary_part, [binary, tiny, tiny]}, {binary, binary, part, [binary, tiny, tiny]},
     {binary, binary, copy, [binary]}, {binary, binary, copy, [binary, tiny]}, {binary, binary, encode_unsigned, [int]}, {binary, binary, encode_unsigned, [int, atom]},
     {binary, binary, replace, [binary, binary, binary]}, {binary, unicode, characters_to_binary, [string]}, {binary, unicode, characters_to_binary, [iolist]},
     {binary, unicode, characters_to_binary, [binary, atom, atom]}, {binary, erlang, md5, [iolist]}, {binary, string, uppercase, [binary]}, {binary, string, trim, [binary]},
     {binary, erlang, list_to_bitstring, [iolist]}, {binary, binary, list_to_bin, [ints]}, {binary, base64, encode, [binary]}, {binary, base64, decode, [binary]},
     {bits, erlang, list_to_bitstring, [list]},
     {string, erlang, integer_to_list, [int]}, {string, erlang, integer_to_list, [int, tiny]}, {string, erlang, float_to_list, [float]}, {string, erlang, atom_to_list, [atom]},
     {string, erlang, binary_to_list, [binary]}, {string, erlang, binary_to_list, [binary, tiny, tiny]}, {string, lists, reverse, [string]},
     {string, unicode, characters_to_list, [binary]}, {string, unicode, characters_to_list, [iolist]}, {string, unicode, characters_to_nfc_list, [string]},
     {string, unicode, characters_to_nfd_list, [string]}, {string, string, lowercase, [string]}, {string, string, trim, [string]}, {string, string, reverse, [string]},
     {string, string, slice, [string, tiny, tiny]}, {string, lists, flatten, [iolist]}, {string, io_lib, format, ["~p", onelist]}, {string, io_lib, format, ["~w ~s", list]},
     {ints, lists, seq, [tiny, tiny]}, {ints, lists, sort, [ints]}, {ints, lists, reverse, [ints]}, {ints, binary, bin_to_list, [binary]}, {ints, lists, usort, [ints]},
     {list, lists, reverse, [list]}, {list, lists, reverse, [list, any]}, {list, lists, sort, [list]}, {list, lists, usort, [list]}, {list, lists, append, [list, list]},
     {list, lists, subtract, [list, list]}, {list, lists, flatten, [list]}, {list, lists, delete, [any, list]}, {list, lists, nthtail, [tiny, list]},
     {list, lists, sublist, [list, tiny]}, {list, lists, map, [fn, list]}, {list, lists, filter, [fn, list]}, {list, lists, zip, [list, list]}, {list, lists, merge, [list, list]},
     {list, lists, duplicate, [tiny, any]}, {list, lists, keysort, [tiny, pairs]}, {list, lists, ukeysort, [tiny, pairs]}, {list, erlang, tuple_to_list, [tuple]}, {list, erlang, tl, [list]},
     {list, maps, keys, [map]}, {list, maps, values, [map]}, {list, maps, to_list, [map]}, {list, erlang, bitstring_to_list, [bits]}, {list, binary, split, [binary, binary]},
     {list, binary, matches, [binary, binary]}, {list, string, split, [string, string, atom]}, {list, string, tokens, [string, string]}, {list, string, lexemes, [string, string]},
     {list, lists, droplast, [list]}, {list, lists, keydelete, [any, tiny, pairs]}, {list, lists, keyreplace, [any, tiny, pairs, tuple]}, {list, lists, join, [any, list]},
     {list, erlang, '++', [list, any]}, {list, erlang, '--', [list, list]}, {list, lists, flatmap, [fn, list]}, {list, string, to_graphemes, [string]},
     {tuple, erlang, list_to_tuple, [list]}, {tuple, erlang, setelement, [tiny, tuple, any]}, {tuple, erlang, append_element, [tuple, any]},
     {tuple, erlang, delete_element, [tiny, tuple]}, {tuple, erlang, insert_element, [tiny, tuple, any]}, {tuple, erlang, make_tuple, [tiny, any]},
     {tuple, erlang, make_tuple, [tiny, any, pairs]}, {tuple, lists, partition, [fn, list]}, {tuple, lists, split, [tiny, list]}, {tuple, erlang, split_binary, [binary, tiny]},
     {tuple, lists, unzip, [pairs]}, {tuple, lists, splitwith, [fn, list]},
     {map, maps, put, [any, any, map]}, {map, maps, remove, [any, map]}, {map, maps, merge, [map, map]}, {map, maps, from_list, [pairs]}, {map, maps, update, [any, any, map]},
     {map, maps, from_keys, [list, any]}, {map, maps, with, [list, map]}, {map, maps, without, [list, map]}, {map, maps, map, [fn2, map]}, {map, maps, intersect, [map, map]},
     {map, maps, filter, [fn2, map]}, {map, maps, groups_from_list, [fn, list]},
     {any, erlang, hd, [list]}, {any, erlang, element, [tiny, tuple]}, {any, maps, get, [any, map]}, {any, maps, get, [any, map, any]}, {any, maps, find, [any, map]},
     {any, maps, take, [any, map]}, {any, lists, nth, [tiny, list]}, {any, lists, last, [list]}, {any, lists, max, [list]}, {any, lists, min, [list]}, {any, lists, keyfind, [any, tiny, pairs]},
     {any, lists, keysearch, [any, tiny, pairs]}, {any, lists, keytake, [any, tiny, pairs]}, {any, erlang, min, [any, any]}, {any, erlang, max, [any, any]}, {any, proplists, get_value, [any, pairs]},
     {any, lists, foldl, [fn2, any, list]}, {any, lists, foldr, [fn2, any, list]}, {any, maps, fold, [fn3, any, map]}, {any, binary, match, [binary, binary]},
     {any, erlang, apply, [fn, onelist]}, {any, erlang, apply, [atom, atom, list]}, {any, erlang, put, [atom, any]}, {any, erlang, get, [atom]}, {any, erlang, erase, [atom]},
     {any, erlang, binary_to_term, [binary]}, {any, gen_run, round_trip, [any]}, {any, gen_run, compressed, [any]}, {any, gen_run, external, [any]},
     {any, re, run, [string, string]}, {any, re, split, [binary, binary]}, {any, re, replace, [string, string, string]}, {any, erlang, decode_packet, [atom, binary, list]}, {any, string, to_integer, [string]}, {any, string, to_float, [string]},
     {any, erlang, throw, [any]}, {any, erlang, error, [any]}, {any, erlang, error, [any, list]}, {any, erlang, exit, [any]}, {any, erlang, fun_info, [fn, atom]},
     {any, unicode, bom_to_encoding, [binary]}, {any, erlang, list_to_existing_atom, [string]}, {any, gen_run, ordering, [list]}, {any, gen_run, big_map, [ints, list]},
     {any, erlang, raise, [atom, any, list]}, {any, lists, search, [fn, list]}, {any, lists, mapfoldl, [fn2, any, list]}, {any, orddict, from_list, [pairs]}, {any, gb_trees, from_orddict, [pairs]},
     {any, zlib, gunzip, [binary]}, {any, gen_run, zipped, [iolist]}, {any, sets, from_list, [list]}, {any, ordsets, from_list, [list]}, {any, erlang, is_builtin, [atom, atom, tiny]}].
