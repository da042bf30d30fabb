// SPDX-License-Identifier: Apache-2.0
// What is asked of the distribution's insides, by erlang:system_info(dist_ctrl) and, from OTP's test suites, erts_debug:get_internal_state/1.
#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "dist/natives_relations.hpp"
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

// {{node_references, [{{Name, Creation}, Count, [{Referrer, [{Kind, Count}]}]}]}, {dist_references, [{Name, Count, …}]}}. Nodes here are not
// counted by what refers to them: each belongs to the machine's table, which holds it for good.
Term references(Process& self) {
  Allocator& heap = self.heap();
  auto held = [&](Term entry) {
    Term by = make_tuple(heap, intern("system"), intern("node_table"));
    Term kinds = cons(heap, make_tuple(heap, intern("entry"), Term::small(1)), Term::nil());
    return make_tuple(heap, entry, Term::small(1), cons(heap, make_tuple(heap, by, kinds), Term::nil()));
  };
  const dist::Distribution& distribution = *self.runtime().distribution;
  const TermContext& terms = self.runtime().terms;
  auto identity = [&](Term name, uint32_t creation) { return make_tuple(heap, name, Term::small(creation)); };
  Term nodes = cons(heap, held(identity(terms.node_name, terms.creation)), Term::nil());
  for (const Node* node : distribution.identities()) nodes = cons(heap, held(identity(node->name, node->creation)), nodes);
  Term channels = Term::nil();
  for (const RemoteNode* node : distribution.all()) channels = cons(heap, held(node->name), channels);
  return make_tuple(heap, make_tuple(heap, intern("node_references"), nodes), make_tuple(heap, intern("dist_references"), channels));
}

}  // namespace

// badarg: no such state.
BifResult erts_debug::ath_dist_state_1(Process& self, const Term* args) {
  Allocator& heap = self.heap();
  const Term key = args[0];
  if (key == atoms::dist_ctrl) return carriers(self);
  if (key == atoms::dist_buf_busy_limit) return integer::from_uint64(heap, self.runtime().distribution->busy_limit());
  if (is_named(key, "node_and_dist_references")) return references(self);
  if (is_named(key, "monitoring_nodes")) return self.runtime().distribution->subscriptions(heap);
  if (is_named(key, "max_atom_out_cache_index")) return Term::small(dist::kCacheSlots - 1);
  if (!is_tuple_of(key, 2)) return self.badarg();
  if (is_named(tuple_element(key, 0), "link_list")) return dist::relations_list(self, tuple_element(key, 1), dist::Relation::Link);
  if (is_named(tuple_element(key, 0), "monitor_list")) return dist::relations_list(self, tuple_element(key, 1), dist::Relation::Monitor);
  if (!tuple_element(key, 1).is_atom()) return self.badarg();
  const Term what = tuple_element(key, 0), atom = tuple_element(key, 1);
  if (is_named(what, "dist_ctrl")) return carrier_of(self, atom);
  if (is_named(what, "atom_out_cache_index")) return Term::small(static_cast<int64_t>(dist::cache_slot(atom)));
  return self.badarg();
}

}  // namespace athanor::bif
