// SPDX-License-Identifier: Apache-2.0
// Processes whose signals are to be handled before their turn (process::serve_signals), by the priority of who waits. One for all
// schedulers: whichever is free first takes them, so that none stands behind a native that holds its scheduler up.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "process/process.hpp"

namespace athanor::sched {

class Errands {
 public:
  void push(process::Priority priority, Term pid) {
    std::lock_guard lock(mutex_);
    lists_[static_cast<int>(priority)].push_back(pid);
    count_.fetch_add(1, std::memory_order_release);
  }
  // The first one, unless `refuses` its priority; none().
  template <class Refuses>
  Term take(Refuses refuses) {
    if (is_empty()) return Term::none();
    std::lock_guard lock(mutex_);
    for (int i = 0; i < 4; ++i) {
      if (lists_[i].empty()) continue;
      if (refuses(static_cast<process::Priority>(i))) break;
      Term pid = lists_[i].front();
      lists_[i].pop_front();
      count_.fetch_sub(1, std::memory_order_relaxed);
      return pid;
    }
    return Term::none();
  }
  // Under the lock: the last look before a sleep.
  bool is_empty_for_sure() {
    std::lock_guard lock(mutex_);
    return is_empty();
  }
  bool is_empty() const { return count_.load(std::memory_order_acquire) == 0; }

 private:
  std::mutex mutex_;
  std::deque<Term> lists_[4];
  std::atomic<uint32_t> count_{0};
};

}  // namespace athanor::sched
