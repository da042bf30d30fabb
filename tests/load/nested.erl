%% SPDX-License-Identifier: Apache-2.0
%% Terms nested very deep: compared, copied to another process, hashed, printed, encoded and decoded.
-module(nested).
-export([size/0, run/1]).

size() -> 10000000.

run(Depth) ->
    {{one(fun(Inner) -> [Inner] end, Depth), one(fun(Inner) -> {x, Inner} end, Depth), one(fun(Inner) -> #{k => Inner} end, Depth div 10)}, []}.

one(Wrap, Depth) ->
    Term = wrap(Wrap, Depth, end_of_it),
    Other = wrap(Wrap, Depth, end_of_it),
    Different = wrap(Wrap, Depth, zzz),
    Compared = {Term =:= Other, Term == Other, Term < Different, Term =:= Different},
    Self = self(),
    Copier = spawn_link(fun() -> receive {From, Copy} -> From ! {self(), Copy =:= wrap(Wrap, Depth, end_of_it)} end end),
    Copier ! {Self, Term},
    Copied = receive {Copier, Same} -> Same end,
    Encoded = term_to_binary(Term),
    Decoded = binary_to_term(Encoded) =:= Term,
    {Compared, Copied, erlang:phash2(Term), byte_size(Encoded), erlang:crc32(Encoded), Decoded, printed(Term, Depth)}.

wrap(_, 0, Term) -> Term;
wrap(Wrap, N, Term) -> wrap(Wrap, N - 1, Wrap(Term)).

%% The text of a tenth of it: io_lib holds several hundred bytes for each level.
printed(Term, Depth) -> iolist_size(io_lib:format("~w", [inner(Term, Depth - Depth div 10)])).

inner(Term, 0) -> Term;
inner([Term], N) -> inner(Term, N - 1);
inner({x, Term}, N) -> inner(Term, N - 1);
inner(#{k := Term}, N) -> inner(Term, N - 1).
