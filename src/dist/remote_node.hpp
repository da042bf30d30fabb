// SPDX-License-Identifier: Apache-2.0
// RemoteNode: another node as this machine knows it, with the connection to it, if any.
//
//   Idle ──new_connection, or a signal to it──► Pending ──create_dist_channel──► Connected ──the carrier ends──► Idle
//                                                  └──abort_pending_connection──► Idle
//
// A node stays for the machine's life; a connection is told from the next one to the same node by its number. Signals sent while Pending
// wait and go out in order once connected. Locks: a port's, then input_mutex, then mutex; none is held while a signal is delivered but the port's.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "dist/incoming.hpp"
#include "dist/output_queue.hpp"
#include "heap/copy.hpp"
#include "io/port.hpp"
#include "process/monitors.hpp"

namespace athanor::dist {

enum class NodeState : uint8_t { Idle, Pending, Connected, Exiting };

// Who on this node hears when the connection is lost. Pids are words of local pids.
struct Relations {
  struct Origin {              // a local process watches one there
    Term watcher;
    process::Peer target;
    Term name;                 // or none
    uint64_t third_word = 0;   // of the reference
  };
  struct Target {              // a process there watches a local one
    Term watched, name;
    process::Peer watcher;
    uint64_t third_word;
  };
  struct Spawn {               // a local process waits for a child there
    Term parent;
    bool is_parent_gone = false;
    heap::Parcel exit_reason;  // of a parent that is gone
  };
  // Links, and how much there is of each: one for what the local process holds, linked or being unlinked, and one for each Link on its way to it. The
  // process's own steps alone say which of crossing links and unlinks hold, so the note follows these.
  using LinkEnds = std::pair<uint64_t, process::Peer>;   // local, remote
  std::map<LinkEnds, uint32_t> links;
  // Less by one. False: there was none.
  bool drop_link(const LinkEnds& ends) {
    auto found = links.find(ends);
    if (found == links.end()) return false;
    if (--found->second == 0) links.erase(found);
    return true;
  }
  std::map<process::ReferenceKey, Origin> origins;
  std::map<process::ReferenceKey, Target> targets;
  std::map<process::ReferenceKey, Spawn> spawns;
  std::map<uint64_t, uint32_t> node_monitors;   // monitor_node/2: how often
};

// What the handle of a connection, {Number, Reference}, refers to.
class RemoteNode;
struct NodeHandle final : MagicObject {
  explicit NodeHandle(RemoteNode& its_node) : node(its_node) {}
  RemoteNode& node;
};

class RemoteNode {
 public:
  RemoteNode(Term node_name, const uint64_t handle_reference[3]);
  ~RemoteNode();

  const Term name;
  std::mutex mutex;            // guards what follows

  NodeState state = NodeState::Idle;
  uint32_t connection_id = 0;  // of the present connection, or the last one
  uint64_t flags = 0;
  uint32_t creation = 0;
  Term controller;             // port or pid, none where not connected
  std::shared_ptr<io::Port> port;   // the controller, where it is a port
  Relations relations;

  // Output.
  struct Waiting { Control control; heap::Parcel parcel; uint64_t sender; };   // the control's terms live in the parcel
  std::deque<Waiting> pending;      // while Pending
  size_t pending_bytes = 0;
  std::unique_ptr<OutputQueue> queue;
  bool is_draining = false;         // a thread writes the queue out to the port, or is to do so after input; it will see what is pushed now
  bool is_port_full = false;        // the port was busy when it was last written to: it says when that is over
  uint64_t due_schedulers = 0;      // bit of each whose slice, when it ends, writes the queue out
  // Senders who wait: for room, in the order of their coming; for their own large messages to be gone. And those told to go on who have not
  // come back yet: these have their turn whatever others have queued meanwhile.
  struct Held {
    Term pid;
    bool comes_back;   // to send what it could not; else it has sent its signal, and needs no turn
  };
  std::deque<Held> suspended;
  std::vector<Term> suspended_by_own;
  std::vector<Term> suspended_by_last_words;   // after a link or the like, or as they end: what ended processes said is to be gone
  std::unordered_set<uint64_t> admitted;         // pids
  // The first of those who wait is to go on.
  void release_first(std::deque<Term>& resumed) {
    const Held held = suspended.front();
    suspended.pop_front();
    if (held.comes_back) admitted.insert(held.pid.raw);
    resumed.push_back(held.pid);
  }
  size_t queued_bytes() const { return pending_bytes + (queue ? queue->bytes() : 0); }
  size_t queued_weight() const { return pending_bytes + (queue ? queue->weight() : 0); }

  // A process as controller.
  bool wants_notice = false;        // it is to get `dist_data` when there is something
  bool tells_size = false;          // dist_ctrl_set_opt(get_size)
  Term input_handler;

  std::atomic<uint64_t> frames_in{0}, frames_out{0};

  // Input: one thread at a time.
  std::mutex input_mutex;
  std::unique_ptr<FrameReader> reader;
  Incoming incoming;                // what is worked off; kept for its memory
  uint32_t reader_connection = 0;

  NodeHandle* const handle;
  const uint64_t handle_words[2];
  bool is_visible() const { return (flags & kPublished) != 0; }
};

}  // namespace athanor::dist
