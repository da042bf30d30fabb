// SPDX-License-Identifier: Apache-2.0
// A lock for many readers or one writer in four bytes: one compare-and-swap where nobody is in the way, which is the common case.
// Held for a slice at most; who waits spins, then gives up the processor. Readers come first, so that one thread may read twice.
// Who reads for a moment takes it as a writer would where nobody is in the way: giving it up is then a plain store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace athanor::ets {

class TableLock {
 public:
  void lock() {
    for (uint32_t round = 0; !try_lock(); ++round) wait(round);
  }
  bool try_lock() {
    uint32_t free = 0;
    return state_.load(std::memory_order_relaxed) == 0 && state_.compare_exchange_strong(free, kWriter, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() { state_.store(0, std::memory_order_release); }
  void lock_shared() {
    for (uint32_t round = 0; !try_lock_shared(); ++round) wait(round);
  }
  bool try_lock_shared() {
    uint32_t state = state_.load(std::memory_order_relaxed);
    while (state != kWriter) {
      if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void unlock_shared() { state_.fetch_sub(1, std::memory_order_release); }
  // For reading. True: it is held as by a writer.
  bool lock_briefly() {
    for (uint32_t round = 0;; ++round) {
      if (try_lock()) return true;
      if (state_.load(std::memory_order_relaxed) != kWriter && try_lock_shared()) return false;
      wait(round);
    }
  }
  void unlock_either(bool exclusive) { exclusive ? unlock() : unlock_shared(); }

 private:
  static constexpr uint32_t kWriter = UINT32_MAX;
  static void wait(uint32_t round) {
    if (round < 64) return;
    if (round < 256) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  std::atomic<uint32_t> state_{0};   // readers, or kWriter
};

}  // namespace athanor::ets
