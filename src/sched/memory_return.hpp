// SPDX-License-Identifier: Apache-2.0
// malloc keeps what was freed in pages that lie between others in use. Schedulers that have worked and go to sleep have it give such pages back: one
// at a time, seldom, and for a small share of the time, as it goes through all that is free.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace athanor::sched {

class MemoryReturn {
 public:
  static constexpr int64_t kPeriodNs = 10'000'000'000;
  static constexpr int64_t kTimesAsLong = 200;            // between two as it took
  static constexpr uint64_t kWorthReductions = 1'000'000;   // of a scheduler; who did less since it last saw to it lets it be

  // The first is due a period after `now`.
  void start(int64_t now) { due_ns_.store(now + kPeriodNs, std::memory_order_relaxed); }
  int64_t due_ns() const { return due_ns_.load(std::memory_order_relaxed); }
  // give_back() where it is due and nobody else does it; `clock()` tells the time. True: it has been seen to.
  template <class Clock, class GiveBack>
  bool see_to_it(Clock clock, GiveBack give_back) {
    const int64_t began = clock();
    int64_t due = due_ns_.load(std::memory_order_relaxed);
    if (began < due || !due_ns_.compare_exchange_strong(due, began + kPeriodNs, std::memory_order_relaxed)) return false;
    give_back();
    const int64_t ended = clock();
    due_ns_.store(ended + std::max(kPeriodNs, kTimesAsLong * (ended - began)), std::memory_order_relaxed);
    return true;
  }

 private:
  std::atomic<int64_t> due_ns_{0};
};

}  // namespace athanor::sched
