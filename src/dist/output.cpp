// SPDX-License-Identifier: Apache-2.0
// Output: control messages to the queue of a connection, from there to its carrier.
#include <algorithm>

#include "dist/distribution.hpp"
#include "io/ports.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"

namespace athanor::dist {

// With the node's lock; the terms are copied, since they are encoded only once it is known what the other side understands: literals too, as
// the module that they are of may be purged before that.
bool Distribution::enqueue_pending(RemoteNode& node, const Control& control, uint64_t sender) {
  heap::FragmentAllocator heap(64);
  RemoteNode::Waiting waiting{control, {}, sender};
  size_t words = 0;
  auto take = [&](Term& t) {
    if (t.is_none() || t.is_immediate()) return;
    words += heap::flat_words(t, nullptr);
    t = heap::copy(t, heap, nullptr);
  };
  for (Term& operand : waiting.control.operands) take(operand);
  take(waiting.control.payload);
  node.pending_bytes += words * sizeof(Word) + heap.off_heap().bytes;
  waiting.parcel.fragments = heap.take();
  node.pending.push_back(std::move(waiting));
  return true;
}

bool Distribution::push(RemoteNode& node, const Control& control, uint64_t sender, Flush flush_when, uint32_t connection_id) {
  std::unique_lock lock(node.mutex);
  if (connection_id != 0 && node.connection_id != connection_id) return false;
  return push_locked(node, lock, control, sender, flush_when) == Pushed::Yes;
}

Distribution::Pushed Distribution::push_locked(RemoteNode& node, std::unique_lock<std::mutex>& lock, const Control& control, uint64_t sender, Flush flush_when) {
  if (node.state == NodeState::Pending) return enqueue_pending(node, control, sender) ? Pushed::Yes : Pushed::NoConnection;
  if (node.state != NodeState::Connected) return Pushed::NoConnection;
  const uint64_t flags = node.flags;
  const uint32_t connection_id = node.connection_id;
  lock.unlock();
  // Encoding takes its time; others may send meanwhile. A process's own messages keep their order, as it sends one at a time.
  const Control understood = lowered(control, flags);
  if (understood.kind != control.kind) answer_for_peer(node, control);
  if (understood.kind == ControlKind::Nothing) return Pushed::Yes;
  auto message = std::make_unique<Outgoing>(understood, flags, sender);
  if (message->is_too_large()) {
    if (!message->is_last_word()) return Pushed::TooLarge;
    // OTP: nobody is there to hear of it any more, but the other node must not wait for ever: it hears that the connection is gone.
    break_off(node, connection_id);
    return Pushed::NoConnection;
  }
  lock.lock();
  if (node.connection_id != connection_id || node.state != NodeState::Connected) return Pushed::NoConnection;
  node.queue->push(std::move(message));
  if (flush_when == Flush::Later) return Pushed::Yes;
  // Somebody is about to look at the queue anyhow, or nobody need look.
  if (node.port && (node.is_draining || node.is_port_full)) return Pushed::Yes;
  if (node.port && node.queue->bytes() < gathered_limit_ && becomes_due(node)) return Pushed::Yes;
  lock.unlock();
  flush(node);
  return Pushed::Yes;
}

void Distribution::break_off(RemoteNode& node, uint32_t connection_id) {
  std::shared_ptr<io::Port> port;
  {
    std::lock_guard lock(node.mutex);
    if (node.connection_id == connection_id) port = node.port;
  }
  if (!port) return kill_connection(node, connection_id, nullptr);
  std::lock_guard port_lock(port->mutex());
  kill_connection(node, connection_id, port.get());
}

// Will the queue be written out when this thread's slice has ended? With the lock.
bool Distribution::becomes_due(RemoteNode& node) const {
  if (runtime_.scheduling == nullptr) return false;
  const uint32_t scheduler = runtime_.scheduling->current_scheduler_id();
  if (scheduler == 0 || scheduler > 64) return false;
  const uint64_t bit = uint64_t{1} << (scheduler - 1);
  if (node.due_schedulers & bit) return true;
  if (!runtime_.scheduling->after_slice({flush_after_slice, &node})) return false;
  node.due_schedulers |= bit;
  return true;
}

void Distribution::flush_after_slice(void* node_of_machine) {
  auto& node = *static_cast<RemoteNode*>(node_of_machine);
  Runtime& runtime = *process::current_runtime;
  {
    std::lock_guard lock(node.mutex);
    node.due_schedulers &= ~(uint64_t{1} << (runtime.scheduling->current_scheduler_id() - 1));
  }
  runtime.distribution->flush(node);
}

// The peer does not understand a message whose sender waits for an answer: there is no spawning, and unlinking is not acknowledged
// (nothing more will come by an old link).
void Distribution::answer_for_peer(RemoteNode& node, const Control& control) {
  const Term local = control['F'];
  if (control.kind == ControlKind::SpawnRequest) {
    uint64_t words[3];
    process::reference_words(control['r'], words);
    {
      std::lock_guard lock(node.mutex);
      auto found = node.relations.spawns.find(process::key_of(words));
      if (found == node.relations.spawns.end()) return;
      heap::discard(found->second.exit_reason);
      node.relations.spawns.erase(found);
    }
    answer_spawn(runtime_, local, words, {atoms::notsup, nullptr});
  } else if (control.kind == ControlKind::UnlinkId) {
    process::Signal* acknowledged = process::Signal::create(process::SignalKind::UnlinkAck);
    integer::to_uint64(control['u'], acknowledged->number);
    heap::FragmentAllocator builder(process::kExternalPidWords);
    acknowledged->from = process::Peer::of(control['t']).build(builder);
    acknowledged->parcel.fragments = builder.take();
    process::deliver(runtime_, local, acknowledged);
  }
}

void Distribution::flush(RemoteNode& node) {
  std::shared_ptr<io::Port> port;
  uint32_t connection_id;
  Term notified;
  {
    std::lock_guard lock(node.mutex);
    if (node.state != NodeState::Connected || node.queue->is_empty()) return;
    connection_id = node.connection_id;
    if (node.port && !node.is_draining && !node.is_port_full) port = node.port;
    if (!node.port && node.wants_notice) {
      node.wants_notice = false;
      notified = node.controller;
    }
  }
  if (!notified.is_none()) process::send_message(runtime_, notified, atoms::dist_data);
  if (!port) return;
  std::lock_guard lock(port->mutex());
  drain(*port, node, connection_id);
}

static constexpr size_t kMostAdmitted = 100'000;

bool Distribution::take_frame(RemoteNode& node, uint32_t connection_id, std::string& frame) {
  std::deque<Term> resumed;
  {
    std::lock_guard lock(node.mutex);
    if (node.connection_id != connection_id || node.state != NodeState::Connected || node.queue->is_empty()) return false;
    io::FrameBatch batch;
    next_frame(node, batch, resumed);
    frame = batch.frame(0);
    if (!node.port) node.frames_out.fetch_add(1, std::memory_order_relaxed);   // a port counts by itself
  }
  resume(resumed);
  return true;
}

// With the lock, and where there is a frame. `resumed`: senders who go on for it.
void Distribution::next_frame(RemoteNode& node, io::FrameBatch& batch, std::deque<Term>& resumed) {
  node.queue->next_frame(batch);
  // One for each frame while there are more to come, so that what those push stays small.
  if (node.admitted.size() > kMostAdmitted) node.admitted.clear();   // those who ended instead of coming back, with the rest, which costs others a turn
  if (node.queue->is_empty()) {
    while (!node.suspended.empty()) node.release_first(resumed);
  } else if (node.queue->weight() < busy_limit_ / 2 && !node.suspended.empty()) {
    node.release_first(resumed);
  }
  const uint64_t sender = node.queue->last_sender();
  if (!node.suspended_by_own.empty() && node.queue->large_bytes_of(sender) < busy_limit_ / 2) {
    auto waiting = std::find(node.suspended_by_own.begin(), node.suspended_by_own.end(), Term(sender));
    if (waiting != node.suspended_by_own.end()) {
      resumed.push_back(*waiting);
      node.admitted.insert(waiting->raw);
      node.suspended_by_own.erase(waiting);
    }
  }
  if (!node.suspended_by_last_words.empty() && node.queue->last_word_bytes() < busy_limit_ / 2) {
    resumed.insert(resumed.end(), node.suspended_by_last_words.begin(), node.suspended_by_last_words.end());
    node.suspended_by_last_words.clear();
  }
}

// One thread drains at a time; another that pushes meanwhile leaves its message to it. Where the port is busy, its being writable
// again brings us back.
void Distribution::drain(io::Port& port, RemoteNode& node, uint32_t connection_id) {
  {
    std::lock_guard lock(node.mutex);
    if (node.is_draining || node.connection_id != connection_id || node.state != NodeState::Connected) return;
    node.is_draining = true;
  }
  pour(port, node, connection_id);
}

// As the one that drains, until nothing is left or the port is busy.
void Distribution::pour(io::Port& port, RemoteNode& node, uint32_t connection_id) {
  static constexpr size_t kBatchBytes = 64 * 1024;
  static constexpr size_t kBatchFrames = 1024;
  io::FrameBatch batch;
  std::deque<Term> resumed;
  while (true) {
    {
      std::lock_guard lock(node.mutex);
      if (node.connection_id != connection_id || node.state != NodeState::Connected) return;
      node.is_port_full = port.is_open() && port.is_busy();
      if (!port.is_open() || node.is_port_full || node.queue->is_empty()) {
        node.is_draining = false;
        return;
      }
      while (!node.queue->is_empty() && batch.bytes() < kBatchBytes && batch.count() < kBatchFrames) next_frame(node, batch, resumed);
    }
    resume(resumed);
    resumed.clear();
    port.set_caller(Term::none());
    port.driver().output_frames(port, batch);
    batch.clear();
  }
}

void Distribution::input_begins(RemoteNode& node, uint32_t connection_id) {
  std::lock_guard lock(node.mutex);
  if (node.connection_id == connection_id && node.state == NodeState::Connected) node.is_draining = true;
}

void Distribution::input_ends(io::Port& port, RemoteNode& node, uint32_t connection_id) { pour(port, node, connection_id); }

// OTP: erlang:system_monitor(busy_dist_port).
void Distribution::tell_busy(Process& self, RemoteNode&, Term controller) {
  if (runtime_.scheduling == nullptr) return;
  sched::SystemSettings& settings = runtime_.scheduling->settings;
  Term monitor;
  {
    std::lock_guard lock(settings.monitor_mutex);
    if (!settings.monitor.busy_dist_port || settings.monitor.pid_raw == 0) return;
    monitor = Term(settings.monitor.pid_raw);
  }
  heap::FragmentAllocator heap(8);
  Term* message = heap.allocate(5);
  message[0].raw = tuple_header(4);
  message[1] = atoms::monitor;
  message[2] = self.pid();
  message[3] = atoms::busy_dist_port;
  message[4] = controller.is_none() ? Term(atoms::undefined) : controller;
  process::send_parcel(runtime_, monitor, {Term::boxed(message), heap.take()});
}

}  // namespace athanor::dist
