// SPDX-License-Identifier: Apache-2.0
// Who keeps schedulers from running side by side (erlang:system_flag(multi_scheduling, _)): normal ones, or dirty ones too. A process may block
// several times, and its end undoes all it did.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "term/term.hpp"

namespace athanor::sched {

enum class Blocked : uint8_t { No, Normal, All };

class Blocks {
 public:
  // `which`: Normal or All.
  void add(Term pid, Blocked which) {
    std::lock_guard lock(mutex_);
    list(which).push_back(pid);
    renew();
  }
  // One of those that the process added, if any.
  void remove(Term pid, Blocked which) {
    std::lock_guard lock(mutex_);
    auto& pids = list(which);
    if (auto at = std::find(pids.begin(), pids.end(), pid); at != pids.end()) pids.erase(at);
    renew();
  }
  // False: it had none.
  bool forget(Term pid) {
    std::lock_guard lock(mutex_);
    const size_t count = std::erase(normal_, pid) + std::erase(all_, pid);
    renew();
    return count > 0;
  }
  Blocked state() const { return state_.load(std::memory_order_acquire); }
  // Each once, who blocked last first.
  std::vector<Term> pids(Blocked which) {
    std::lock_guard lock(mutex_);
    std::vector<Term> result;
    for (Term pid : list(which))
      if (std::find(result.begin(), result.end(), pid) == result.end()) result.insert(result.begin(), pid);
    return result;
  }

 private:
  std::vector<Term>& list(Blocked which) { return which == Blocked::All ? all_ : normal_; }
  void renew() { state_.store(!all_.empty() ? Blocked::All : !normal_.empty() ? Blocked::Normal : Blocked::No, std::memory_order_release); }

  std::mutex mutex_;
  std::vector<Term> normal_, all_;
  std::atomic<Blocked> state_{Blocked::No};
};

}  // namespace athanor::sched
