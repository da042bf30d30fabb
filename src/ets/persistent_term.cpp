// SPDX-License-Identifier: Apache-2.0
// Natives of module persistent_term.
#include "ets/persistent_terms.hpp"

#include "bif/bif.hpp"
#include "ets/tables.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "ets/persistent_term.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {
athanor::ets::PersistentTerms& terms_of(Process& self) { return self.runtime().tables->persistent_terms(); }
}  // namespace

namespace persistent_term {

BifResult get_0(Process& self, const Term*) {
  std::vector<Term> pairs;
  for (auto [key, value] : terms_of(self).pairs()) pairs.push_back(make_tuple(self.heap(), key, value));
  return make_list(self.heap(), pairs.data(), pairs.size());
}
BifResult get_1(Process& self, const Term* args) {
  Term value = terms_of(self).find(args[0]);
  return value.is_none() ? self.badarg() : BifResult(value);
}
BifResult get_2(Process& self, const Term* args) {
  Term value = terms_of(self).find(args[0]);
  return value.is_none() ? args[1] : value;
}
BifResult put_2(Process& self, const Term* args) {
  terms_of(self).put(args[0], args[1]);
  return atoms::ok;
}
BifResult erase_1(Process& self, const Term* args) { return boolean(terms_of(self).erase(args[0])); }
BifResult info_0(Process& self, const Term*) {
  auto whole = [&](size_t value) { return athanor::integer::from_uint64(self.heap(), value); };
  Term pairs[4] = {atoms::count, whole(terms_of(self).count()), atoms::memory, whole(terms_of(self).memory_bytes())};
  return map::from_pairs(self.heap(), pairs, 2);
}
// #{table => Slots}: for erts_debug:get_internal_state(persistent_term).
BifResult ath_table_0(Process& self, const Term*) {
  Term pairs[2] = {atoms::table, athanor::integer::from_uint64(self.heap(), terms_of(self).slots())};
  return map::from_pairs(self.heap(), pairs, 1);
}

}  // namespace persistent_term

BifResult erts_internal::erase_persistent_terms_0(Process& self, const Term*) {
  terms_of(self).erase_all();
  return atoms::true_;
}

}  // namespace athanor::bif
