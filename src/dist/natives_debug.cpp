// SPDX-License-Identifier: Apache-2.0
// What is asked of the distribution's insides, by erlang:system_info(dist_ctrl) and, from OTP's test suites, erts_debug:get_internal_state/1.
#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "term/atom_table.hpp"

#define ATH_FAMILY "dist/dist.def"
#include "bif/declare.inc"

namespace athanor::bif {

using dist::RemoteNode;

namespace {

// The port or process that carries the connection to this node.
Term carrier_of(Process& self, Term name) {
  RemoteNode* node = self.runtime().distribution->find(name);
  if (!node) return atoms::undefined;
  std::lock_guard lock(node->mutex);
  return node->controller.is_none() ? Term(atoms::undefined) : node->controller;
}

// system_info(dist_ctrl): [{Node, Carrier}] of the nodes there is a connection to.
Term carriers(Process& self) {
  Term list = Term::nil();
  for (RemoteNode* node : self.runtime().distribution->all()) {
    const Term carrier = carrier_of(self, node->name);
    if (carrier != atoms::undefined) list = cons(self.heap(), make_tuple(self.heap(), node->name, carrier), list);
  }
  return list;
}

}  // namespace

// badarg: no such state.
BifResult erts_debug::ath_dist_state_1(Process& self, const Term* args) {
  Allocator& heap = self.heap();
  const Term key = args[0];
  if (key == atoms::dist_ctrl) return carriers(self);
  if (key == atoms::dist_buf_busy_limit) return integer::from_uint64(heap, self.runtime().distribution->busy_limit());
  if (is_named(key, "max_atom_out_cache_index")) return Term::small(dist::kCacheSlots - 1);
  if (!is_tuple_of(key, 2) || !tuple_element(key, 1).is_atom()) return self.badarg();
  const Term what = tuple_element(key, 0), atom = tuple_element(key, 1);
  if (is_named(what, "dist_ctrl")) return carrier_of(self, atom);
  if (is_named(what, "atom_out_cache_index")) return Term::small(static_cast<int64_t>(dist::cache_slot(atom)));
  return self.badarg();
}

}  // namespace athanor::bif
