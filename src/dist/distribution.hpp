// SPDX-License-Identifier: Apache-2.0
// Distribution: the other nodes a machine knows, and signals to and from them.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "dist/remote_node.hpp"
#include "process/process.hpp"
#include "process/signal.hpp"

namespace athanor::dist {

using process::Process;
using process::Runtime;

class Distribution {
 public:
  static constexpr size_t kDefaultBusyLimit = 1024 * 1024;
  Distribution(Runtime& runtime, size_t busy_limit_bytes);
  ~Distribution();

  Runtime& runtime() const { return runtime_; }
  size_t busy_limit() const { return busy_limit_; }   // bytes of output to one node above which senders wait
  bool is_alive() const;

  // --- nodes ---
  Node* node_of(Term name, uint32_t creation);   // as identifiers refer to it; interned
  RemoteNode* find(Term name) const;             // null: unknown
  RemoteNode& find_or_insert(Term name);
  std::vector<Node*> identities() const;         // all that node_of made
  std::vector<RemoteNode*> all() const;          // in the order of becoming known

  // --- this node's name ---
  bool set_name(Term name, uint32_t creation);   // erlang:setnode/2; false: badarg
  bool is_net_kernel(Term pid) const { return net_kernel_.load(std::memory_order_acquire) == pid.raw; }

  // --- connections ---
  uint32_t begin_connection(RemoteNode& node);   // Idle becomes Pending; the number of the connection there is now
  bool abort_pending(RemoteNode& node, uint32_t connection_id);   // false: it is connected
  // Pending becomes Connected. The connection's number; none: it was not pending, or the net kernel is gone. With the port's lock, where there
  // is one.
  std::optional<uint32_t> connect(RemoteNode& node, Term controller, std::shared_ptr<io::Port> port, uint64_t flags, uint32_t creation, Term setup_pid);
  void connection_lost(RemoteNode& node, uint32_t connection_id, Term reason);
  // Ends the carrier, so that the connection is lost. `port`: whose lock the thread holds, or null.
  void kill_connection(RemoteNode& node, uint32_t connection_id, io::Port* port);
  Term build_handle(Allocator& heap, const RemoteNode& node, uint32_t connection_id);
  // The node and number behind a handle, null where it is none.
  static RemoteNode* node_of_handle(Term handle, uint32_t& connection_id);

  // --- signals to other nodes: as Runtime's hooks of these names ---
  process::SendOutcome send(Process& self, Term to, Term message, const process::SendOptions& options);
  bool deliver(Term to, process::Signal* signal);
  // A local process has dropped its end of a link, or had it already when a Link came. `connection`: of the signal that said so, 0: of any.
  void forget_link(Term local, Term remote, uint64_t connection);
  // What signals about links carry as reference[0]: the connection that they came over.
  static constexpr uint64_t link_connection(uint32_t connection_id) { return uint64_t{connection_id} + 1; }
  // After a process sent a signal other than a message to this pid or {Name, Node}. False: the channel is busy, the process has been suspended.
  bool has_room(Process& self, Term to);
  // Before a process that ends tells this remote pid. False: it has been suspended until what ended ones said before is gone.
  bool has_room_for_last_word(Process& self, Term to);

  // Sends where the connection is up or coming up. `sender`: word of the pid it comes from. What a process says in one slice goes out when
  // that has ended, or once it is much. Flush::Later: the caller drains.
  enum class Flush : uint8_t { AfterSlice, Later };
  // False: no such connection (any more).
  bool push(RemoteNode& node, const Control& control, uint64_t sender, Flush flush = Flush::AfterSlice, uint32_t connection_id = 0);
  // Locks the node where signals can be sent to it; connects first, if asked. False: it cannot be reached now (not locked).
  bool prepare(RemoteNode& node, std::unique_lock<std::mutex>& lock, bool connect);
  // Writes out what the port takes. With the port's lock.
  void drain(io::Port& port, RemoteNode& node, uint32_t connection_id);
  // Around input: what others push meanwhile goes out at its end, so that they need not wait for the port. With the port's lock.
  void input_begins(RemoteNode& node, uint32_t connection_id);
  void input_ends(io::Port& port, RemoteNode& node, uint32_t connection_id);
  // The next frame, for a process that carries; false: nothing there. Wakes senders who wait for room.
  bool take_frame(RemoteNode& node, uint32_t connection_id, std::string& frame);

  // --- signals from other nodes ---
  // One frame. A malformed one ends the connection. `port`: whose lock the thread holds, or null. `binary`: whose bytes these are, or null.
  void receive(RemoteNode& node, uint32_t connection_id, std::string_view frame, io::Port* port, OffHeapBinary* binary = nullptr);

  // --- who watches nodes ---
  bool monitor_node(Process& self, RemoteNode& node, bool on, bool connect);   // false: it cannot be reached
  Term monitor_nodes(Process& self, bool on, Term options);                    // Runtime's hook
  Term subscriptions(Allocator& heap);   // [{Pid, Options}], each as often as the process asked
  void tell_subscribers(Term what, Term node, uint32_t connection_id, bool is_visible, Term reason);

  // --- spawning on other nodes ---
  Term spawn_request(Process& self, const Term* args);
  static bool abandon_spawn_request(Process& self, Term reference);

  void process_exited(Process& exiting, Term reason);   // exit hook

 private:
  friend class Receiver;
  void set_not_alive(Term reason);
  void lose_relations(RemoteNode& node, Relations& relations);
  void resume(const std::deque<Term>& suspended);
  // Under the lock. False: the process is suspended and is to try again.
  bool has_turn(Process& self, RemoteNode& node);
  bool enqueue_pending(RemoteNode& node, const Control& control, uint64_t sender);
  enum class Pushed : uint8_t { Yes, NoConnection, TooLarge };   // TooLarge: a message that the external format cannot say
  Pushed push_locked(RemoteNode& node, std::unique_lock<std::mutex>& lock, const Control& control, uint64_t sender, Flush flush_when);
  void flush(RemoteNode& node);
  void break_off(RemoteNode& node, uint32_t connection_id);   // as kill_connection; without locks
  static void flush_after_slice(void* node);
  bool becomes_due(RemoteNode& node) const;
  void pour(io::Port& port, RemoteNode& node, uint32_t connection_id);
  void next_frame(RemoteNode& node, io::FrameBatch& batch, std::deque<Term>& resumed);
  void answer_for_peer(RemoteNode& node, const Control& control);
  void notify_controller(RemoteNode& node, Term controller);
  bool ask_net_kernel(RemoteNode& node, uint32_t connection_id);
  bool deliver_relation(RemoteNode& node, Term to, process::Signal& signal);
  void tell_busy(Process& self, RemoteNode& node, Term controller);
  void abandon_spawns(Process& exiting, Term reason);
  void log_malformed(RemoteNode& node, std::string_view frame, const Control& control, const char* reason);

  struct Subscription { uint64_t pid; uint32_t options; uint32_t count; };

  Runtime& runtime_;
  const size_t busy_limit_, gathered_limit_;   // gathered_limit_: so much is written out before the slice's end
  std::atomic<uint64_t> net_kernel_{0};   // Term: the process whose end makes this node not alive
  // What was last looked up, by a few bits of the name: most of what comes and goes is about few nodes. Entries last as long as this does.
  static constexpr size_t kRecent = 16;
  static size_t recent_place(Term name, uint32_t creation) { return ((name.raw >> 6) ^ creation) % kRecent; }
  mutable std::array<std::atomic<RemoteNode*>, kRecent> recent_nodes_{};
  std::array<std::atomic<Node*>, kRecent> recent_identities_{};
  mutable std::shared_mutex nodes_mutex_;
  std::vector<std::unique_ptr<RemoteNode>> nodes_;
  std::unordered_map<uint64_t, RemoteNode*> by_name_;
  mutable std::shared_mutex identities_mutex_;
  std::map<std::pair<uint64_t, uint32_t>, std::unique_ptr<Node>> identities_;
  std::mutex subscriptions_mutex_;
  std::vector<Subscription> subscriptions_;
};

// The answer to a request to spawn, for its parent: a pid (external) or an atom that says why not. False: the parent is gone; the parcel is
// discarded in any case.
// `token` lives in the result's fragments.
bool answer_spawn(Runtime& runtime, Term parent, const uint64_t reference[3], heap::Parcel result, Term token = Term::none());
// Is this text a name that a node can have?
bool is_node_name(Term atom);
// The reason of a lost connection as programs see it.
Term lost_reason(Term exit_reason);
// The external reference with these words, of the node of `peer`.
Term reference_of_peer(Allocator& heap, const Node* node, const uint64_t words[3]);
void words_of_external(Term reference, uint64_t words[3]);

}  // namespace athanor::dist
