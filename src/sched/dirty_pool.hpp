// SPDX-License-Identifier: Apache-2.0
// A pool of dirty threads: natives that compute for long or block on the system, and jobs of the machine itself. Threads are
// made when work finds none idle, up to the limit. Processes have their turns by priority, as on a scheduler.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "base/microstates.hpp"
#include "os/threads.hpp"
#include "process/executor.hpp"
#include "sched/run_queue.hpp"
#include "sched/thread_kind.hpp"

namespace athanor::sched {

class Schedulers;

class DirtyPool {
 public:
  DirtyPool(process::Runtime& runtime, process::MakeExecutor make_executor, ThreadKind kind, uint32_t limit, const base::MicrostateSwitch& microstates,
            Schedulers& schedulers);
  ~DirtyPool();                                           // stop came first

  // The process is kRunning and kDirty; the pool runs its job and hands it back (end_dirty). Any thread.
  void run(process::Process& process);
  void run(void (*job)(void*), void* argument);
  void stop();                                            // waits for running jobs; queued ones are dropped
  uint32_t limit() const { return limit_; }
  uint32_t queue_length() const { return queue_length_.load(std::memory_order_relaxed); }
  uint32_t busy() const { return busy_.load(std::memory_order_relaxed); }
  // How many processes it may run at once. In turns: only one, and while no scheduler runs any (Schedulers::takes_turns). Any thread.
  void set_allowed(uint32_t count, bool in_turns);
  // Processes that it runs, but for those in turn.
  uint32_t running() const { return running_.load(std::memory_order_seq_cst); }
  // Nanoseconds of work, of all threads by number; `now` ends what is under way.
  std::vector<int64_t> active_ns(int64_t now) const;
  // Shows the accounts of each thread there is, by number.
  template <class Visit>
  void each_account(Visit visit) {
    std::lock_guard lock(mutex_);
    for (size_t i = 0; i < workers_.size(); ++i) visit(i, workers_[i]->accounts);
  }

 private:
  struct Job {                                            // of the machine itself
    void (*function)(void*);
    void* argument;
  };
  struct Worker {
    explicit Worker(const base::MicrostateSwitch& microstates) : accounts(microstates) {}
    DirtyPool* pool = nullptr;
    base::MicrostateAccounts accounts;
    os::Thread thread;
    std::atomic<int64_t> active_ns{0};
    std::atomic<int64_t> active_since{0};                 // 0: idle
  };
  void tell_tracer(process::Process& process, Term what);
  void work(Worker& worker);
  void run_process(Worker& worker, process::Executor& executor, process::Process& process, bool in_turn);
  template <class Work>
  void measure(Worker& worker, base::Microstate state, Work work);
  // Under mutex_.
  uint32_t startable() const;                             // how much of what waits could begin
  void wake_or_add();                                     // a thread for what has come
  void note_length();

  process::Runtime& runtime_;
  process::MakeExecutor make_executor_;
  const ThreadKind kind_;
  const uint32_t limit_;
  const base::MicrostateSwitch& microstates_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  RunQueue processes_;
  uint32_t allowed_;                                      // guarded by mutex_
  uint32_t begun_ = 0;                                    // processes taken and not ended; guarded by mutex_
  bool in_turns_ = false;                                 // guarded by mutex_
  std::vector<std::unique_ptr<Worker>> workers_;          // guarded by mutex_
  uint32_t idle_ = 0;                                     // guarded by mutex_
  bool stopping_ = false;                                 // guarded by mutex_
  std::atomic<uint32_t> queue_length_{0};
  std::atomic<uint32_t> busy_{0};
  std::atomic<uint32_t> running_{0};
  Schedulers& schedulers_;
};

}  // namespace athanor::sched
