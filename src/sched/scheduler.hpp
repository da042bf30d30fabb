// SPDX-License-Identifier: Apache-2.0
// One scheduler: a thread with a run queue and a timer wheel.
//
//   while running:  quiescent ─► clock and timers now and then ─► next process ─► a slice of it
//   no process:     look at others for a short while (no longer than a wake-up costs) ─► sleep until woken or a timer is due
//
// Processes stay where they were woken. One without work helps only when processes have waited for kHelpAfterNs;
// one that has work looks every Balance::kPeriodNs whether others have clearly more.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/microstates.hpp"
#include "os/parker.hpp"
#include "os/threads.hpp"
#include "process/executor.hpp"
#include "sched/poller.hpp"
#include "sched/resting_list.hpp"
#include "sched/run_queue.hpp"
#include "sched/scheduling.hpp"

namespace athanor::sched {

class Schedulers;

class Scheduler {
 public:
  static constexpr int64_t kHelpAfterNs = 50'000;
  static constexpr int64_t kSpinNs = 5'000;
  static constexpr int64_t kSentinelNs = 2'000'000;
  static constexpr int64_t kLookNs = 1'000'000;      // who keeps the poller's place looks as often
  static constexpr uint32_t kLooksBeforeSentinel = 4;
  static constexpr uint32_t kSlicesPerClock = 16;
  static constexpr uint32_t kClocksPerCollect = 32;

  Scheduler(Schedulers& all, uint32_t index);
  void run();                        // the thread's body

  uint32_t index() const { return index_; }
  RunQueue& queue() { return queue_; }
  Schedulers& all() { return all_; }
  // A process became runnable on this thread.
  void enqueue(process::Process& process);
  bool after_slice(const Scheduling::SliceJob& job);   // this thread; false: it is in none

  uint64_t reductions() const;
  Load load() const;                 // any thread
  uint64_t context_switches() const { return context_switches_.load(std::memory_order_relaxed); }
  bool is_running_process() const { return is_running_process_.load(std::memory_order_acquire); }
  int64_t active_ns(int64_t now) const;
  base::MicrostateAccounts& accounts() { return accounts_; }
  bool is_polling() const { return is_polling_; }   // this thread
  bool is_active() const { return active_since_.load(std::memory_order_relaxed) != 0; }

  os::Parker parker_;
  os::Thread thread_;
  std::atomic<bool> has_thread_{false};

 private:
  void slice(process::Process& process);
  void hold();                       // while the machine is paused
  std::unique_lock<std::mutex> wait_for_turn();   // while multi-scheduling is blocked
  void end_slice();                  // what was put off until then is done
  bool run_errand();                 // signals of a process that another may not wait for: any there?
  void look_at_clock();
  void ask_for_help();               // when processes wait here and others sleep
  process::Process* find_work();
  process::Process* steal(bool only_waiting);
  process::Process* watch_others();  // the sentinel's look: does a long native hold up a queue?
  process::Process* adopt(process::Process* chain);
  void even_out();                   // with others that have work, too
  void bind();                       // as Bindings has planned
  process::Process* sleep();         // what the sentinel found, or null
  void handle_edges(const Poller::Edges& edges);
  void look_at_edges();              // where it keeps the poller's place
  bool wants_sentinel() const;       // while processes wait
  void leave_poller();               // its own thread polls again
  bool see_to_memory();
  bool fire_timers();                // the clock's time: has anything fired?
  void look_at_resting();            // processes that have waited here for a while: give back what they do not need
  void give_all_away();
  bool is_online() const;
  void set_active(bool active);

  Schedulers& all_;
  const uint32_t index_;
  RunQueue queue_;
  RestingList resting_;
  base::MicrostateAccounts accounts_;
  std::unique_ptr<process::Executor> executor_;
  base::Epochs::Participant* participant_ = nullptr;
  std::vector<Scheduling::SliceJob> after_slice_;
  uint32_t slices_until_clock_ = kSlicesPerClock;
  uint32_t clocks_until_collect_ = kClocksPerCollect;
  uint32_t quiet_watches_ = 0;
  bool keeps_poller_ = false;                 // it may have been taken away meanwhile
  uint64_t next_look_ = 0;                    // cycle count
  uint32_t looks_ = 0;                        // since it keeps it
  bool is_polling_ = false;                   // runs callbacks for descriptors
  std::unique_ptr<uint64_t[]> seen_taken_;    // the sentinel's memory of the others' queues, by priority
  uint64_t next_balance_ = 0;                 // cycle count
  uint32_t binding_version_ = 0;              // of Bindings, as this thread is bound
  std::atomic<uint64_t> reductions_[4] = {};  // by priority; written by this thread alone, as the rest
  uint64_t reductions_at_return_ = 0;         // when it last had free memory given back
  std::atomic<uint64_t> context_switches_{0};
  std::atomic<bool> is_running_process_{false};
  std::atomic<int64_t> active_ns_{0};
  std::atomic<int64_t> active_since_{0};      // 0: idle
};

extern thread_local Scheduler* current_scheduler;

}  // namespace athanor::sched
