// SPDX-License-Identifier: Apache-2.0
// All schedulers of one machine with its timers, dirty pools and poller: Scheduling over real threads.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "sched/balance.hpp"
#include "sched/blocks.hpp"
#include "sched/dirty_pool.hpp"
#include "sched/errands.hpp"
#include "sched/memory_return.hpp"
#include "sched/poller.hpp"
#include "sched/scheduler.hpp"
#include "sched/scheduling.hpp"
#include "sched/system_sources.hpp"
#include "sched/timers.hpp"

namespace athanor::sched {

class Schedulers final : public Scheduling, private TimerHost {
 public:
  Schedulers(process::Runtime& runtime, const SchedulingOptions& options, process::MakeExecutor make_executor);
  ~Schedulers() override;

  void enqueue(process::Process& target) override;
  void enqueue_signals(process::Process& target, process::Priority priority) override;
  void start() override;
  void begin_stop() override;
  void stop_schedulers() override;
  void stop() override;
  uint32_t scheduler_count() const override { return static_cast<uint32_t>(schedulers_.size()); }
  uint32_t schedulers_online() const override { return online_.load(std::memory_order_relaxed); }
  void pause() override;
  void resume() override;
  uint32_t dirty_cpu_count() const override { return dirty_cpu_.limit(); }
  uint32_t dirty_io_count() const override { return dirty_io_.limit(); }
  uint32_t dirty_cpu_online() const override { return dirty_cpu_online_.load(std::memory_order_relaxed); }
  void set_dirty_cpu_online(uint32_t count) override;
  void set_schedulers_online(uint32_t count) override;
  Counts counts(Kind kind) const override;
  void block(Term pid, Blocked which) override;
  void unblock(Term pid, Blocked which) override;
  void forget_blocker(Term pid) override;
  Blocked blocked() const override { return blocks_.state(); }
  std::vector<Term> blockers(Blocked which) override { return blocks_.pids(which); }
  bool wait_until_settled(Term pid) override;
  uint32_t current_scheduler_id() const override;
  bool after_slice(SliceJob job) override;
  uint32_t awake_schedulers() const override;
  uint32_t run_queue_length() const override;
  std::vector<uint32_t> run_queue_lengths() const override;
  std::vector<uint32_t> active_tasks() const override;
  uint32_t dirty_queue_length(bool io) const override { return (io ? dirty_io_ : dirty_cpu_).queue_length(); }
  uint32_t dirty_busy(bool io) const override { return (io ? dirty_io_ : dirty_cpu_).busy(); }
  uint64_t total_reductions() const override;
  uint64_t context_switches() const override;
  uint64_t balance_rounds() const override { return balance_.rounds(); }
  void set_wall_time_measuring(bool on) override;
  std::vector<WallTime> wall_times() const override;
  std::vector<ThreadMicrostates> microstates() override;
  bool change_microstates(MicrostateChange change) override;
  Bindings& bindings() override { return bindings_; }
  void look_at_bindings() override { wake_all_threads(); }
  size_t timer_count() const override { return timers_.count(); }
  size_t polled_descriptors() const override { return poller_.watched(); }
  std::optional<size_t> polled_by_schedulers() const override { return poller_.edges_for_schedulers(); }
  void poll(int descriptor, uint32_t interest, void (*callback)(void*, uint32_t), void* argument) override;
  void stop_polling(int descriptor) override;
  void set_edge_handler(EdgeHandler handler) override { poller_.set_edge_handler(handler); }
  void watch_edges(int descriptor, uint64_t key, uint32_t interest) override { poller_.watch_edges(descriptor, key, interest); }
  void unwatch_edges(int descriptor) override { poller_.unwatch_edges(descriptor); }
  void run_in_background(void (*job)(void*), void* argument) override;

  // --- for a Scheduler ---
  process::Runtime& runtime() { return runtime_; }
  const base::MicrostateSwitch& microstate_switch() const { return microstate_switch_; }
  process::Executor* make_executor() { return make_executor_(runtime_); }
  Timers& timers() { return timers_; }
  Poller& poller() { return poller_; }
  Errands& errands() { return errands_; }
  MemoryReturn& memory_return() { return memory_return_; }
  DirtyPool& dirty_pool(bool io) { return io ? dirty_io_ : dirty_cpu_; }
  int64_t slice() const { return slice_; }
  uint64_t help_after_cycles() const { return help_after_cycles_; }
  uint64_t spin_cycles() const { return spin_cycles_; }
  uint64_t look_cycles() const { return look_cycles_; }
  uint64_t balance_cycles() const { return balance_cycles_; }
  Balance& balance() { return balance_; }
  // Nobody but descriptors can bring work soon, and they are best waited for in the poller.
  bool waits_for_edges() const {
    return poller_.has_edges() && asleep_online() + 1 >= schedulers_in_use() && dirty_io_.busy() + dirty_io_.queue_length() + dirty_cpu_.busy() + dirty_cpu_.queue_length() == 0;
  }
  uint32_t schedulers_in_use() const { return in_use_.load(std::memory_order_relaxed); }
  // Multi-scheduling is blocked altogether: a slice and a dirty job each wait until no other runs.
  bool takes_turns() const { return takes_turns_.load(std::memory_order_relaxed); }
  // Of those in use those that need neither take turns nor pause: what a slice looks at.
  uint32_t schedulers_at_will() const { return at_will_.load(std::memory_order_acquire); }
  std::mutex& turn() { return turn_; }
  bool someone_settles() const { return someone_settles_.load(std::memory_order_seq_cst); }
  void tell_if_settled();                   // who waits for a change, when the last that may not run has stopped
  bool is_stopping() const { return stopping_.load(std::memory_order_acquire); }
  bool is_paused() const { return paused_.load(std::memory_order_acquire); }
  void wait_until_resumed();
  Scheduler& scheduler(uint32_t index) { return *schedulers_[index]; }
  bool someone_sleeps() const { return asleep_online() > 0; }
  uint32_t asleep_online() const;           // how many of those in use sleep
  bool is_asleep(uint32_t index) const { return (asleep_[index / 64].load(std::memory_order_acquire) >> (index % 64) & 1) != 0; }
  void mark_asleep(uint32_t index);
  bool mark_awake(uint32_t index);          // false: it was not marked asleep
  void wake(uint32_t index);                // if it is marked asleep
  void wake_a_helper();                     // one at a time
  void help_who_waits();                    // wakes one if processes wait anywhere and nobody watches that; any thread
  void helper_done(Scheduler& scheduler) { Scheduler* self = &scheduler; helper_.compare_exchange_strong(self, nullptr, std::memory_order_acq_rel); }
  bool become_sentinel(Scheduler& scheduler) { Scheduler* none = nullptr; return sentinel_.compare_exchange_strong(none, &scheduler, std::memory_order_acq_rel); }
  void resign_as_sentinel() { sentinel_.store(nullptr, std::memory_order_release); }
  bool lacks_sentinel() const { return sentinel_.load(std::memory_order_relaxed) == nullptr && someone_sleeps(); }   // and could have one

 private:
  uint32_t current_wheel() override;
  template <class Visit>
  void each_account(Visit visit);           // visit(Kind, id, accounts)
  void wheel_wants_attention(uint32_t wheel) override { wake(wheel); }
  void wake_thread(Scheduler& scheduler) {
    if (!scheduler.parker_.unpark()) poller_.wake_idle();
  }
  void wake_all_threads();
  void change_in_use();                     // after what it follows from
  void renew_at_will();                     // under in_use_mutex_
  bool has_settled() const;
  void unpark(uint32_t index);              // starts its thread where it has none yet
  int sleeping_scheduler() const;           // one in use; -1: none

  process::Runtime& runtime_;
  process::MakeExecutor make_executor_;
  SystemClock clock_;
  SystemChance chance_;
  base::MicrostateSwitch microstate_switch_{.clock = &clock_};
  std::mutex microstate_mutex_;             // changes of it
  std::vector<std::unique_ptr<Scheduler>> schedulers_;
  Timers timers_;
  DirtyPool dirty_cpu_, dirty_io_;
  Errands errands_;
  MemoryReturn memory_return_;
  Poller poller_;
  int64_t slice_;
  uint64_t help_after_cycles_, spin_cycles_, balance_cycles_, look_cycles_;
  Balance balance_;
  Bindings bindings_;
  std::atomic<int64_t> wall_time_start_{0};
  std::vector<int64_t> wall_time_base_;     // active time at wall_time_start_; guarded by mutex_
  std::atomic<uint32_t> online_, in_use_, at_will_;
  std::atomic<uint32_t> dirty_cpu_online_;
  std::atomic<bool> takes_turns_{false};
  std::mutex in_use_mutex_;                 // changes of these
  std::mutex turn_;
  Blocks blocks_;
  std::mutex settle_mutex_;
  std::vector<Term> settling_;              // processes that wait until a change has settled; guarded by settle_mutex_
  std::atomic<bool> someone_settles_{false};
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<std::atomic<uint64_t>[]> asleep_;   // bit a scheduler
  uint32_t asleep_words_;
  std::atomic<Scheduler*> helper_{nullptr};   // woken to help, still looking
  std::atomic<Scheduler*> sentinel_{nullptr};
  std::atomic<bool> paused_{false};
  std::mutex pause_mutex_;
  std::condition_variable resumed_;
  uint32_t pauses_ = 0;                     // guarded by pause_mutex_
  mutable std::mutex mutex_;                // starting threads, wall time
};

}  // namespace athanor::sched
