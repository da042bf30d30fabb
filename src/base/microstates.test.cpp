// SPDX-License-Identifier: Apache-2.0
#include "base/microstates.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace athanor::base {
namespace {

struct StepClock final : Clock {
  std::atomic<int64_t> now{100};
  int64_t monotonic_ns() override { return now.load(); }
  int64_t system_ns() override { return now.load(); }
};

int64_t in(const MicrostateAccounts& accounts, Microstate state) { return accounts.totals()[static_cast<size_t>(state)]; }

TEST(Microstates, NothingIsCountedWhileOff) {
  StepClock clock;
  MicrostateSwitch control{.clock = &clock};
  MicrostateAccounts accounts(control);
  accounts.enter(Microstate::Emulator);
  clock.now += 10;
  accounts.enter(Microstate::Sleep);
  for (int64_t total : accounts.totals()) EXPECT_EQ(total, 0);
}

TEST(Microstates, TimeBelongsToTheStateThatWas) {
  StepClock clock;
  MicrostateSwitch control{.clock = &clock};
  MicrostateAccounts accounts(control);
  accounts.enter(Microstate::Other);
  accounts.begin(clock.now);
  control.is_on = true;
  clock.now += 5;
  accounts.enter(Microstate::Emulator);
  clock.now += 20;
  MicrostateAccounts::current = &accounts;
  {
    const InMicrostate collecting(Microstate::Gc);
    clock.now += 7;
  }
  MicrostateAccounts::current = nullptr;
  clock.now += 3;
  control.is_on = false;
  accounts.settle(clock.now);
  EXPECT_EQ(in(accounts, Microstate::Other), 5);
  EXPECT_EQ(in(accounts, Microstate::Emulator), 23);
  EXPECT_EQ(in(accounts, Microstate::Gc), 7);
  EXPECT_EQ(in(accounts, Microstate::Sleep), 0);
}

// Two threads settle at once: no interval is counted twice or lost.
TEST(Microstates, SettledByTwo) {
  StepClock clock;
  MicrostateSwitch control{.clock = &clock};
  MicrostateAccounts accounts(control);
  accounts.begin(clock.now);
  control.is_on = true;
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) accounts.settle(clock.now);
  });
  const int64_t began = clock.now;
  for (int i = 0; i < 20'000; ++i) {
    accounts.enter(i % 2 ? Microstate::Emulator : Microstate::Sleep);
    ++clock.now;
  }
  done = true;
  other.join();
  accounts.settle(clock.now);
  const auto totals = accounts.totals();
  EXPECT_LE(std::accumulate(totals.begin(), totals.end(), int64_t{0}), clock.now - began);
  EXPECT_GE(std::accumulate(totals.begin(), totals.end(), int64_t{0}), (clock.now - began) / 2);
}

}  // namespace
}  // namespace athanor::base
