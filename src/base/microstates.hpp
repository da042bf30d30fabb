// SPDX-License-Identifier: Apache-2.0
// Microstate accounting: what each thread of a machine spends its time on. While it is switched off a change of state is a store.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "base/assert.hpp"
#include "base/clock.hpp"

namespace athanor::base {

enum class Microstate : uint8_t { Aux, CheckIo, Emulator, Gc, Other, Port, Sleep };
constexpr size_t kMicrostates = 7;

// One a machine, shared by the accounts of its threads.
struct MicrostateSwitch {
  std::atomic<bool> is_on{false};
  Clock* clock = nullptr;
};

// One a thread, which changes the state. Time is settled by whoever is first: an interval belongs to who takes its beginning away.
class MicrostateAccounts {
 public:
  explicit MicrostateAccounts(const MicrostateSwitch& the_switch) : switch_(the_switch) {}

  // The thread's own. Gives the state before.
  Microstate enter(Microstate next) {
    const Microstate before = state_.load(std::memory_order_relaxed);
    if (ATH_UNLIKELY(switch_.is_on.load(std::memory_order_relaxed))) settle(switch_.clock->monotonic_ns());
    state_.store(next, std::memory_order_relaxed);
    return before;
  }

  // Any thread.
  void begin(int64_t now) { since_.store(now, std::memory_order_relaxed); }
  void settle(int64_t now) {
    const Microstate state = state_.load(std::memory_order_relaxed);
    int64_t since = since_.load(std::memory_order_relaxed);
    do {   // never back: whoever read the clock earlier comes later and has nothing to settle
      if (now <= since) return;
    } while (!since_.compare_exchange_weak(since, now, std::memory_order_relaxed));
    if (since != 0) totals_[static_cast<size_t>(state)].fetch_add(now - since, std::memory_order_relaxed);
  }
  void clear() {
    for (std::atomic<int64_t>& total : totals_) total.store(0, std::memory_order_relaxed);
  }
  std::array<int64_t, kMicrostates> totals() const {
    std::array<int64_t, kMicrostates> result;
    for (size_t i = 0; i < kMicrostates; ++i) result[i] = totals_[i].load(std::memory_order_relaxed);
    return result;
  }

  static inline thread_local MicrostateAccounts* current = nullptr;   // of a thread that keeps some

 private:
  const MicrostateSwitch& switch_;
  std::atomic<Microstate> state_{Microstate::Sleep};
  std::atomic<int64_t> since_{0};                        // 0: not measured yet
  std::array<std::atomic<int64_t>, kMicrostates> totals_{};
};

// The calling thread is in this state while it lives.
class InMicrostate {
 public:
  explicit InMicrostate(Microstate state) : accounts_(MicrostateAccounts::current) {
    if (accounts_) before_ = accounts_->enter(state);
  }
  ~InMicrostate() {
    if (accounts_) accounts_->enter(before_);
  }
  InMicrostate(const InMicrostate&) = delete;
  InMicrostate& operator=(const InMicrostate&) = delete;

 private:
  MicrostateAccounts* const accounts_;
  Microstate before_ = Microstate::Other;
};

}  // namespace athanor::base
