// SPDX-License-Identifier: Apache-2.0
#include "sched/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace athanor::sched {
namespace {

constexpr int64_t kMs = 1'000'000;

Timer* add(TimerWheel& wheel, int64_t deadline_ns, uint32_t mark = 0) {
  Timer* timer = wheel.allocate();
  timer->kind = TimerKind::Receive;
  timer->deadline_ns = deadline_ns;
  timer->receive_generation = mark;
  wheel.add(timer);
  return timer;
}

std::vector<uint32_t> fire(TimerWheel& wheel, int64_t now_ns) {
  std::vector<uint32_t> marks;
  for (Timer* at = wheel.advance(now_ns); at;) {
    Timer* next = at->next;
    EXPECT_LE(at->deadline_ns, now_ns);
    marks.push_back(at->receive_generation);
    wheel.release(at);
    at = next;
  }
  return marks;
}

TEST(TimerWheel, FiresAtTheFirstTickNotBeforeTheDeadline) {
  TimerWheel wheel(0);
  add(wheel, 5 * kMs + 1);
  EXPECT_EQ(wheel.next_ns(), 6 * kMs);
  EXPECT_TRUE(fire(wheel, 6 * kMs - 1).empty());
  EXPECT_EQ(fire(wheel, 6 * kMs).size(), 1u);
  EXPECT_EQ(wheel.next_ns(), std::numeric_limits<int64_t>::max());
}

TEST(TimerWheel, OrderIsDeadlineThenCreation) {
  TimerWheel wheel(0);
  add(wheel, 10 * kMs - 5, 1);
  add(wheel, 10 * kMs - 9, 2);
  add(wheel, 10 * kMs - 5, 3);
  add(wheel, 9 * kMs, 4);
  EXPECT_EQ(fire(wheel, 20 * kMs), (std::vector<uint32_t>{4, 2, 1, 3}));
}

TEST(TimerWheel, PastDeadlinesFireWithTheNextTick) {
  TimerWheel wheel(100 * kMs);
  add(wheel, 3 * kMs);
  add(wheel, -7);
  EXPECT_EQ(fire(wheel, 101 * kMs).size(), 2u);
}

TEST(TimerWheel, HugeDeadlineNeitherFiresNorOverflows) {
  TimerWheel wheel(0);
  add(wheel, std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(fire(wheel, int64_t{1} << 55).empty());
  EXPECT_EQ(wheel.count(), 1u);
}

TEST(TimerWheel, RemovedTimersAreStaleAndSilent) {
  TimerWheel wheel(0);
  Timer* timer = add(wheel, 70'000 * kMs);
  uint32_t index = timer->index, generation = timer->generation;
  EXPECT_EQ(wheel.find(index, generation), timer);
  wheel.remove(timer);
  wheel.release(timer);
  EXPECT_EQ(wheel.find(index, generation), nullptr);
  EXPECT_TRUE(fire(wheel, 80'000 * kMs).empty());
}

// Against a sorted list: random deadlines over all levels, time in random steps, some cancelled.
TEST(TimerWheel, AgreesWithASortedList) {
  std::mt19937_64 random(7);
  TimerWheel wheel(12'345'678);
  int64_t now = 12'345'678;
  struct Expected { int64_t deadline; uint32_t mark; Timer* timer; };
  std::vector<Expected> expected;
  uint32_t next_mark = 1;
  for (int round = 0; round < 3000; ++round) {
    for (uint64_t i = random() % 4; i > 0; --i) {
      int64_t deadline = now + 1 + static_cast<int64_t>(random() % (uint64_t{1} << (random() % 46)));
      expected.push_back({deadline, next_mark, add(wheel, deadline, next_mark)});
      ++next_mark;
    }
    if (!expected.empty() && random() % 5 == 0) {
      size_t victim = random() % expected.size();
      wheel.remove(expected[victim].timer);
      wheel.release(expected[victim].timer);
      expected.erase(expected.begin() + static_cast<long>(victim));
    }
    now += static_cast<int64_t>(random() % (uint64_t{1} << (random() % 36)));
    std::vector<Expected> due, kept;
    for (const Expected& e : expected) (TimerWheel::tick_of(e.deadline) * kMs <= now ? due : kept).push_back(e);
    std::sort(due.begin(), due.end(), [](auto& a, auto& b) { return a.deadline != b.deadline ? a.deadline < b.deadline : a.mark < b.mark; });
    for (const Expected& e : kept) EXPECT_LE(wheel.next_ns(), TimerWheel::tick_of(e.deadline) * kMs);
    auto fired = fire(wheel, now);
    ASSERT_EQ(fired.size(), due.size());
    for (size_t i = 0; i < due.size(); ++i) ASSERT_EQ(fired[i], due[i].mark);
    expected = kept;
  }
}

// A peak's nodes go back, and their handles stay stale when the places are used again.
TEST(TimerWheel, GivesNodesBackAfterAPeak) {
  TimerWheel wheel(0);
  struct Handle { uint32_t index, generation; };
  std::vector<Handle> stale;
  for (int round = 0; round < 3; ++round) {
    std::vector<Timer*> timers;
    for (uint32_t i = 0; i < 5000; ++i) {
      Timer* timer = add(wheel, (1 + i) * kMs, i + 1);
      for (const Handle& old : stale) ASSERT_FALSE(old.index == timer->index && old.generation == timer->generation);
      if (i % 100 == 0) stale.push_back({timer->index, timer->generation});
      timers.push_back(timer);
    }
    EXPECT_GE(wheel.nodes(), 5000u);
    for (Timer* timer : timers) {
      wheel.remove(timer);
      wheel.release(timer);
    }
    EXPECT_LE(wheel.nodes(), 256u);
    for (const Handle& old : stale) EXPECT_EQ(wheel.find(old.index, old.generation), nullptr);
  }
}

}  // namespace
}  // namespace athanor::sched
