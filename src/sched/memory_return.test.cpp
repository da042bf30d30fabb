// SPDX-License-Identifier: Apache-2.0
#include "sched/memory_return.hpp"

#include <gtest/gtest.h>

namespace athanor::sched {
namespace {

TEST(MemoryReturn, IsSeldomAndAShareOfTheTime) {
  constexpr int64_t kPeriod = MemoryReturn::kPeriodNs;
  MemoryReturn memory;
  int64_t now = 1000, times = 0, takes = 100;
  auto see = [&] { return memory.see_to_it([&] { return now; }, [&] { ++times; now += takes; }); };
  memory.start(now);
  EXPECT_FALSE(see());
  now += kPeriod;
  EXPECT_TRUE(see());
  EXPECT_FALSE(see());
  EXPECT_EQ(memory.due_ns(), now + kPeriod);
  now = memory.due_ns();
  takes = kPeriod;   // dear: then not for long
  EXPECT_TRUE(see());
  EXPECT_EQ(memory.due_ns(), now + MemoryReturn::kTimesAsLong * kPeriod);
  now += kPeriod;
  EXPECT_FALSE(see());
  EXPECT_EQ(times, 2);
}

}  // namespace
}  // namespace athanor::sched
