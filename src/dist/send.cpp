// SPDX-License-Identifier: Apache-2.0
// Signals of local processes to those of other nodes.
#include "dist/distribution.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"

namespace athanor::dist {

using process::ReferenceKey;
using process::SendOutcome;
using process::Signal;
using process::SignalKind;

static bool was_admitted(Process& self, RemoteNode& node) {
  return !node.admitted.empty() && node.admitted.erase(self.pid().raw) > 0;
}

// Senders are held up under the node's lock, so that the signal to go on comes after it.

// Whoever comes while others wait waits behind them; else a sender of large messages would be back before small ones got their turn.
bool Distribution::has_turn(Process& self, RemoteNode& node) {
  if (was_admitted(self, node)) return true;
  const bool waits_for_own = node.queue && node.queue->large_bytes_of(self.pid().raw) >= busy_limit_;
  if (!waits_for_own && node.suspended.empty() && node.queued_weight() < busy_limit_) return true;
  if (waits_for_own) node.suspended_by_own.push_back(self.pid());
  else node.suspended.push_back({self.pid(), true});
  process::suspend_self(self);
  return false;
}

bool Distribution::has_room(Process& self, Term to) {
  RemoteNode* node = find(is_tuple(to) ? tuple_element(to, 1) : athanor::node_of(to).name);
  if (!node) return true;
  Term controller;
  {
    std::lock_guard lock(node->mutex);
    if (node->state == NodeState::Idle) return true;
    if (node->queue && node->queue->last_word_bytes() >= busy_limit_) {
      node->suspended_by_last_words.push_back(self.pid());
      process::suspend_self(self);
    } else if (has_turn(self, *node)) {
      return true;
    } else if (!node->suspended.empty() && node->suspended.back().pid == self.pid()) {
      node->suspended.back().comes_back = false;
    }
    controller = node->controller;
  }
  tell_busy(self, *node, controller);
  return false;
}

bool Distribution::has_room_for_last_word(Process& self, Term to) {
  RemoteNode* node = find(athanor::node_of(to).name);
  if (!node) return true;
  Term controller;
  {
    std::lock_guard lock(node->mutex);
    if (node->state != NodeState::Connected || node->queue->last_word_bytes() < busy_limit_) return true;
    node->suspended_by_last_words.push_back(self.pid());
    process::suspend_self(self);
    controller = node->controller;
  }
  tell_busy(self, *node, controller);
  return false;
}

SendOutcome Distribution::send(Process& self, Term to, Term message, const process::SendOptions& options) {
  const bool by_name = is_tuple(to);
  const Term node_name = by_name ? tuple_element(to, 1) : athanor::node_of(to).name;
  if (node_name == Term(runtime_.terms.node_name)) return SendOutcome::Sent;   // an earlier life of this node: nobody there
  if (!is_alive()) return SendOutcome::NoConnection;
  RemoteNode& node = find_or_insert(node_name);
  std::unique_lock<std::mutex> lock;
  if (!prepare(node, lock, !options.noconnect)) return SendOutcome::NoConnection;
  if (options.nosuspend) {
    if (!was_admitted(self, node) && node.queued_weight() >= busy_limit_) return SendOutcome::WouldSuspend;
  } else if (!has_turn(self, node)) {
    Term controller = node.controller;
    lock.unlock();
    tell_busy(self, node, controller);
    return SendOutcome::Suspended;
  }
  Term token = Term::none();
  if (ATH_UNLIKELY(self.trace_flags_ & process::trace_flag::kToken)) {
    lock.unlock();
    token = runtime_.tracing->token_of_send(self, to, message);
    lock.lock();
  }
  const bool has_token = !token.is_none();
  Control control;
  if (by_name) {
    control = {has_token ? ControlKind::RegSendTT : ControlKind::RegSend, {self.pid(), atoms::no_text, tuple_element(to, 0), token}, message};
  } else if (is_pid(to)) {
    control = {has_token ? ControlKind::SendSenderTT : ControlKind::SendSender, {self.pid(), to, token}, message};
  } else {
    control = {has_token ? ControlKind::AliasSendTT : ControlKind::AliasSend, {self.pid(), to, token}, message};
  }
  return push_locked(node, lock, control, self.pid().raw, Flush::AfterSlice) == Pushed::TooLarge ? SendOutcome::TooLarge : SendOutcome::Sent;
}

// Takes note of what begins or ends between two processes. False: nothing is to be sent.
bool Distribution::deliver_relation(RemoteNode& node, Term to, Signal& signal) {
  Relations& relations = node.relations;
  const Term from = signal.from;
  switch (signal.kind) {
    case SignalKind::Link: {
      uint32_t& count = relations.links[{from.raw, process::Peer::of(to)}];
      if (signal.number == process::kNewLink || count == 0) ++count;
      return true;
    }
    case SignalKind::Unlink: return relations.links.contains({from.raw, process::Peer::of(to)});
    case SignalKind::Exit: {
      if (static_cast<process::ExitOrigin>(signal.number) != process::ExitOrigin::Link) return true;
      return relations.drop_link({from.raw, process::Peer::of(to)});
    }
    case SignalKind::Monitor: {
      Relations::Origin origin{from, to.is_atom() ? process::Peer{} : process::Peer::of(to), signal.parcel.term, signal.reference[2]};
      relations.origins[process::key_of(signal.reference)] = origin;
      return true;
    }
    case SignalKind::Demonitor: {
      auto found = relations.origins.find(process::key_of(signal.reference));
      if (found == relations.origins.end()) return false;
      signal.parcel.term = found->second.name;
      relations.origins.erase(found);
      return true;
    }
    case SignalKind::MonitorDown: {
      auto found = relations.targets.find(process::key_of(signal.reference, process::Peer::of(to).node));
      if (found == relations.targets.end()) return false;
      if (!found->second.name.is_none()) signal.from = found->second.name;   // OTP: down by the name it was watched by
      relations.targets.erase(found);
      return true;
    }
    default: return true;
  }
}

void Distribution::forget_link(Term local, Term remote, uint64_t connection) {
  RemoteNode* node = find(athanor::node_of(remote).name);
  if (!node) return;
  std::lock_guard lock(node->mutex);
  if (connection != 0 && connection != link_connection(node->connection_id)) return;
  node->relations.drop_link({local.raw, process::Peer::of(remote)});
}

bool Distribution::deliver(Term to, Signal* signal) {
  struct Owned {
    Signal* signal;
    ~Owned() { Signal::destroy(signal); }
  } owned{signal};
  if (!is_alive() || !(to.is_atom() || is_kind(to, BoxedKind::ExternalPid))) return false;
  const Term node_name = to.is_atom() ? to : athanor::node_of(to).name;
  if (node_name == Term(runtime_.terms.node_name)) return false;
  RemoteNode& node = find_or_insert(node_name);
  bool connects = true;
  switch (signal->kind) {
    case SignalKind::Unlink:
    case SignalKind::UnlinkAck:
    case SignalKind::Demonitor:
    case SignalKind::MonitorDown: connects = false; break;
    case SignalKind::Exit: connects = static_cast<process::ExitOrigin>(signal->number) != process::ExitOrigin::Link; break;
    default: break;
  }
  const uint64_t sender = signal->from.raw;
  uint32_t connection_id;   // what is noted of one connection is not said over the next
  {
    std::unique_lock<std::mutex> lock;
    if (!prepare(node, lock, connects)) return false;
    if (!deliver_relation(node, to, *signal)) return false;
    connection_id = node.connection_id;
  }
  heap::FragmentAllocator heap(16);
  const Term from = signal->from;
  Control control;
  switch (signal->kind) {
    case SignalKind::Link: control = {ControlKind::Link, {from, to}, {}}; break;
    case SignalKind::Unlink: control = {ControlKind::UnlinkId, {integer::from_uint64(heap, signal->number), from, to}, {}}; break;
    case SignalKind::UnlinkAck: control = {ControlKind::UnlinkIdAck, {integer::from_uint64(heap, signal->number), from, to}, {}}; break;
    case SignalKind::Exit: {
      const bool by_link = static_cast<process::ExitOrigin>(signal->number) == process::ExitOrigin::Link;
      if (by_link && !signal->token.is_none()) control = {ControlKind::PayloadExitTT, {from, to, signal->token}, signal->parcel.term};
      else control = {by_link ? ControlKind::PayloadExit : ControlKind::PayloadExit2, {from, to}, signal->parcel.term};
      break;
    }
    case SignalKind::Monitor:
    case SignalKind::Demonitor: {
      Term watched = to;
      if (to.is_atom()) watched = signal->parcel.term;
      control = {signal->kind == SignalKind::Monitor ? ControlKind::MonitorP : ControlKind::DemonitorP,
                 {from, watched, process::reference_from_words(heap, signal->reference)}, {}};
      break;
    }
    case SignalKind::MonitorDown:
      control = {ControlKind::PayloadMonitorPExit, {from, to, reference_of_peer(heap, process::Peer::of(to).node, signal->reference)}, signal->parcel.term};
      break;
    case SignalKind::GroupLeader: control = {ControlKind::GroupLeader, {signal->parcel.term, to}, {}}; break;
    default: return false;
  }
  push(node, control, sender, Flush::AfterSlice, connection_id);
  return true;
}

}  // namespace athanor::dist
