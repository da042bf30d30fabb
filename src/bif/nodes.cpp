// SPDX-License-Identifier: Apache-2.0
// Nodes, as seen by a machine that is alone: without distribution there is this node and no other.
#include "bif/bif.hpp"
#include "sched/scheduling.hpp"
#include "term/identifier.hpp"
#include "term/map.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

bool is_alive(Process& self) { return self.runtime().terms.node_name != atoms::nonode_at_nohost; }

// An atom or a list of them. False: no kind of node. `own`: this node is among them.
bool parse_kinds(Term kinds, bool& own) {
  own = false;
  auto parse = [&](Term kind) {
    if (kind == atoms::this_ || kind == atoms::known) own = true;
    else if (kind != atoms::visible && kind != atoms::hidden && kind != atoms::connected) return false;
    return true;
  };
  if (kinds.is_atom()) return parse(kinds);
  for (; kinds.is_list_cell(); kinds = kinds.tail())
    if (!parse(kinds.head())) return false;
  return kinds.is_nil();
}

bool parse_boolean(Term t, bool& out) {
  out = t == atoms::true_;
  return out || t == atoms::false_;
}

}  // namespace

BifResult erlang::node_0(Process& self, const Term*) { return self.runtime().terms.node_name; }

BifResult erlang::node_1(Process& self, const Term* args) {
  if (!is_pid(args[0]) && !is_port(args[0]) && !is_reference(args[0])) return self.badarg();
  return athanor::node_of(args[0]).name;
}

BifResult erlang::nodes_0(Process&, const Term*) { return Term::nil(); }

BifResult erlang::nodes_1(Process& self, const Term* args) {
  bool own;
  if (!parse_kinds(args[0], own)) return self.badarg();
  return own ? cons(self.heap(), self.runtime().terms.node_name, Term::nil()) : Term::nil();
}

BifResult erlang::nodes_2(Process& self, const Term* args) {
  bool own;
  if (!parse_kinds(args[0], own) || !is_map(args[1])) return self.badarg();
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
  if (!own) return Term::nil();
  Allocator& heap = self.heap();
  Term info = map::empty(heap);
  if (wants_connection) info = map::put(heap, info, atoms::connection_id, atoms::undefined);
  if (wants_type) info = map::put(heap, info, atoms::node_type, atoms::this_);
  return cons(heap, make_tuple(heap, self.runtime().terms.node_name, info), Term::nil());
}

// OTP: notalive without a name of our own, except for this node.
BifResult erlang::monitor_node_2(Process& self, const Term* args) {
  bool on;
  if (!args[0].is_atom() || !parse_boolean(args[1], on)) return self.badarg();
  if (args[0] == self.runtime().terms.node_name) return atoms::true_;
  return self.error(is_alive(self) ? atoms::notsup : atoms::notalive);
}

BifResult erlang::monitor_node_3(Process& self, const Term* args) {
  Term options = args[2];
  for (; options.is_list_cell(); options = options.tail())
    if (options.head() != atoms::allow_passive_connect) return self.badarg();
  return options.is_nil() ? monitor_node_2(self, args) : self.badarg();
}

BifResult erts_internal::get_creation_0(Process& self, const Term*) {
  if (!is_alive(self)) return atoms::undefined;
  return Term::small(self.runtime().terms.creation);
}

// {erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder} of release 25.
BifResult erts_internal::get_dflags_0(Process& self, const Term*) {
  return make_tuple(self.heap(), atoms::erts_dflags, Term::small(55966662588), Term::small(17239956), Term::small(55966662588),
                    Term::small(8396866), Term::small(8192));
}

// Whether the pid's node prints Unicode: ours does.
BifResult net_kernel::dflag_unicode_io_1(Process& self, const Term* args) {
  return is_pid(args[0]) ? BifResult(atoms::true_) : self.badarg();
}

}  // namespace athanor::bif
