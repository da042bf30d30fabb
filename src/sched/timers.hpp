// SPDX-License-Identifier: Apache-2.0
// The machine's timers: a wheel a scheduler, and an index of those that have a reference, in shards.
//
//   start ──► wheel of the calling scheduler (its lock)         fired by that scheduler, when it looks at the clock
//        └──► shard of the reference (its lock)                 cancel and read by reference: any thread
//
// A timer with a reference belongs to whoever takes it out of its shard: the firing scheduler delivers it, a canceller
// discards it. Locks are taken in the order shard, wheel.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "process/timers.hpp"
#include "sched/spin_lock.hpp"
#include "sched/timer_wheel.hpp"

namespace athanor::sched {

// What timers ask of the schedulers.
class TimerHost {
 public:
  virtual uint32_t current_wheel() = 0;           // of the calling thread
  // A timer was put into this wheel, earlier than all others, by a thread that does not drive it.
  virtual void wheel_wants_attention(uint32_t wheel) = 0;
 protected:
  ~TimerHost() = default;
};

class Timers final : public process::Timers {
 public:
  Timers(process::Runtime& runtime, TimerHost& host, uint32_t wheels);
  ~Timers() override;

  // Also puts the handle into self.receive_timer_ and makes a new self.timer_generation_, which the Timeout signal carries.
  uint64_t set_receive_timer(process::Process& self, int64_t deadline_ns) override;
  // Makes the generation stale, so that a Timeout under way is ignored.
  void cancel_receive_timer(process::Process& self) override;
  void start(const uint64_t reference[2], int64_t deadline_ns, Term to, heap::Parcel message) override;
  int64_t cancel(const uint64_t reference[2]) override;
  int64_t read(const uint64_t reference[2]) override;
  void process_exited(process::Process& self) override;
  std::vector<Waiting> waiting() override;
  void call_at(int64_t deadline_ns, void (*function)(void*), void* argument) override;

  // --- for the scheduler that drives the wheel; inside an epoch ---
  int64_t next_ns(uint32_t wheel) const { return wheels_[wheel].next_ns.load(std::memory_order_relaxed); }
  // Under the lock: the last look before a sleep, ordered against wheel_wants_attention.
  int64_t next_ns_for_sure(uint32_t wheel);
  void fire(uint32_t wheel, int64_t now_ns);
  size_t count() const;                           // set and not fired

 private:
  struct alignas(64) Wheel {
    SpinLock lock;
    std::unique_ptr<TimerWheel> wheel;
    std::atomic<int64_t> next_ns;                 // written under the lock
    std::atomic<size_t> count{0};                 // likewise
  };
  struct alignas(64) Shard {
    SpinLock lock;
    std::vector<Timer*> buckets;
    size_t count = 0;
    Timer* pids[64] = {};
  };
  static constexpr uint32_t kShards = 16, kPidCounters = 1024, kLeastBuckets = 64;

  Shard& shard_of(const uint64_t reference[2]) { return shards_[(reference[0] * 0x9E3779B97F4A7C15u) >> 60]; }
  static void resize(Shard& shard, size_t buckets);
  void insert(Shard& shard, Timer* timer);
  Timer* find(Shard& shard, const uint64_t reference[2]);
  void take_out(Shard& shard, Timer* timer);
  bool take_from_wheel(Timer* timer);             // with its shard's lock. False: just being fired, whose thread frees it
  void update(Wheel& wheel);
  Timer* allocate(uint32_t wheel, TimerKind kind, int64_t deadline_ns);   // takes the lock; not yet linked
  void add(Timer* timer);
  void deliver(Timer* timer);
  std::atomic<uint32_t>& pid_counter(Term pid) { return pid_counters_[pid.pid_number() % kPidCounters]; }

  process::Runtime& runtime_;
  TimerHost& host_;
  uint32_t wheel_count_;
  std::unique_ptr<Wheel[]> wheels_;
  Shard shards_[kShards];
  std::atomic<uint32_t> pid_counters_[kPidCounters] = {};   // timers that send to a pid of this residue
};

}  // namespace athanor::sched
