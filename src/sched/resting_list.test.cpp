// SPDX-License-Identifier: Apache-2.0
#include "sched/resting_list.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace athanor::sched {
namespace {

constexpr int64_t kPeriod = RestingList::kPeriodNs;

TEST(RestingList, LooksFallOnWholePeriods) {
  RestingList list;
  EXPECT_EQ(list.due_ns(), std::numeric_limits<int64_t>::max());
  list.note(Term::small(1), kPeriod + 1);
  list.note(Term::small(2), kPeriod + kPeriod / 2);
  list.note(Term::small(3), 2 * kPeriod);
  EXPECT_EQ(list.due_ns(), 2 * kPeriod);
  std::vector<int64_t> seen;
  auto look = [&](Term pid) {
    seen.push_back(pid.small_value());
    return pid == Term::small(2);
  };
  list.look_at_due(2 * kPeriod - 1, look);
  EXPECT_TRUE(seen.empty());
  list.look_at_due(2 * kPeriod, look);
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(list.due_ns(), 3 * kPeriod);
  list.look_at_due(3 * kPeriod, look);
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2, 3, 2})) << "who stays is noted behind the others";
}

TEST(RestingList, ManyAreLookedAtInTurns) {
  RestingList list;
  for (uint32_t i = 0; i < 3 * RestingList::kLooksAtOnce; ++i) list.note(Term::small(i), 0);
  uint32_t looks = 0;
  list.look_at_due(kPeriod, [&](Term) { return ++looks == 0; });
  EXPECT_EQ(looks, RestingList::kLooksAtOnce);
  EXPECT_EQ(list.due_ns(), kPeriod) << "the rest is still due";
}

}  // namespace
}  // namespace athanor::sched
