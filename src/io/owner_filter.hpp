// SPDX-License-Identifier: Apache-2.0
// Answers "owns this process anything here?" without a lock, so that the exit of a process that owns nothing costs one load.
#pragma once

#include <atomic>
#include <cstdint>

#include "term/term.hpp"

namespace athanor::io {

class OwnerFilter {
 public:
  void add(Term pid) { cell(pid).fetch_add(1, std::memory_order_relaxed); }
  void remove(Term pid) { cell(pid).fetch_sub(1, std::memory_order_relaxed); }
  bool may_own(Term pid) const { return counts_[index(pid)].load(std::memory_order_acquire) != 0; }

 private:
  static constexpr uint32_t kCells = 1024;
  static uint32_t index(Term pid) { return pid.pid_number() & (kCells - 1); }
  std::atomic<uint32_t>& cell(Term pid) { return counts_[index(pid)]; }
  std::atomic<uint32_t> counts_[kCells] = {};
};

}  // namespace athanor::io
