// SPDX-License-Identifier: Apache-2.0
#include "process/resting.hpp"

#include <gtest/gtest.h>

#include "process/test_machine.hpp"

namespace athanor::process {
namespace {

constexpr size_t kBulky = 1000;

class RestingTest : public testing::Test {
 protected:
  // Waits, with a block of so many words of which none is used.
  Process& waiting(size_t words) {
    Process& process = machine_.spawned();
    Process* queued = machine_.next();
    EXPECT_EQ(queued, &process);
    EXPECT_TRUE(begin_run(process));
    process.saved_[0] = process.saved_[1] = process.saved_[2] = Term::nil();
    process.live_ = 0;
    process.heap().release();
    process.heap().create_block(words);
    process.heap().set_stack_top(process.heap().end_);
    return process;
  }
  void sleep(Process& process) { EXPECT_EQ(end_run(process, Outcome::Waiting), AfterRun::Sleep); }

  TestMachine machine_;
};

TEST_F(RestingTest, GivesBackWhatItDoesNotNeedAfterTwoLooks) {
  Process& process = waiting(kBulky);
  EXPECT_TRUE(begins_to_rest(process));
  EXPECT_FALSE(begins_to_rest(process)) << "noted already";
  sleep(process);
  EXPECT_EQ(look_at_resting(process), Rest::Again);
  EXPECT_EQ(machine_.next(), nullptr);
  EXPECT_EQ(look_at_resting(process), Rest::Over);
  ASSERT_EQ(machine_.next(), &process);
  EXPECT_FALSE(begin_run(process)) << "its code has nothing to do";
  EXPECT_LT(process.heap().block_words(), kBulky / 4);
}

TEST_F(RestingTest, OneThatRunsInBetweenIsLeftAlone) {
  Process& process = waiting(kBulky);
  EXPECT_TRUE(begins_to_rest(process));
  sleep(process);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(look_at_resting(process), Rest::Again);
    make_runnable(process);
    ASSERT_EQ(machine_.next(), &process);
    EXPECT_EQ(look_at_resting(process), Rest::Again) << "queued";
    ASSERT_TRUE(begin_run(process));
    EXPECT_EQ(look_at_resting(process), Rest::Again) << "runs";
    EXPECT_FALSE(begins_to_rest(process));
    sleep(process);
  }
  EXPECT_EQ(process.heap().block_words(), kBulky);
}

TEST_F(RestingTest, OneWithSomethingToDoIsNotCollectedFirst) {
  Process& process = waiting(kBulky);
  EXPECT_TRUE(begins_to_rest(process));
  sleep(process);
  EXPECT_EQ(look_at_resting(process), Rest::Again);
  EXPECT_EQ(look_at_resting(process), Rest::Over);
  make_runnable(process);
  ASSERT_EQ(machine_.next(), &process);
  ASSERT_TRUE(begin_run(process));
  EXPECT_EQ(process.heap().block_words(), kBulky);
  EXPECT_TRUE(begins_to_rest(process));
  sleep(process);
}

#ifndef ATH_STRESS
TEST_F(RestingTest, WhatAProcessThatWorkedHasIsNoted) {
  Process& process = waiting(233);
  EXPECT_TRUE(begins_to_rest(process));
  sleep(process);
}

TEST_F(RestingTest, SmallAndLargeOnesAreNotNoted) {
  for (const size_t words : {size_t{38}, size_t{142}, size_t{100'000}}) {
    Process& process = waiting(words);
    EXPECT_FALSE(begins_to_rest(process)) << words;
    sleep(process);
  }
}
#endif

TEST_F(RestingTest, OneThatHasEndedIsForgotten) {
  Process& process = waiting(kBulky);
  EXPECT_TRUE(begins_to_rest(process));
  sleep(process);
  EXPECT_EQ(look_at_resting(process), Rest::Again);
  send_exit(machine_.runtime, process.pid(), process.pid(), atoms::kill, ExitOrigin::ExitBif);
  machine_.settle();
  EXPECT_EQ(look_at_resting(process), Rest::Over);   // the epoch still keeps its block
  EXPECT_EQ(machine_.next(), nullptr);
}

}  // namespace
}  // namespace athanor::process
