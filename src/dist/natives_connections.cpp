// SPDX-License-Identifier: Apache-2.0
// Natives with which the net kernel and its helpers bring connections up, and requests that go over them.
#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "io/ports.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"

#define ATH_FAMILY "dist/dist.def"
#include "bif/declare.inc"

namespace athanor::bif {

using dist::Distribution;
using dist::NodeState;
using dist::RemoteNode;
using process::Signal;
using process::SignalKind;

namespace {

Distribution& distribution_of(Process& self) { return *self.runtime().distribution; }

struct Setup {
  RemoteNode* node;
  uint64_t flags, creation;
  Term setup_pid;
};

bool read_setup(Process& self, const Term* args, Setup& setup) {
  Distribution& distribution = distribution_of(self);
  Term net_kernel = self.runtime().registry->find(atoms::net_kernel);
  if (net_kernel.is_none() || !distribution.is_net_kernel(net_kernel)) return false;
  if (!dist::is_node_name(args[0]) || args[0] == Term(self.runtime().terms.node_name)) return false;
  if (!is_tuple_of(args[2], 2)) return false;
  if (!integer::to_uint64(tuple_element(args[2], 0), setup.flags) || !integer::to_uint64(tuple_element(args[2], 1), setup.creation)) return false;
  if (setup.creation > UINT32_MAX) return false;
  if ((~setup.flags & dist::kMandatoryFlags) != 0) {
    Term values[] = {self.pid(), args[0]};
    process::log_event(self.runtime(), atoms::error,
                       "~p attempted to enable connection to node ~p which does not support all mandatory capabilities.~n",
                       make_list(self.heap(), values, 2), self.group_leader_, self.pid());
    return false;
  }
  setup.node = &distribution.find_or_insert(args[0]);
  setup.setup_pid = self.pid();
  return true;
}

// On the thread of the process that is to carry. The handle, or badarg.
Term connect_process(Process& carrier, const Setup& setup, Allocator& heap) {
  Distribution& distribution = *carrier.runtime().distribution;
  if (carrier.extra().carries_node) return atoms::badarg;
  carrier.extra().carries_node = true;
  if (auto id = distribution.connect(*setup.node, carrier.pid(), nullptr, setup.flags, static_cast<uint32_t>(setup.creation), setup.setup_pid)) {
    return distribution.build_handle(heap, *setup.node, *id);
  }
  carrier.extra().carries_node = false;
  return atoms::badarg;
}

// {message, Ref}: the carrier answers {Ref, Handle | badarg}.
BifResult ask_carrier(Process& self, Term carrier, const Setup& setup) {
  Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  Allocator& heap = self.heap();
  Term request = make_tuple(heap, setup.node->name, integer::from_uint64(heap, setup.flags), integer::from_uint64(heap, setup.creation));
  bool asked = process::request(self.runtime(), carrier, SignalKind::Rpc, self.pid(), words, heap::pack(request, self.runtime().literals), 0,
                                [](Process& target, Signal& signal) {
                                  Setup wanted{&target.runtime().distribution->find_or_insert(tuple_element(signal.parcel.term, 0)), 0, 0, signal.from};
                                  integer::to_uint64(tuple_element(signal.parcel.term, 1), wanted.flags);
                                  integer::to_uint64(tuple_element(signal.parcel.term, 2), wanted.creation);
                                  heap::FragmentAllocator builder(32);
                                  Term handle = atoms::badarg;
                                  if (!(target.state_.load(std::memory_order_relaxed) & process::kExiting)) handle = connect_process(target, wanted, builder);
                                  process::reply(target.runtime(), signal.from, signal.reference, handle);
                                });
  if (!asked) return atoms::badarg;
  return make_tuple(heap, atoms::message, reference);
}

}  // namespace

// {ok, Handle} | {message, Ref} | badarg
BifResult erts_internal::create_dist_channel_3(Process& self, const Term* args) {
  Setup setup;
  if (!read_setup(self, args, setup)) return atoms::badarg;
  Distribution& distribution = distribution_of(self);
  Allocator& heap = self.heap();
  if (args[1] == self.pid()) {
    Term handle = connect_process(self, setup, heap);
    return handle == atoms::badarg ? handle : make_tuple(heap, atoms::ok, handle);
  }
  if (args[1].is_local_pid()) return ask_carrier(self, args[1], setup);
  if (!args[1].is_local_port()) return atoms::badarg;
  std::shared_ptr<io::Port> port = self.runtime().ports->find(args[1]);
  if (!port) return atoms::badarg;
  std::lock_guard lock(port->mutex());
  if (!port->is_open() || !port->driver().soft_busy() || port->sink()) return atoms::badarg;
  auto id = distribution.connect(*setup.node, args[1], port, setup.flags, static_cast<uint32_t>(setup.creation), self.pid());
  return id ? make_tuple(heap, atoms::ok, distribution.build_handle(heap, *setup.node, *id)) : Term(atoms::badarg);
}

BifResult erts_internal::new_connection_1(Process& self, const Term* args) {
  if (!dist::is_node_name(args[0]) || args[0] == Term(self.runtime().terms.node_name)) return self.badarg();
  Distribution& distribution = distribution_of(self);
  RemoteNode& node = distribution.find_or_insert(args[0]);
  const uint32_t connection_id = distribution.begin_connection(node);
  return distribution.build_handle(self.heap(), node, connection_id);
}

BifResult erts_internal::abort_pending_connection_2(Process& self, const Term* args) {
  uint32_t connection_id;
  RemoteNode* node = Distribution::node_of_handle(args[1], connection_id);
  if (!args[0].is_atom() || !node || node->name != args[0]) return self.badarg();
  return boolean(distribution_of(self).abort_pending(*node, connection_id));
}

BifResult erts_internal::dist_spawn_request_4(Process& self, const Term* args) { return distribution_of(self).spawn_request(self, args); }

// Requests to the own node are answered before spawn_request returns: none of those is left to abandon.
BifResult erlang::spawn_request_abandon_1(Process& self, const Term* args) {
  if (!is_reference(args[0])) return self.badarg();
  return boolean(Distribution::abandon_spawn_request(self, args[0]));
}

}  // namespace athanor::bif
