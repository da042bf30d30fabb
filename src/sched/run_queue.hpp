// SPDX-License-Identifier: Apache-2.0
// The run queue of one scheduler: intrusive lists by priority under a spin lock.
//
//   max ── always first;  high ── before normal and low;  normal, low ── in turn, each low one a kLowEvery-th as often as each normal one
//
// It also answers how long processes wait, by samples: a mark is put at the end of the queue, and until all that stood before
// it has been taken the mark grows old. No clock is read while at most one process waits, so two that talk pay nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "process/process.hpp"
#include "sched/balance.hpp"
#include "sched/spin_lock.hpp"

namespace athanor::sched {

class RunQueue {
 public:
  static constexpr uint32_t kLowEvery = 8;      // OTP: of eight turns that a normal process has, one that is low has one
  static constexpr uint32_t kMostStolen = 32;

  // Any thread. The process's state says kQueued. `requeued`: it used up its slice. Gives the length afterwards.
  uint32_t push(process::Process& process, bool requeued);
  // The owner; null when empty.
  process::Process* pop();
  // A thief: the half of those of `highest` priority and below that waited longest, at most kMostStolen, linked by queue_next_; null when empty.
  process::Process* steal_half(uint32_t& count, process::Priority highest = process::Priority::Max);
  // A scheduler that has work of its own: those of the level whose turn is next, as many as weigh so much (Balance), linked by queue_next_.
  process::Process* take(Level level, double weight, bool also_woken);
  // What was taken elsewhere when its turn was near: before all others of its level.
  void push_front(process::Process* chain);
  // Everything that is not bound to this scheduler: one that goes offline gives its processes away.
  process::Process* take_all();

  uint32_t length() const { return length_.load(std::memory_order_relaxed); }
  uint32_t length_of(process::Priority priority) const { return lists_[static_cast<int>(priority)].length.load(std::memory_order_relaxed); }
  // Without those bound to this scheduler (process_flag(scheduler, _)): what others may take.
  uint32_t free_length() const {
    const uint32_t all = length();
    return all - std::min(bound_.load(std::memory_order_relaxed), all);
  }
  uint32_t free_length_of(process::Priority priority) const {
    const List& list = lists_[static_cast<int>(priority)];
    return list.length.load(std::memory_order_relaxed) - std::min(list.bound.load(std::memory_order_relaxed), list.length.load(std::memory_order_relaxed));
  }
  // How many have left the queue.
  uint64_t taken_of(process::Priority priority) const { return lists_[static_cast<int>(priority)].taken.load(std::memory_order_relaxed); }
  // Does a process of a higher priority wait?
  bool has_above(process::Priority priority) const {
    for (int i = 0; i < static_cast<int>(priority); ++i) {
      if (lists_[i].length.load(std::memory_order_relaxed) > 0) return true;
    }
    return false;
  }
  // Under the lock: is it really empty, or has it only processes that are bound to this scheduler? The last look before a sleep.
  bool is_empty_for_sure(bool but_for_bound = false);
  // Does a mark grow old at all? Asked before a clock is read.
  bool is_sampling() const { return sample_start_.load(std::memory_order_relaxed) != 0; }
  // Has something waited for more than this? Any thread; `now` from os::cycle_count.
  bool has_waited(uint64_t now, uint64_t cycles) const {
    uint64_t since = sample_start_.load(std::memory_order_relaxed);
    return since != 0 && free_length() > 0 && now > since && now - since > cycles;
  }

 private:
  struct List {
    process::Process* first = nullptr;
    process::Process* last = nullptr;
    std::atomic<uint32_t> length{0};
    std::atomic<uint64_t> taken{0};
    std::atomic<uint32_t> bound{0};             // of its length
  };
  enum class Whom : uint8_t { Anyone, Free, FreeAndUsedUp };   // UsedUp: its slice, when it was queued
  void append(List& list, process::Process& process);
  void count_in(List& list, const process::Process& process);
  // Others than anyone: the first of those among the first few.
  process::Process* take_first(List& list, Whom whom);
  process::Process* unlink(List& list, process::Process* before, process::Process* process);
  process::Process* pop_locked(process::Priority highest, Whom whom);
  // As many as wanted, one after the other by `next`, linked.
  template <class Next>
  process::Process* take_chain(Next next, uint32_t& count);
  List* next_of_shared();                       // whose turn is it, of normal and low? Null: none waits
  void count_popped(uint64_t count);

  SpinLock lock_;
  List lists_[4];
  uint64_t low_credit_ = 0;                     // what low ones have coming: at the sum of all shares it is the turn of one
  std::atomic<uint32_t> length_{0};
  std::atomic<uint32_t> bound_{0};              // of its length
  uint64_t pushed_ = 0;
  std::atomic<uint64_t> popped_{0};
  uint64_t sample_end_ = 0;                     // the sample is over when this many have been taken
  std::atomic<uint64_t> sample_start_{0};       // cycle count; 0: no sample
};

}  // namespace athanor::sched
