// SPDX-License-Identifier: Apache-2.0
// Processes that went to sleep on one scheduler with more heap than they may need, in the order of their going (process/resting.hpp). Touched by its
// thread alone. Looks fall on whole periods, so that a scheduler that sleeps wakes once for many.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>

#include "term/term.hpp"

namespace athanor::sched {

class RestingList {
 public:
#ifdef ATH_STRESS
  static constexpr int64_t kPeriodNs = 5'000'000;
#else
  static constexpr int64_t kPeriodNs = 250'000'000;
#endif
  static constexpr uint32_t kLooksAtOnce = 128;   // then others get their turn

  void note(Term pid, int64_t now) { waiting_.push_back({pid, (now / kPeriodNs + 1) * kPeriodNs}); }
  // When the first is to be looked at.
  int64_t due_ns() const { return waiting_.empty() ? std::numeric_limits<int64_t>::max() : waiting_.front().due_ns; }
  // look(pid): whether it stays noted.
  template <class Look>
  void look_at_due(int64_t now, Look look) {
    for (uint32_t i = 0; i < kLooksAtOnce && due_ns() <= now; ++i) {
      const Term pid = waiting_.front().pid;
      waiting_.pop_front();
      if (look(pid)) note(pid, now);
    }
  }

 private:
  struct Waiting {
    Term pid;
    int64_t due_ns;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace athanor::sched
