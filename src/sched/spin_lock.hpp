// SPDX-License-Identifier: Apache-2.0
// A lock for a few instructions at a time: one exchange to take, one store to give. Waits politely when its holder lost
// its core.
#pragma once

#include <atomic>

#include "os/threads.hpp"

namespace athanor::sched {

class SpinLock {
 public:
  void lock() {
    for (int spins = 0; taken_.exchange(true, std::memory_order_acquire);) {
      while (taken_.load(std::memory_order_relaxed)) {
        if (++spins < 64) {
          os::relax();
        } else {
          os::yield_thread();
          spins = 0;
        }
      }
    }
  }
  void unlock() { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};

}  // namespace athanor::sched
