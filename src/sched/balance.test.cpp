// SPDX-License-Identifier: Apache-2.0
// Balance over schedulers that are counted rather than run: each gives out turns by the rules of a run queue, period after period.
#include "sched/balance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "sched/run_queue.hpp"

namespace athanor::sched {
namespace {

constexpr int kMax = 0, kHigh = 1, kNormal = 2, kLow = 3;

class Machine {
 public:
  struct One {
    std::deque<int> queue[4];
    double speed = 1;
    bool sleeps = false;
    double low_credit = 0;
    Load load;
  };
  explicit Machine(uint32_t count) : ones(count), balance_(count) {}

  void put(uint32_t scheduler, int priority, int count) {
    while (count-- > 0) ones[scheduler].queue[priority].push_back(next_++);
  }
  void run(int periods, int turns_a_period = 100) {
    for (int i = 0; i < periods; ++i) {
      now_ += Balance::kPeriodNs;
      for (One& one : ones) give_turns(one, static_cast<int>((turns_a_period + static_cast<int>(chance_() % 7)) * one.speed));
      for (uint32_t self = 0; self < ones.size(); ++self) {
        Balance::Wish wish;
        if (!ones[self].sleeps && balance_.look(self, now_, [&](uint32_t of) { return seen(of); }, wish)) move(self, wish);
      }
    }
  }
  size_t waiting(uint32_t scheduler, int priority) const { return ones[scheduler].queue[priority].size(); }

  std::vector<One> ones;
  std::map<int, int> turns;   // by process
  int moves = 0;

 private:
  int pick(One& one) {
    for (int priority : {kMax, kHigh})
      if (!one.queue[priority].empty()) return priority;
    if (one.queue[kLow].empty() || one.queue[kNormal].empty()) return one.queue[kLow].empty() ? kNormal : kLow;
    one.low_credit += static_cast<double>(one.queue[kLow].size());
    const double all = static_cast<double>(one.queue[kLow].size() + RunQueue::kLowEvery * one.queue[kNormal].size());
    if (one.low_credit < all) return kNormal;
    one.low_credit -= all;
    return kLow;
  }
  void give_turns(One& one, int count) {
    if (one.sleeps) return;
    one.load.active_ns += Balance::kPeriodNs;
    for (int i = 0; i < count; ++i) {
      const int priority = pick(one);
      std::deque<int>& queue = one.queue[priority];
      if (queue.empty()) return;
      ++turns[queue.front()];
      queue.push_back(queue.front());
      queue.pop_front();
      one.load.reductions[priority] += 4000;
      ++one.load.taken[priority];
    }
  }
  Load seen(uint32_t scheduler) {
    One& one = ones[scheduler];
    Load load = one.load;
    load.is_online = true;
    for (int p = 0; p < 4; ++p) load.waiting[p] = static_cast<uint32_t>(one.queue[p].size());
    if (const int running = pick(one); load.waiting[running] > 0) --load.waiting[running];
    std::copy(std::begin(load.waiting), std::end(load.waiting), load.free);
    return load;
  }
  void move(uint32_t to, const Balance::Wish& wish) {
    One& from = ones[wish.from];
    double weight = wish.weight;
    for (;;) {
      const int priority = wish.level == Level::Shared ? (from.queue[kNormal].empty() ? kLow : kNormal) : static_cast<int>(wish.level);
      const double own = priority == kLow ? 1.0 / RunQueue::kLowEvery : 1;
      if (from.queue[priority].empty() || weight < own) return;
      weight -= own;
      ones[to].queue[priority].push_front(from.queue[priority].front());
      from.queue[priority].pop_front();
      ++moves;
    }
  }

  Balance balance_;
  std::minstd_rand chance_{1};   // no two periods are the same to the turn
  int64_t now_ = 1;
  int next_ = 0;
};

// The fewest turns of processes first .. last, as a part of their mean.
double least_share(Machine& machine, int first, int last) {
  double sum = 0, least = 1e9;
  for (int i = first; i <= last; ++i) {
    sum += machine.turns[i];
    least = std::min<double>(least, machine.turns[i]);
  }
  return least / (sum / (last - first + 1));
}

TEST(Balance, EvenQueuesAreLeftAlone) {
  Machine machine(2);
  for (uint32_t i : {0u, 1u}) {
    machine.put(i, kNormal, 10);
    machine.put(i, kLow, 10);
  }
  machine.run(200);
  EXPECT_EQ(machine.moves, 0);
}

TEST(Balance, ALongerQueueIsSharedOut) {
  Machine machine(4);
  machine.put(0, kNormal, 400);
  for (uint32_t i : {1u, 2u, 3u}) machine.put(i, kNormal, 4);
  machine.run(60);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_NEAR(static_cast<double>(machine.waiting(i, kNormal)), 103, 12);
  const int settled = machine.moves;
  machine.turns.clear();
  machine.run(400);
  EXPECT_LT(machine.moves - settled, 100);
  EXPECT_GT(least_share(machine, 0, 411), 0.85);
}

// One that is high and always runs leaves its scheduler's normal and low ones nothing.
TEST(Balance, WhatAHighOneHoldsUpRunsElsewhere) {
  Machine machine(2);
  machine.put(0, kHigh, 1);
  machine.put(0, kNormal, 300);
  machine.put(0, kLow, 300);
  machine.put(1, kNormal, 200);
  machine.put(1, kLow, 200);
  machine.run(60);
  EXPECT_EQ(machine.waiting(0, kNormal) + machine.waiting(0, kLow), 0u);
  machine.turns.clear();
  machine.run(400);
  EXPECT_GT(least_share(machine, 1, 300), 0.9);       // normal ones of scheduler 0
  EXPECT_GT(least_share(machine, 301, 600), 0.5);     // its low ones: few turns each
  EXPECT_GE(machine.turns[0], 400 * 100);
}

TEST(Balance, TwoHighOnesGetASchedulerEach) {
  Machine machine(2);
  machine.put(0, kHigh, 2);
  machine.put(1, kNormal, 5);
  machine.run(10);
  EXPECT_EQ(machine.waiting(0, kHigh), 1u);
  EXPECT_EQ(machine.waiting(1, kHigh), 1u);
}

TEST(Balance, OneThatIsMaxLeavesAHighOneToAnother) {
  Machine machine(2);
  machine.put(0, kMax, 1);
  machine.put(0, kHigh, 1);
  machine.put(1, kNormal, 5);
  machine.run(10);
  EXPECT_EQ(machine.waiting(1, kHigh), 1u);
  machine.run(100);
  EXPECT_EQ(machine.waiting(0, kMax), 1u);             // one has a scheduler whatever is done
  EXPECT_EQ(machine.waiting(1, kHigh), 1u);
}

// No way to divide three by two at any moment, but over time.
TEST(Balance, ThreeOnTwoSchedulersGetTwoThirdsEach) {
  Machine machine(2);
  machine.put(0, kNormal, 1);
  machine.put(1, kNormal, 2);
  machine.run(2000);
  EXPECT_GT(least_share(machine, 0, 2), 0.9);
  EXPECT_LT(machine.moves, 1000);
}

TEST(Balance, FewLowOnesAreSharedOutToo) {
  Machine machine(2);
  machine.put(0, kLow, 6);
  machine.put(1, kLow, 2);
  machine.run(100);
  EXPECT_EQ(machine.waiting(0, kLow), 4u);
}

// Its thread has a quarter of the time of the other's.
TEST(Balance, ASlowSchedulerHasFewer) {
  Machine machine(2);
  machine.ones[0].speed = 0.25;
  machine.put(0, kNormal, 50);
  machine.put(1, kNormal, 50);
  machine.run(100);
  EXPECT_NEAR(static_cast<double>(machine.waiting(0, kNormal)), 20, 4);
  machine.turns.clear();
  machine.run(1000);
  EXPECT_GT(least_share(machine, 0, 99), 0.8);
}

// Behind a native that does not return nothing is taken.
TEST(Balance, WhatALongNativeHoldsUpRunsElsewhere) {
  Machine machine(2);
  machine.ones[0].speed = 0;
  machine.put(0, kNormal, 30);
  machine.put(1, kNormal, 10);
  machine.run(20);
  EXPECT_LE(machine.waiting(0, kNormal), 1u);
}

// Those that sleep help by their own rule.
TEST(Balance, WhoSleepsIsLeftOut) {
  Machine machine(3);
  machine.ones[2].sleeps = true;
  machine.put(0, kNormal, 30);
  machine.put(1, kNormal, 30);
  machine.run(20);
  EXPECT_EQ(machine.moves, 0);
}

}  // namespace
}  // namespace athanor::sched
