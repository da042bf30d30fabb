// SPDX-License-Identifier: Apache-2.0
// How connections come up and end.
#include "dist/distribution.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::dist {

using process::Signal;
using process::SignalKind;

namespace {

constexpr uint32_t kConnectionIdMask = 0x00FFFFFF;   // OTP: numbers of connections have 24 bits

// A port that carries: its input comes here.
class PortCarrier final : public io::FrameSink {
 public:
  PortCarrier(Distribution& distribution, RemoteNode& node, uint32_t connection_id)
      : distribution_(distribution), node_(node), connection_id_(connection_id) {}
  void input_begins(io::Port&) override { distribution_.input_begins(node_, connection_id_); }
  void input_ends(io::Port& port) override { distribution_.input_ends(port, node_, connection_id_); }
  void frame(io::Port& port, std::string_view bytes, OffHeapBinary* binary) override { distribution_.receive(node_, connection_id_, bytes, &port, binary); }
  void writable(io::Port& port) override { distribution_.drain(port, node_, connection_id_); }
  void sent(io::Port&) override { node_.frames_out.fetch_add(1, std::memory_order_relaxed); }
  void ended(io::Port&, Term reason) override { distribution_.connection_lost(node_, connection_id_, reason); }

 private:
  Distribution& distribution_;
  RemoteNode& node_;
  const uint32_t connection_id_;
};

void set_pending(RemoteNode& node) {
  node.state = NodeState::Pending;
  node.connection_id = (node.connection_id + 1) & kConnectionIdMask;
  // What a node of today understands; put right where the connection comes up.
  node.flags = kDefaultFlags;
}

// Everything of the connection, which is no more; the caller tells those concerned without the lock.
struct Remains {
  Relations relations;
  std::deque<Term> suspended;
  std::deque<RemoteNode::Waiting> pending;
  std::unique_ptr<OutputQueue> queue;
  std::shared_ptr<io::Port> port;
  ~Remains() {
    for (RemoteNode::Waiting& waiting : pending) heap::discard(waiting.parcel);
  }
};
void take_apart(RemoteNode& node, Remains& remains) {
  node.state = NodeState::Idle;
  remains.relations = std::move(node.relations);
  node.relations = {};
  for (const RemoteNode::Held& held : node.suspended) remains.suspended.push_back(held.pid);
  node.suspended.clear();
  remains.suspended.insert(remains.suspended.end(), node.suspended_by_own.begin(), node.suspended_by_own.end());
  remains.suspended.insert(remains.suspended.end(), node.suspended_by_last_words.begin(), node.suspended_by_last_words.end());
  node.suspended_by_own.clear();
  node.suspended_by_last_words.clear();
  node.admitted.clear();
  remains.pending.swap(node.pending);
  node.pending_bytes = 0;
  remains.queue = std::move(node.queue);
  remains.port = std::move(node.port);
  node.port = nullptr;
  node.controller = Term::none();
  node.input_handler = Term::none();
  node.is_draining = node.is_port_full = node.wants_notice = node.tells_size = false;
  node.flags = 0;
  node.creation = 0;
}

void send_to(Runtime& runtime, Term to, Term message) { process::send_message(runtime, to, message); }

}  // namespace

uint32_t Distribution::begin_connection(RemoteNode& node) {
  std::lock_guard lock(node.mutex);
  if (node.state == NodeState::Idle) set_pending(node);
  return node.connection_id;
}

bool Distribution::ask_net_kernel(RemoteNode& node, uint32_t connection_id) {
  Term net_kernel = runtime_.registry->find(atoms::net_kernel);
  if (!net_kernel.is_local_pid()) return false;
  heap::FragmentAllocator heap(16);
  Term handle = build_handle(heap, node, connection_id);
  Term* message = heap.allocate(4);
  message[0].raw = tuple_header(3);
  message[1] = atoms::auto_connect;
  message[2] = node.name;
  message[3] = handle;
  return process::send_parcel(runtime_, net_kernel, {Term::boxed(message), heap.take()});
}

bool Distribution::prepare(RemoteNode& node, std::unique_lock<std::mutex>& lock, bool connect) {
  if (!is_alive() || node.name == Term(runtime_.terms.node_name)) return false;
  lock = std::unique_lock(node.mutex);
  if (node.state == NodeState::Pending || node.state == NodeState::Connected) return true;
  if (node.state == NodeState::Idle && connect) {
    set_pending(node);
    const uint32_t connection_id = node.connection_id;
    lock.unlock();
    if (!ask_net_kernel(node, connection_id)) {
      abort_pending(node, connection_id);
      return false;
    }
    lock.lock();
    if (node.state == NodeState::Pending || node.state == NodeState::Connected) return true;
  }
  lock.unlock();
  return false;
}

bool Distribution::abort_pending(RemoteNode& node, uint32_t connection_id) {
  Remains remains;
  {
    std::lock_guard lock(node.mutex);
    if (node.connection_id != connection_id) return true;
    if (node.state != NodeState::Pending) return node.state != NodeState::Connected;
    take_apart(node, remains);
  }
  lose_relations(node, remains.relations);
  resume(remains.suspended);
  return true;
}

std::optional<uint32_t> Distribution::connect(RemoteNode& node, Term controller, std::shared_ptr<io::Port> port, uint64_t flags, uint32_t creation, Term setup_pid) {
  uint32_t connection_id;
  std::shared_ptr<io::Port> carrier = port;
  std::deque<RemoteNode::Waiting> waited;
  std::deque<Term> resumed;
  int64_t unsaid = 0;
  {
    std::lock_guard input_lock(node.input_mutex);
    std::lock_guard lock(node.mutex);
    if (node.state != NodeState::Pending || !is_alive()) return std::nullopt;
    heap::FragmentAllocator heap(8);
    Term* message = heap.allocate(5);
    message[0].raw = tuple_header(4);
    message[1] = atoms::dist_ctrlr;
    message[2] = controller;
    message[3] = node.name;
    message[4] = setup_pid;
    if (!process::send_parcel(runtime_, Term(net_kernel_.load()), {Term::boxed(message), heap.take()})) return std::nullopt;
    node.state = NodeState::Connected;
    node.flags = flags;
    node.creation = creation;
    node.controller = controller;
    node.port = std::move(port);
    node.frames_in = 0;
    node.frames_out = 0;
    node.queue = std::make_unique<OutputQueue>();
    node.reader = std::make_unique<FrameReader>(node.name, flags & kDefaultFlags);
    node.reader_connection = connection_id = node.connection_id;
    // What was said while the connection was coming up, as this peer understands it.
    waited.swap(node.pending);
    for (const RemoteNode::Waiting& waiting : waited) {
      Control control = lowered(waiting.control, flags);
      if (control.kind == ControlKind::Nothing) continue;
      auto message = std::make_unique<Outgoing>(control, flags, waiting.sender);
      // Whoever sent what cannot be said was told that it went: better nothing comes than something else. The reason of an end does.
      if (message->is_too_large() && !message->is_last_word()) ++unsaid;
      else node.queue->push(std::move(message));
    }
    node.pending_bytes = 0;
    // With nothing to send there is no frame whose going would wake those who wait for room.
    while (node.queue->is_empty() && !node.suspended.empty()) node.release_first(resumed);
  }
  resume(resumed);
  if (unsaid != 0) {
    heap::FragmentAllocator heap(4);
    const Term arguments = make_cons(heap.allocate(2), Term::small(unsaid), make_cons(heap.allocate(2), node.name, Term::nil()));
    process::log_event(runtime_, atoms::error, "~p messages to node ~p were too large to be sent and are lost~n", arguments, Term::none(), Term::none());
  }
  for (RemoteNode::Waiting& waiting : waited) {
    if (lowered(waiting.control, flags).kind != waiting.control.kind) answer_for_peer(node, waiting.control);
    heap::discard(waiting.parcel);
  }
  if (carrier) {
    carrier->set_sink(std::make_shared<PortCarrier>(*this, node, connection_id));
    drain(*carrier, node, connection_id);
  }
  tell_subscribers(atoms::nodeup, node.name, connection_id, (flags & kPublished) != 0, Term::nil());
  return connection_id;
}

void Distribution::connection_lost(RemoteNode& node, uint32_t connection_id, Term reason) {
  Remains remains;
  bool was_visible;
  {
    std::lock_guard lock(node.mutex);
    if (node.connection_id != connection_id || (node.state != NodeState::Connected && node.state != NodeState::Exiting)) return;
    was_visible = node.is_visible();
    take_apart(node, remains);
  }
  lose_relations(node, remains.relations);
  tell_subscribers(atoms::nodedown, node.name, connection_id, was_visible, lost_reason(reason));
  resume(remains.suspended);
}

void Distribution::kill_connection(RemoteNode& node, uint32_t connection_id, io::Port* port) {
  Term controller;
  {
    std::lock_guard lock(node.mutex);
    if (node.connection_id != connection_id || node.state != NodeState::Connected) return;
    node.state = NodeState::Exiting;
    controller = node.controller;
  }
  if (port) port->end(atoms::killed);
  else if (controller.is_local_pid()) process::send_exit(runtime_, controller, controller, atoms::kill, process::ExitOrigin::Kill);
}

void Distribution::resume(const std::deque<Term>& suspended) {
  for (Term pid : suspended) process::resume_held(runtime_, pid);
}

// OTP: links, then monitors, then who waits for a child, then who watches the node as such.
void Distribution::lose_relations(RemoteNode& node, Relations& relations) {
  for (const auto& [ends, count] : relations.links) {
    const auto& [local, remote] = ends;
    Signal* signal = Signal::create(SignalKind::Exit);
    heap::FragmentAllocator heap(process::kExternalPidWords);
    signal->from = remote.build(heap);
    signal->parcel = {atoms::noconnection, heap.take()};
    signal->number = static_cast<uint64_t>(process::ExitOrigin::Link);
    process::deliver(runtime_, Term(local), signal);
  }
  for (const auto& [key, origin] : relations.origins) {
    const uint64_t words[3] = {key.words[0], key.words[1], 0};
    process::signals::send_down(runtime_, origin.watcher, words, atoms::undefined, atoms::noconnection);
  }
  for (const auto& [key, target] : relations.targets) {
    Signal* signal = Signal::create(SignalKind::Demonitor);
    heap::FragmentAllocator heap(process::kExternalPidWords);
    signal->from = target.watcher.build(heap);
    signal->parcel.fragments = heap.take();
    signal->reference[0] = key.words[0];
    signal->reference[1] = key.words[1];
    process::deliver(runtime_, target.watched, signal);
  }
  for (auto& [key, spawn] : relations.spawns) {
    heap::discard(spawn.exit_reason);
    const uint64_t words[3] = {key.words[0], key.words[1], 0};
    if (!spawn.is_parent_gone) answer_spawn(runtime_, spawn.parent, words, {atoms::noconnection, nullptr});
  }
  heap::FragmentAllocator heap(8);
  Term* down = heap.allocate(3);
  down[0].raw = tuple_header(2);
  down[1] = atoms::nodedown;
  down[2] = node.name;
  for (const auto& [pid, count] : relations.node_monitors) {
    for (uint32_t i = 0; i < count; ++i) send_to(runtime_, Term(pid), Term::boxed(down));
  }
}

void Distribution::process_exited(Process& exiting, Term reason) {
  abandon_spawns(exiting, reason);
  const uint64_t pid = exiting.pid().raw;
  if (const process::Extra* extra = exiting.extra_if_any()) {
    if (extra->carries_node) {
      for (RemoteNode* node : all()) {
        uint32_t connection_id;
        {
          std::lock_guard lock(node->mutex);
          if (node->controller.raw != pid) continue;
          connection_id = node->connection_id;
        }
        connection_lost(*node, connection_id, reason);
      }
    }
    if (extra->monitors_nodes) {
      {
        std::lock_guard lock(subscriptions_mutex_);
        std::erase_if(subscriptions_, [&](const Subscription& subscription) { return subscription.pid == pid; });
      }
      for (RemoteNode* node : all()) {
        std::lock_guard lock(node->mutex);
        node->relations.node_monitors.erase(pid);
      }
    }
  }
  if (net_kernel_.load(std::memory_order_acquire) != pid) return;
  // The net kernel has ended: this node is no part of any net any more.
  Term down = reason == atoms::no_network ? reason : Term(atoms::net_kernel_terminated);
  for (RemoteNode* node : all()) {
    uint32_t connection_id;
    Term controller;
    std::shared_ptr<io::Port> port;
    {
      std::lock_guard lock(node->mutex);
      connection_id = node->connection_id;
      controller = node->controller;
      port = node->port;
    }
    abort_pending(*node, connection_id);
    if (port) {
      std::lock_guard lock(port->mutex());
      port->end(down);
    } else if (controller.is_local_pid()) {
      process::send_exit(runtime_, controller, controller, atoms::kill, process::ExitOrigin::Kill);
      connection_lost(*node, connection_id, down);
    }
  }
  set_not_alive(down);
}

}  // namespace athanor::dist
