// SPDX-License-Identifier: Apache-2.0
// The poller: one thread that waits until descriptors are ready and calls back, once for each question. A descriptor may have one
// question for reading and one for writing, or one for both, which the first of the two answers. Sockets are watched for edges instead:
// told to one handler by key, as often as they come.
//
//   its thread ──waits in──► outer_ ──contains──► epoll_ ──contains──► descriptors        a scheduler without work ──waits in──► epoll_
//
// The last scheduler that goes to sleep waits in its thread's place, which is not told of epoll_ as long: what an edge brings then runs
// without waking a second thread. It keeps the place while it runs that, and looks at epoll_ itself between slices, every millisecond:
//
//   Free ──begin_idle──► Waited ──edges came: keep_idle──► Kept ──the keeper sleeps again: begin_idle──► Waited
//    ▲                     │ end_idle                       │ end_idle; or a slice is long and limit_ fires: the poller's thread
//    └─────────────────────┴────────────────────────────────┘
//
// So sockets and the processes they talk to take turns on one thread, and while they do, the keeper needs no second thread that watches
// whether its queue stands still: limit_ does, too. Questions are always answered by the poller's own thread, so that one callback runs at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/microstates.hpp"
#include "os/threads.hpp"
#include "process/runtime.hpp"

namespace athanor::sched {

class Schedulers;

using PollCallback = void (*)(void*, uint32_t ready);

class Poller {
 public:
  Poller(Schedulers& all, process::Runtime& runtime, const base::MicrostateSwitch& microstates, bool schedulers_poll);
  base::MicrostateAccounts& accounts() { return accounts_; }
  ~Poller();
  void poll(int descriptor, uint32_t interest, PollCallback callback, void* argument);
  void stop_polling(int descriptor);    // from a callback of the same descriptor it does not wait for that callback
  void pause();                         // returns when no callback runs; none begins until resume
  void resume();
  void stop();
  size_t watched() const;
  // Those that a scheduler may wait for; none: none does.
  std::optional<size_t> edges_for_schedulers() const {
    return schedulers_poll_ ? std::optional(static_cast<size_t>(edges_.load(std::memory_order_relaxed))) : std::nullopt;
  }

  bool has_edges() const { return schedulers_poll_ && edges_.load(std::memory_order_relaxed) > 0; }   // for a scheduler to wait for
  // --- a scheduler that waits here; one at a time ---
  bool begin_idle(const void* who);     // false: another does, or no edges are watched
  // Until there are edges, wake_idle, or the time is over (< 0: no limit). Then tell_edges and keep_idle where there are some, else end_idle.
  struct Edges {
    static constexpr int kMost = 32;
    int count = 0;
    struct { uint64_t key; uint32_t ready; } of[kMost];
  };
  void wait_idle(int64_t timeout_ns, Edges& edges);
  void keep_idle();                     // who waited comes back soon, and looks meanwhile
  // Who keeps the place looks without waiting, every millisecond. False: it is no longer theirs.
  bool look(const void* who, Edges& edges);
  // Who keeps the place is told on if it does not look.
  bool watches(const void* who) const { return watched_keeper_.load(std::memory_order_relaxed) == who; }
  void end_idle(const void* who);       // nothing, where the place is no longer theirs
  void wake_idle();                     // any thread
  void tell_edges(const Edges& edges);

  // Edges (see Scheduling): nothing is kept about them but what epoll knows.
  using EdgeHandler = void (*)(process::Runtime&, uint64_t key, uint32_t ready);
  void set_edge_handler(EdgeHandler handler) { edge_handler_ = handler; }
  void watch_edges(int descriptor, uint64_t key, uint32_t interest);
  void unwatch_edges(int descriptor);

 private:
  struct Question {
    PollCallback callback = nullptr;    // null: none
    void* argument = nullptr;
  };
  struct Watched {
    Question read, write, error;
    bool is_joint = false;              // read and write are one question
    bool is_added = false;              // epoll knows the descriptor
    bool is_always_ready = false;       // a regular file: epoll refuses it
    uint32_t generation = 0;            // events of an earlier use of the number are told apart
  };
  struct Answer {
    Question question;
    uint32_t ready;
  };
  void start();                         // with the lock
  void wake();
  bool arm(int descriptor, Watched& watched);
  void work();
  void release_idle();                  // with the lock
  void set_limit();                     // with the lock
  void drop_limit();                    // with the lock
  void handle_limit();
  void handle_ready();                  // all that epoll_ has ready, on the poller's own thread
  void tell_edge(uint64_t key, uint32_t ready);
  void answer(int descriptor, uint32_t generation, uint32_t ready);

  Schedulers& all_;
  process::Runtime& runtime_;
  const bool schedulers_poll_;          // else nobody waits here but the poller's thread
  base::MicrostateAccounts accounts_;
  mutable std::mutex mutex_;
  std::condition_variable finished_, resumed_;
  std::unordered_map<int, Watched> watched_;
  std::vector<std::pair<int, uint32_t>> always_ready_;
  struct Handed { uint64_t tag; uint32_t ready; };
  std::vector<Handed> handed_;          // answers that came to an idle scheduler
  uint32_t next_generation_ = 1;
  int running_descriptor_ = -1;         // whose callback runs
  int running_edges_ = 0;               // threads in the handler of edges
  bool stopping_ = false, paused_ = false;
  enum class Idle : uint8_t { Free, Waited, Kept };
  Idle idle_ = Idle::Free;              // Waited: a scheduler waits in epoll_
  const void* keeper_ = nullptr;        // who waits or keeps
  bool is_limit_set_ = false;           // limit_ will fire
  int64_t limit_set_ns_ = 0;            // when that was said
  std::atomic<const void*> watched_keeper_{nullptr};   // limit_ will fire on it
  EdgeHandler edge_handler_ = nullptr;
  std::atomic<bool> started_{false};
  std::atomic<int64_t> edges_{0};       // descriptors watched for edges
  os::Thread thread_;
  int epoll_ = -1, outer_ = -1;
  int event_ = -1, idle_event_ = -1;    // wake the poller's thread, and the scheduler that waits
  int limit_ = -1;                      // a timer: wakes the poller's thread where the place is kept for too long
};

}  // namespace athanor::sched
