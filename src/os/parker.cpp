// SPDX-License-Identifier: Apache-2.0
#include "os/parker.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace athanor::os {

namespace {
void futex_wait(std::atomic<uint32_t>* word, uint32_t expected, int64_t timeout_ns) {
  timespec limit{static_cast<time_t>(timeout_ns / 1'000'000'000), static_cast<long>(timeout_ns % 1'000'000'000)};
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAIT_PRIVATE, expected, timeout_ns < 0 ? nullptr : &limit, nullptr, 0);
}
void futex_wake(std::atomic<uint32_t>* word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}
}  // namespace

void Parker::park(int64_t timeout_ns) {
  uint32_t expected = kEmpty;
  if (state_.compare_exchange_strong(expected, kParked, std::memory_order_acq_rel, std::memory_order_acquire))
    futex_wait(&state_, kParked, timeout_ns);
  state_.exchange(kEmpty, std::memory_order_acq_rel);
}

bool Parker::begin_elsewhere() {
  uint32_t expected = kEmpty;
  return state_.compare_exchange_strong(expected, kElsewhere, std::memory_order_acq_rel, std::memory_order_acquire);
}

void Parker::end_elsewhere() { state_.exchange(kEmpty, std::memory_order_acq_rel); }

bool Parker::unpark() {
  const uint32_t before = state_.exchange(kNotified, std::memory_order_acq_rel);
  if (before == kParked) futex_wake(&state_);
  return before != kElsewhere;
}

}  // namespace athanor::os
