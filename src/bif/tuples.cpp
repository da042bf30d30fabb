// SPDX-License-Identifier: Apache-2.0
// Tuples.
#include "bif/bif.hpp"
#define ATH_FAMILY "bif/tuples.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr int64_t kMaxArity = (1 << 24) - 1;   // OTP: the largest tuple

Term* new_tuple(Process& self, size_t arity) {
  Term* place = self.allocate(arity + 1);
  place[0].raw = tuple_header(arity);
  return place;
}

// One-based index within [1, last]; 0: not.
size_t index_of(Term t, size_t last) {
  if (!t.is_small() || t.small_value() < 1) return 0;
  auto index = static_cast<uint64_t>(t.small_value());
  return index <= last ? index : 0;
}

BifResult filled(Process& self, Term size, Term value, Term* place_out[1]) {
  if (!size.is_small() || size.small_value() < 0 || size.small_value() > kMaxArity) return self.badarg();
  auto arity = static_cast<size_t>(size.small_value());
  Term* place = new_tuple(self, arity);
  for (size_t i = 1; i <= arity; ++i) place[i] = value;
  place_out[0] = place;
  return Term::boxed(place);
}

}  // namespace

namespace erlang {

BifResult setelement_3(Process& self, const Term* args) {
  if (!is_tuple(args[1])) return self.badarg();
  size_t arity = tuple_arity(args[1]);
  size_t index = index_of(args[0], arity);
  if (index == 0) return self.badarg();
  Term* place = new_tuple(self, arity);
  for (size_t i = 1; i <= arity; ++i) place[i] = args[1].pointer()[i];
  place[index] = args[2];
  return Term::boxed(place);
}

BifResult make_tuple_2(Process& self, const Term* args) {
  Term* place[1];
  return filled(self, args[0], args[1], place);
}

// erlang:make_tuple/3: [{Position, Value}], later ones win.
BifResult make_tuple_3(Process& self, const Term* args) {
  Term* place[1];
  BifResult result = filled(self, args[0], args[1], place);
  if (!result.has_value()) return result;
  auto arity = static_cast<size_t>(args[0].small_value());
  Term list = args[2];
  for (; list.is_list_cell(); list = list.tail()) {
    Term pair = list.head();
    size_t index = is_tuple_of(pair, 2) ? index_of(tuple_element(pair, 0), arity) : 0;
    if (index == 0) return self.badarg();
    place[0][index] = tuple_element(pair, 1);
  }
  return list.is_nil() ? result : self.badarg();
}

BifResult append_element_2(Process& self, const Term* args) {
  if (!is_tuple(args[0]) || static_cast<int64_t>(tuple_arity(args[0])) >= kMaxArity) return self.badarg();
  size_t arity = tuple_arity(args[0]);
  Term* place = new_tuple(self, arity + 1);
  for (size_t i = 1; i <= arity; ++i) place[i] = args[0].pointer()[i];
  place[arity + 1] = args[1];
  return Term::boxed(place);
}

BifResult insert_element_3(Process& self, const Term* args) {
  if (!is_tuple(args[1]) || static_cast<int64_t>(tuple_arity(args[1])) >= kMaxArity) return self.badarg();
  size_t arity = tuple_arity(args[1]);
  size_t index = index_of(args[0], arity + 1);
  if (index == 0) return self.badarg();
  Term* place = new_tuple(self, arity + 1);
  for (size_t i = 1; i < index; ++i) place[i] = args[1].pointer()[i];
  place[index] = args[2];
  for (size_t i = index; i <= arity; ++i) place[i + 1] = args[1].pointer()[i];
  return Term::boxed(place);
}

BifResult delete_element_2(Process& self, const Term* args) {
  if (!is_tuple(args[1])) return self.badarg();
  size_t arity = tuple_arity(args[1]);
  size_t index = index_of(args[0], arity);
  if (index == 0) return self.badarg();
  Term* place = new_tuple(self, arity - 1);
  for (size_t i = 1, to = 1; i <= arity; ++i) {
    if (i != index) place[to++] = args[1].pointer()[i];
  }
  return Term::boxed(place);
}

BifResult tuple_to_list_1(Process& self, const Term* args) {
  if (!is_tuple(args[0])) return self.badarg();
  self.charge(tuple_arity(args[0]) / 16);
  return make_list(self.heap(), tuple_elements(args[0]), tuple_arity(args[0]));
}

BifResult list_to_tuple_1(Process& self, const Term* args) {
  int64_t length = list_length(args[0]);
  if (length < 0 || length > kMaxArity) return self.badarg();
  self.charge(static_cast<uint64_t>(length) / 16);
  Term* place = new_tuple(self, static_cast<size_t>(length));
  Term* at = place;
  for (Term list = args[0]; list.is_list_cell(); list = list.tail()) *++at = list.head();
  return Term::boxed(place);
}

}  // namespace erlang
}  // namespace athanor::bif
