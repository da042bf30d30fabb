// SPDX-License-Identifier: Apache-2.0
// How a family of built-ins is written: one .def of rows beside one .cpp of bodies.
//
//   bif/maps.def:  BIF(maps, merge, 2, Light, 25, latest)
//   bif/maps.cpp:  BifResult maps::merge_2(Process& self, const Term* args) { … }
//
// A row declares its body (this header expands families.def into declarations); the compiler asks for a body that is missing.
// Names that are no identifiers: BIF_NAMED(erlang, "++", append, 2, …). NIF rows (stock OTP has them as NIFs): NIF(…), NIF_NAMED.
#pragma once

#include "process/bif_result.hpp"
#include "process/process.hpp"
#include "term/atom_table.hpp"
#include "term/binary.hpp"
#include "term/boxed.hpp"
#include "term/integer.hpp"

namespace athanor::bif {

using process::BifKind;
using process::BifResult;
using process::Process;

constexpr uint16_t latest = 999;

// --- small helpers every family uses ---
// A list from `count` terms.
Term make_list(Allocator& heap, const Term* items, size_t count, Term tail = Term::nil());
template <class... Terms>
Term make_tuple(Allocator& heap, Terms... elements) {
  constexpr size_t kArity = sizeof...(elements);
  Term* place = heap.allocate(kArity + 1);
  place[0].raw = tuple_header(kArity);
  Term* at = place;
  ((*++at = elements), ...);
  return Term::boxed(place);
}
inline Term cons(Allocator& heap, Term head, Term tail) { return make_cons(heap.allocate(2), head, tail); }
// Length of a proper list; -1: improper.
int64_t list_length(Term list);
// A flat list of Latin-1 characters from UTF-8 text is latin1_list; code points: code_point_list.
Term latin1_list(Allocator& heap, std::string_view bytes);        // one element a byte
Term code_point_list(Allocator& heap, std::string_view utf8);
// Bytes of an iolist (or binary) appended to `out`; false: not an iolist.
bool iolist_to_string(Term iolist, std::string& out);
// Text of a chardata/atom/list of code points as UTF-8; false: bad.
bool chardata_to_utf8(Term chardata, std::string& out);

}  // namespace athanor::bif

// Declarations: #define the namespace per module, then include the family's .def via this macro set:
#define ATH_DECLARE_BIF(module, name, arity) \
  namespace athanor::bif::module { ::athanor::process::BifResult name##_##arity(::athanor::process::Process& self, const ::athanor::Term* args); }
