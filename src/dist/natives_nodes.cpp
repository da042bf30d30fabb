// SPDX-License-Identifier: Apache-2.0
// Natives about nodes: which there are, and hearing of their end.
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "dist/distribution.hpp"
#include "term/identifier.hpp"
#include "term/map.hpp"

#define ATH_FAMILY "dist/dist.def"
#include "bif/declare.inc"

namespace athanor::bif {

using dist::Distribution;
using dist::NodeState;
using dist::RemoteNode;

namespace {

Distribution& distribution_of(Process& self) { return *self.runtime().distribution; }

struct Kinds {
  bool visible = false, hidden = false, unconnected = false, this_node = false;
};

// An atom or a list of them. False: no kind of node.
bool parse_kinds(Term wanted, Kinds& kinds) {
  auto parse = [&](Term kind) {
    if (kind == atoms::visible) kinds.visible = true;
    else if (kind == atoms::hidden) kinds.hidden = true;
    else if (kind == atoms::connected) kinds.visible = kinds.hidden = true;
    else if (kind == atoms::this_) kinds.this_node = true;
    else if (kind == atoms::known) kinds = {true, true, true, true};
    else return false;
    return true;
  };
  if (wanted.is_atom()) return parse(wanted);
  for (; wanted.is_list_cell(); wanted = wanted.tail())
    if (!parse(wanted.head())) return false;
  return wanted.is_nil();
}

bool parse_boolean(Term t, bool& out) {
  out = t == atoms::true_;
  return out || t == atoms::false_;
}

struct Found {
  Term name, type;
  uint32_t connection_id;   // all ones: none
};

std::vector<Found> nodes_of(Process& self, const Kinds& kinds) {
  std::vector<Found> result;
  if (kinds.this_node) result.push_back({self.runtime().terms.node_name, atoms::this_, ~uint32_t{0}});
  for (RemoteNode* node : distribution_of(self).all()) {
    if (node->name == Term(self.runtime().terms.node_name)) continue;
    std::lock_guard lock(node->mutex);
    const bool connected = node->state == NodeState::Connected || node->state == NodeState::Exiting;
    if (!connected ? !kinds.unconnected : node->is_visible() ? !kinds.visible : !kinds.hidden) continue;
    Term type = !connected ? atoms::known : node->is_visible() ? atoms::visible : atoms::hidden;
    result.push_back({node->name, type, connected ? node->connection_id : ~uint32_t{0}});
  }
  return result;
}

BifResult node_list(Process& self, const Kinds& kinds) {
  Term list = Term::nil();
  for (const Found& node : nodes_of(self, kinds)) list = cons(self.heap(), node.name, list);
  return list;
}

BifResult monitor_node(Process& self, Term name, Term flag, Term options) {
  bool passive = false;
  Term rest = options;
  for (; rest.is_list_cell(); rest = rest.tail()) {
    if (rest.head() != atoms::allow_passive_connect) return self.badarg_because(atoms::badopt);
    passive = true;
  }
  if (!rest.is_nil()) return self.badarg_because(atoms::badopt);
  if (!name.is_atom()) return self.badarg();
  Distribution& distribution = distribution_of(self);
  if (name != atoms::nonode_at_nohost && !self.runtime().may_reach_nodes()) return self.error(atoms::notalive);
  bool on;
  if (!parse_boolean(flag, on)) return self.badarg();
  if (name == Term(self.runtime().terms.node_name)) return atoms::true_;
  if (distribution.monitor_node(self, distribution.find_or_insert(name), on, !passive)) return atoms::true_;
  // Erlang sends `nodedown`, or tries to connect and comes back.
  return self.trap(self.runtime().code->export_of(atoms::erlang, atoms::dmonitor_node, 3), {name, flag, options});
}

}  // namespace

BifResult erlang::node_0(Process& self, const Term*) { return Term(self.runtime().terms.node_name); }

BifResult erlang::node_1(Process& self, const Term* args) {
  if (!is_pid(args[0]) && !is_port(args[0]) && !is_reference(args[0])) return self.badarg();
  return athanor::node_of(args[0]).name;
}

BifResult erlang::nodes_0(Process& self, const Term*) { return node_list(self, {.visible = true}); }

BifResult erlang::nodes_1(Process& self, const Term* args) {
  Kinds kinds;
  return parse_kinds(args[0], kinds) ? node_list(self, kinds) : self.badarg();
}

BifResult erlang::nodes_2(Process& self, const Term* args) {
  Kinds kinds;
  if (!parse_kinds(args[0], kinds) || !is_map(args[1])) return self.badarg();
  bool wants_connection = false, wants_type = false;
  size_t known = 0;
  if (Term value = map::get(args[1], atoms::connection_id); !value.is_none()) {
    if (!parse_boolean(value, wants_connection)) return self.badarg();
    ++known;
  }
  if (Term value = map::get(args[1], atoms::node_type); !value.is_none()) {
    if (!parse_boolean(value, wants_type)) return self.badarg();
    ++known;
  }
  if (known != map_size(args[1])) return self.badarg();
  Allocator& heap = self.heap();
  Term list = Term::nil();
  for (const Found& node : nodes_of(self, kinds)) {
    Term info = map::empty(heap);
    Term id = node.connection_id == ~uint32_t{0} ? Term(atoms::undefined) : Term::small(node.connection_id);
    if (wants_connection) info = map::put(heap, info, atoms::connection_id, id);
    if (wants_type) info = map::put(heap, info, atoms::node_type, node.type);
    list = cons(heap, make_tuple(heap, node.name, info), list);
  }
  return list;
}

BifResult erlang::monitor_node_2(Process& self, const Term* args) { return monitor_node(self, args[0], args[1], Term::nil()); }
BifResult erlang::monitor_node_3(Process& self, const Term* args) { return monitor_node(self, args[0], args[1], args[2]); }

BifResult erlang::setnode_2(Process& self, const Term* args) {
  uint64_t creation;
  if (!integer::to_uint64(args[1], creation) || creation > UINT32_MAX) return self.badarg();
  if (!distribution_of(self).set_name(args[0], static_cast<uint32_t>(creation))) return self.badarg();
  return atoms::true_;
}

BifResult erts_internal::get_creation_0(Process& self, const Term*) {
  const uint32_t creation = self.runtime().terms.creation;
  if (creation == 0) return atoms::undefined;
  return Term::small(creation);
}

// {erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder}
BifResult erts_internal::get_dflags_0(Process& self, const Term*) {
  auto number = [](uint64_t flags) { return Term::small(static_cast<int64_t>(flags)); };
  return make_tuple(self.heap(), atoms::erts_dflags, number(dist::kDefaultFlags), number(dist::kMandatoryFlags), number(dist::kDefaultFlags),
                    number(dist::kRejectableFlags), number(dist::kStrictOrderFlags));
}

// Whether the pid's node prints Unicode.
BifResult net_kernel::dflag_unicode_io_1(Process& self, const Term* args) {
  if (!is_pid(args[0])) return self.badarg();
  if (args[0].is_local_pid()) return atoms::true_;
  RemoteNode* node = distribution_of(self).find(athanor::node_of(args[0]).name);
  if (!node) return atoms::false_;
  std::lock_guard lock(node->mutex);
  return boolean(node->state == NodeState::Connected && (node->flags & dist::kUnicodeIo));
}

}  // namespace athanor::bif
