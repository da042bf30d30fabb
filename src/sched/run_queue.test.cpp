// SPDX-License-Identifier: Apache-2.0
#include "sched/run_queue.hpp"

#include "sched/scheduling_fixture.hpp"

namespace athanor::sched {
namespace {

class RunQueueTest : public SchedulingTest {};   // for its processes

TEST_F(RunQueueTest, OrdersByPriorityAndLetsLowThrough) {
  RunQueue queue;
  auto put = [&](process::Priority priority) {
    Process& p = create([](Process&) { return Outcome::Waiting; });
    p.state_ = static_cast<uint32_t>(priority) << process::kPriorityShift;
    queue.push(p, false);
  };
  using process::Priority;
  for (int i = 0; i < 20; ++i) put(Priority::Normal);
  for (int i = 0; i < 2; ++i) put(Priority::Low);
  put(Priority::High);
  put(Priority::Max);
  std::string order;
  while (Process* p = queue.pop()) order += "MHNL"[static_cast<int>(p->priority())];
  // Two of 162 shares at first, of ever fewer later.
  EXPECT_EQ(order, "MHNNNNNNNNNNNNNNNNLNNNNL");
  EXPECT_TRUE(queue.is_empty_for_sure());
}

// OTP: each process that is low is run an eighth as often as each that is normal, however many there are of either.
TEST_F(RunQueueTest, GivesEachLowOneItsShare) {
  using process::Priority;
  for (const auto& [low, normal] : {std::pair{4, 100}, {100, 4}, {50, 50}}) {
    RunQueue queue;
    auto put = [&](Priority priority) {
      Process& p = create([](Process&) { return Outcome::Waiting; });
      p.state_ = static_cast<uint32_t>(priority) << process::kPriorityShift;
      queue.push(p, false);
    };
    for (int i = 0; i < low; ++i) put(Priority::Low);
    for (int i = 0; i < normal; ++i) put(Priority::Normal);
    double runs_low = 0, runs_normal = 0;
    for (int i = 0; i < 50'000; ++i) {
      Process* p = queue.pop();
      (p->priority() == Priority::Low ? runs_low : runs_normal) += 1;
      queue.push(*p, true);
    }
    EXPECT_NEAR(runs_low / low / (runs_normal / normal), 1.0 / 8, 0.01) << low << " low, " << normal << " normal";
    queue.take_all();
  }
}

TEST_F(RunQueueTest, GivesHalfToAThief) {
  RunQueue queue;
  for (int i = 0; i < 5; ++i) queue.push(create([](Process&) { return Outcome::Waiting; }), false);
  uint32_t stolen;
  EXPECT_NE(queue.steal_half(stolen), nullptr);
  EXPECT_EQ(stolen, 3u);
  EXPECT_EQ(queue.length(), 2u);
  EXPECT_NE(queue.take_all(), nullptr);
  EXPECT_EQ(queue.length(), 0u);
}

TEST_F(RunQueueTest, GivesOfALevelToWhoHasWork) {
  using process::Priority;
  RunQueue queue, other;
  std::vector<Process*> made;
  auto put = [&](RunQueue& to, Priority priority, bool used_up) {
    made.push_back(&create([](Process&) { return Outcome::Waiting; }));
    made.back()->state_ = static_cast<uint32_t>(priority) << process::kPriorityShift;
    to.push(*made.back(), used_up);
  };
  put(queue, Priority::High, true);
  put(queue, Priority::Normal, false);                 // just woken
  for (int i = 0; i < 3; ++i) put(queue, Priority::Normal, true);
  put(other, Priority::Normal, true);
  Process* chain = queue.take(Level::Shared, 2.5, false);
  EXPECT_EQ(chain, made[2]);
  EXPECT_EQ(chain->queue_next_, made[3]);
  EXPECT_EQ(chain->queue_next_->queue_next_, nullptr);
  EXPECT_EQ(queue.length(), 3u);
  other.push_front(chain);
  EXPECT_EQ(other.length(), 3u);
  for (int i : {2, 3, 5}) EXPECT_EQ(other.pop(), made[static_cast<size_t>(i)]);
  EXPECT_EQ(queue.take(Level::Shared, 9, true), made[1]);
  EXPECT_EQ(queue.take(Level::Shared, 9, true), nullptr);
  EXPECT_EQ(queue.pop(), made[0]);
  EXPECT_TRUE(queue.is_empty_for_sure());
  for (int i = 0; i < 3; ++i) put(queue, Priority::Low, true);
  chain = queue.take(Level::Shared, 0.3, false);       // of low ones eight make one
  EXPECT_EQ(chain, made[6]);
  EXPECT_EQ(queue.length(), 1u);
  other.push_front(chain);
  put(other, Priority::Low, true);
  for (int i : {6, 7, 9}) EXPECT_EQ(other.pop(), made[static_cast<size_t>(i)]);
  queue.take_all();
}

// Those bound to the queue's scheduler are run by it and taken by nobody.
TEST_F(RunQueueTest, KeepsThoseBoundToIt) {
  using process::Priority;
  RunQueue queue;
  std::vector<Process*> made;
  for (int i = 0; i < 8; ++i) {
    made.push_back(&create([](Process&) { return Outcome::Waiting; }));
    made.back()->state_ = static_cast<uint32_t>(i < 4 ? Priority::Normal : Priority::Low) << process::kPriorityShift;
    made.back()->bound_scheduler_ = i % 2 == 0 ? 1 : 0;
    queue.push(*made.back(), true);
  }
  EXPECT_EQ(queue.length(), 8u);
  EXPECT_EQ(queue.free_length(), 4u);
  uint32_t stolen;
  Process* chain = queue.steal_half(stolen);
  EXPECT_EQ(stolen, 2u);
  EXPECT_EQ(chain, made[1]);
  EXPECT_EQ(chain->queue_next_, made[3]);
  EXPECT_EQ(queue.take(Level::Shared, 0.2, true), nullptr);   // a normal one is next, and too heavy
  chain = queue.take_all();
  EXPECT_EQ(chain, made[5]);
  EXPECT_EQ(chain->queue_next_, made[7]);
  EXPECT_EQ(queue.free_length(), 0u);
  EXPECT_EQ(queue.steal_half(stolen), nullptr);
  EXPECT_TRUE(queue.is_empty_for_sure(true));
  EXPECT_FALSE(queue.is_empty_for_sure());
  for (int i : {0, 2, 4, 6}) EXPECT_EQ(queue.pop(), made[static_cast<size_t>(i)]);
  EXPECT_TRUE(queue.is_empty_for_sure());
}

}  // namespace
}  // namespace athanor::sched
