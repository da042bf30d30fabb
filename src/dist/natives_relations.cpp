// SPDX-License-Identifier: Apache-2.0
// Links and monitors as lists of records, for OTP's test suites: erts_debug:get_internal_state({link_list | monitor_list, Pid | Port | Node}).
//
//   {erl_link, process | port | dist_process, Other, linked | unlinking, Number}     the two records of a link to another node share the number
//   {erl_monitor, process | port | time_offset | dist_process | node, origin | target, Reference | [], Other, Name | Count | []}
//
// A node's list has what crosses the connection to it, as seen from there. Not listed: suspensions, aliases without a monitor, who watches all nodes,
// resources.
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "dist/distribution.hpp"
#include "dist/natives_relations.hpp"
#include "io/ports.hpp"
#include "process/links.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::dist {

using process::BifResult;
using process::MonitorType;
using process::Monitors;
using process::Peer;
using process::ReferenceKey;
using process::Signal;

namespace {

// Builds a list from its end.
class Records {
 public:
  explicit Records(Allocator& heap) : heap_(heap) {}

  void link(Term local, const Peer& other, bool is_unlinking) {
    const bool is_port = other.is_local() && Term(other.id).is_local_port();
    const Term type = !other.is_local() ? intern("dist_process") : is_port || local.is_local_port() ? Term(atoms::port) : Term(atoms::process);
    add(bif::make_tuple(heap_, intern("erl_link"), type, other.build(heap_), intern(is_unlinking ? "unlinking" : "linked"), number(local, other)));
  }
  // The same link, among those of the node.
  void link_of_node(Term local, const Peer& remote) {
    add(bif::make_tuple(heap_, intern("erl_link"), intern("dist_process"), local, intern("linked"), number(local, remote)));
  }
  void monitor(Term type, bool is_origin, Term reference, Term other, Term extra) {
    add(bif::make_tuple(heap_, intern("erl_monitor"), type, is_origin ? intern("origin") : intern("target"), reference, other, extra));
  }
  Term reference(const ReferenceKey& key, uint64_t third_word, const Node* node) {
    const uint64_t words[3] = {key.words[0], key.words[1], third_word};
    return node ? reference_of_peer(heap_, node, words) : process::reference_from_words(heap_, words);
  }
  Allocator& heap() { return heap_; }
  Term list() const { return list_; }

 private:
  void add(Term record) { list_ = bif::cons(heap_, record, list_); }
  // Of both ends; what happens to be equal for two of them is one in 2^59.
  Term number(Term local, const Peer& other) {
    uint64_t mixed = local.raw * 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ (mixed >> 29) ^ other.id ^ (other.node ? uint64_t{other.node->number} << 48 : 0)) * 0xBF58476D1CE4E5B9u;
    return Term::small(static_cast<int64_t>((mixed ^ (mixed >> 32)) >> 5));
  }

  Allocator& heap_;
  Term list_ = Term::nil();
};

Term or_nil(Term name) { return name.is_none() ? Term::nil() : name; }

void links_of(Process& process, Records& records) {
  if (!process.links_) return;
  for (const auto& [other, link] : process.links_->all()) records.link(process.pid(), other, link.unlinking != 0);
}

void origin_record(const ReferenceKey& key, const Monitors::Origin& origin, Records& records) {
  Term type = atoms::process, other = origin.target;
  switch (origin.type) {
    case MonitorType::AliasOnly: return;
    case MonitorType::Port: type = atoms::port; break;
    case MonitorType::TimeOffset:
      type = atoms::time_offset;
      other = atoms::clock_service;
      break;
    case MonitorType::Process:
      if (origin.is_remote_name || is_kind(other, BoxedKind::ExternalPid)) type = intern("dist_process");
      if (other.is_pointer()) other = Peer::of(other).build(records.heap());
      break;
  }
  records.monitor(type, true, records.reference(key, origin.pid_word, nullptr), other, or_nil(origin.name));
}

void monitors_of(Process& process, Records& records) {
  if (process.monitors_) {
    for (const auto& [key, origin] : process.monitors_->origins()) origin_record(key, origin, records);
    for (const auto& [key, target] : process.monitors_->targets()) {
      const Node* node = target.watcher.node;
      records.monitor(node ? intern("dist_process") : Term(atoms::process), false, records.reference(key, target.third_word, node),
                      target.watcher.build(records.heap()), or_nil(target.name));
    }
  }
  for (RemoteNode* node : process.runtime().distribution->all()) {
    std::lock_guard lock(node->mutex);
    auto found = node->relations.node_monitors.find(process.pid().raw);
    if (found != node->relations.node_monitors.end()) records.monitor(atoms::node, true, Term::nil(), node->name, Term::small(found->second));
  }
}

Term of_process(Process& process, Relation relation, Allocator& heap) {
  Records records(heap);
  if (relation == Relation::Link) links_of(process, records);
  else monitors_of(process, records);
  return records.list();
}

Term of_node(RemoteNode& node, Relation relation, Allocator& heap) {
  Records records(heap);
  std::lock_guard lock(node.mutex);
  const Relations& all = node.relations;
  if (relation == Relation::Link) {
    for (const auto& [ends, linked_by] : all.links) records.link_of_node(Term(ends.first), ends.second);
    return records.list();
  }
  const Term type = intern("dist_process");
  for (const auto& [key, origin] : all.origins)
    records.monitor(type, false, records.reference(key, origin.third_word, nullptr), origin.watcher, or_nil(origin.name));
  for (const auto& [key, target] : all.targets)
    records.monitor(type, true, records.reference(key, target.third_word, target.watcher.node), target.watched, or_nil(target.name));
  for (const auto& [pid, count] : all.node_monitors) records.monitor(atoms::node, false, Term::nil(), Term(pid), Term::nil());
  return records.list();
}

// On the thread of the process that is asked about, in order with its other signals.
void answer_request(Process& target, Signal& signal) {
  heap::FragmentAllocator heap(64);
  const Term result = process::is_exiting(target) ? Term(atoms::undefined) : of_process(target, static_cast<Relation>(signal.number), heap);
  process::send_message(target.runtime(), signal.from, bif::make_tuple(heap, process::reference_from_words(heap, signal.reference), result));
}

BifResult of_pid(Process& self, Term pid, Relation relation) {
  process::handle_signals(self);
  if (process::is_exiting(self)) return self.exit_now(Term::none());
  if (pid == self.pid()) return of_process(self, relation, self.heap());
  const Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  self.mailbox().skip_to_end();
  if (!process::request(self.runtime(), pid, process::SignalKind::ProcessInfo, self.pid(), words, {}, static_cast<uint64_t>(relation), answer_request,
                        self.priority())) {
    self.mailbox().restart();
    return atoms::undefined;
  }
  return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::await_result, 1), {reference});
}

}  // namespace

BifResult relations_list(Process& self, Term of, Relation relation) {
  if (of.is_local_pid()) return of_pid(self, of, relation);
  if (of.is_local_port() && relation == Relation::Link) {
    const std::shared_ptr<io::Port> port = self.runtime().ports->find(of);
    if (!port) return atoms::undefined;
    std::lock_guard lock(port->mutex());
    Records records(self.heap());
    for (Term other : port->links()) records.link(of, Peer::of(other), false);
    return records.list();
  }
  if (!is_node_name(of)) return self.badarg();
  RemoteNode* node = self.runtime().distribution->find(of);
  return node ? BifResult(of_node(*node, relation, self.heap())) : BifResult(atoms::undefined);
}

}  // namespace athanor::dist
