// SPDX-License-Identifier: Apache-2.0
// Type tests and the guard functions that take a value apart.
#include "bif/bif.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/types.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace erlang {

BifResult is_atom_1(Process&, const Term* args) { return boolean(args[0].is_atom()); }
BifResult is_binary_1(Process&, const Term* args) { return boolean(athanor::binary::is_binary(args[0])); }
BifResult is_bitstring_1(Process&, const Term* args) { return boolean(is_bitstring(args[0])); }
BifResult is_boolean_1(Process&, const Term* args) { return boolean(args[0] == atoms::true_ || args[0] == atoms::false_); }
BifResult is_float_1(Process&, const Term* args) { return boolean(is_float(args[0])); }
BifResult is_function_1(Process&, const Term* args) { return boolean(is_fun(args[0])); }
// erlang:is_function/2: the arity may be any non-negative integer; others are badarg.
BifResult is_function_2(Process& self, const Term* args) {
  if (args[1].is_small() ? args[1].small_value() < 0 : !is_big(args[1]) || integer::is_negative(args[1])) return self.badarg();
  if (!is_fun(args[0]) || !args[1].is_small()) return atoms::false_;
  uint32_t arity = is_local_fun(args[0]) ? fun_arity(args[0]) : export_entry(args[0])->mfa.arity;
  return boolean(args[1].small_value() == arity);
}
BifResult is_integer_1(Process&, const Term* args) { return boolean(is_integer(args[0])); }
BifResult is_list_1(Process&, const Term* args) { return boolean(args[0].is_list()); }
BifResult is_map_1(Process&, const Term* args) { return boolean(is_map(args[0])); }
BifResult is_number_1(Process&, const Term* args) { return boolean(is_number(args[0])); }
BifResult is_pid_1(Process&, const Term* args) { return boolean(is_pid(args[0])); }
BifResult is_port_1(Process&, const Term* args) { return boolean(is_port(args[0])); }
BifResult is_reference_1(Process&, const Term* args) { return boolean(is_reference(args[0])); }
BifResult is_tuple_1(Process&, const Term* args) { return boolean(is_tuple(args[0])); }
BifResult is_record_2(Process& self, const Term* args) {
  if (!args[1].is_atom()) return self.badarg();
  return boolean(is_tuple(args[0]) && tuple_arity(args[0]) > 0 && tuple_element(args[0], 0) == args[1]);
}
BifResult is_record_3(Process& self, const Term* args) {
  if (!args[1].is_atom() || !args[2].is_small() || args[2].small_value() < 0) return self.badarg();
  return boolean(is_tuple(args[0]) && args[2].small_value() > 0 &&
                 tuple_arity(args[0]) == static_cast<uint64_t>(args[2].small_value()) && tuple_element(args[0], 0) == args[1]);
}

BifResult hd_1(Process& self, const Term* args) { return args[0].is_list_cell() ? BifResult(args[0].head()) : self.badarg(); }
BifResult tl_1(Process& self, const Term* args) { return args[0].is_list_cell() ? BifResult(args[0].tail()) : self.badarg(); }
BifResult length_1(Process& self, const Term* args) {
  int64_t length = list_length(args[0]);
  if (length < 0) return self.badarg();
  self.charge(static_cast<uint64_t>(length) / 64);
  return Term::small(length);
}
BifResult element_2(Process& self, const Term* args) {
  if (!args[0].is_small() || !is_tuple(args[1])) return self.badarg();
  int64_t index = args[0].small_value();
  if (index < 1 || static_cast<uint64_t>(index) > tuple_arity(args[1])) return self.badarg();
  return tuple_element(args[1], static_cast<size_t>(index - 1));
}
BifResult tuple_size_1(Process& self, const Term* args) {
  if (!is_tuple(args[0])) return self.badarg();
  return Term::small(static_cast<int64_t>(tuple_arity(args[0])));
}
BifResult size_1(Process& self, const Term* args) {
  if (is_tuple(args[0])) return tuple_size_1(self, args);
  if (!is_bitstring(args[0])) return self.badarg();
  return integer::from_uint64(self.heap(), athanor::binary::bit_size(args[0]) / 8);
}
BifResult bit_size_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  return integer::from_uint64(self.heap(), athanor::binary::bit_size(args[0]));
}
// erlang:byte_size/1: an incomplete last byte counts whole.
BifResult byte_size_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  return integer::from_uint64(self.heap(), (athanor::binary::bit_size(args[0]) + 7) / 8);
}
BifResult map_size_1(Process& self, const Term* args) {
  if (!is_map(args[0])) return self.badmap(args[0]);
  return Term::small(static_cast<int64_t>(map_size(args[0])));
}
BifResult map_get_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  Term value = map::get(args[1], args[0]);
  return value.is_none() ? self.badkey(args[0]) : BifResult(value);
}
BifResult is_map_key_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  return boolean(map::find(args[1], args[0]) != nullptr);
}

}  // namespace erlang

BifResult erts_internal::term_type_1(Process&, const Term* args) {
  Term t = args[0];
  if (t.is_small()) return atoms::fixnum;
  if (t.is_atom()) return atoms::atom;
  if (t.is_nil()) return atoms::nil;
  if (t.is_list_cell()) return atoms::list;
  if (t.is_local_pid()) return atoms::pid;
  if (t.is_local_port()) return atoms::port;
  switch (boxed_kind(t)) {
    case BoxedKind::Tuple: return atoms::tuple;
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig: return atoms::bignum;
    case BoxedKind::Float: return atoms::hfloat;
    case BoxedKind::FlatMap: return atoms::flatmap;
    case BoxedKind::HashMap: return atoms::hashmap;
    case BoxedKind::HashNode: return atoms::hashmap_node;
    case BoxedKind::Fun: return atoms::fun;
    case BoxedKind::Export: return intern("export");
    case BoxedKind::HeapBinary: return atoms::heap_binary;
    case BoxedKind::BinaryRef: return atoms::refc_binary;
    case BoxedKind::SubBinary: return atoms::sub_binary;
    case BoxedKind::MatchContext: return atoms::matchstate;
    case BoxedKind::Reference:
    case BoxedKind::MagicReference: return atoms::reference;
    case BoxedKind::ExternalPid: return atoms::external_pid;
    case BoxedKind::ExternalPort: return atoms::external_port;
    case BoxedKind::ExternalReference: return atoms::external_reference;
    case BoxedKind::kCount: break;
  }
  ATH_ASSERT(false);
}

}  // namespace athanor::bif
