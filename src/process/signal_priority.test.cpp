// SPDX-License-Identifier: Apache-2.0
// Signals that are handled before their receiver's turn: of one that waits in a run queue, of one that runs dirty.
#include <gtest/gtest.h>

#include "process/test_machine.hpp"

namespace athanor::process {
namespace {

constexpr SignalKind kind = SignalKind::Rpc;
int handled = 0;
void count(Process&, Signal&) { ++handled; }

Process& spawned_at(TestMachine& machine, Priority priority) {
  SpawnOptions options;
  options.priority = priority;
  return machine.spawned(nullptr, options);
}
bool ask(TestMachine& machine, Process& target, Priority priority) {
  return request(machine.runtime, target.pid(), kind, Term::none(), nullptr, {}, 0, count, priority);
}
uint32_t bits(const Process& process) { return process.state_.load(); }

TEST(SignalPriority, IsTheQueuesOnlyWhereItIsHigherThanTheProcesss) {
  const uint32_t normal = static_cast<uint32_t>(Priority::Normal) << kPriorityShift;
  EXPECT_EQ(queue_priority(normal | kSignals), Priority::Normal);
  EXPECT_EQ(queue_priority(normal | kSignals | 3u << kSignalPriorityShift), Priority::Max);
  EXPECT_EQ(queue_priority(normal | 3u << kSignalPriorityShift), Priority::Normal);   // without signals it means nothing
  const uint32_t max = static_cast<uint32_t>(Priority::Max) << kPriorityShift;
  EXPECT_EQ(queue_priority(max | kSignals | 1u << kSignalPriorityShift), Priority::Max);
}

TEST(SignalPriority, OneThatWaitsForItsTurnKeepsIt) {
  TestMachine machine;
  handled = 0;
  Process& target = spawned_at(machine, Priority::Low);   // queued
  ASSERT_TRUE(bits(target) & kQueued);
  ASSERT_TRUE(ask(machine, target, Priority::High));
  ASSERT_EQ(machine.errands.size(), 1u);
  machine.serve();
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(bits(target) & (kQueued | kActive | kRunning | kSignals), kQueued | kActive);
  EXPECT_EQ(machine.queue.size(), 1u);
  machine.settle();
  EXPECT_EQ(bits(target) & (kQueued | kRunning), 0u);
}

TEST(SignalPriority, OfTheSameOrALowerOneNeedsNoErrand) {
  TestMachine machine;
  handled = 0;
  Process& target = spawned_at(machine, Priority::High);
  ASSERT_TRUE(ask(machine, target, Priority::High));
  ASSERT_TRUE(ask(machine, target, Priority::Low));
  EXPECT_TRUE(machine.errands.empty());
  machine.settle();
  EXPECT_EQ(handled, 2);
}

TEST(SignalPriority, ComingToItsTurnWhileItIsServedItIsLeftToWhoServes) {
  TestMachine machine;
  Process& target = spawned_at(machine, Priority::Low);
  static TestMachine* other = nullptr;
  other = &machine;
  static bool began = true;
  request(machine.runtime, target.pid(), kind, Term::none(), nullptr, {}, 0,
          [](Process&, Signal&) { began = begin_run(*other->next()); }, Priority::Max);
  machine.serve();
  EXPECT_FALSE(began);
  EXPECT_EQ(machine.queue.size(), 1u);   // queued again
  machine.settle();
}

TEST(SignalPriority, EndsOneThatWaitsAndItsIdentityGoesWithTheQueue) {
  TestMachine machine;
  Process& watcher = machine.spawned();
  machine.settle();
  Process& target = spawned_at(machine, Priority::Low);
  const Term pid = target.pid();
  ASSERT_TRUE(monitor(watcher, atoms::process, pid, {}).has_value());
  send_exit(machine.runtime, watcher.pid(), pid, atoms::kill, ExitOrigin::ExitBif);
  ask(machine, target, Priority::Max);
  machine.serve();
  EXPECT_NE(machine.table.find(pid), nullptr);
  handle_signals(watcher);
  EXPECT_EQ(watcher.mailbox().count(), 1u);   // DOWN came already
  machine.settle();
  EXPECT_EQ(machine.table.find(pid), nullptr);
}

TEST(SignalPriority, OneThatRunsDirtyIsServedMeanwhile) {
  TestMachine machine;
  handled = 0;
  Process& target = machine.spawned();
  ASSERT_TRUE(begin_run(*machine.next()));
  ASSERT_EQ(end_run(target, Outcome::Dirty), AfterRun::Dirty);
  ASSERT_TRUE(ask(machine, target, Priority::Normal));
  machine.serve();
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(bits(target) & (kDirty | kDirtySignals | kRunning), kDirty | kRunning);
  // What a signal brings joins the heap when the native is done.
  heap::FragmentAllocator builder(8);
  Term* place = builder.allocate(2);
  const Term reason = make_cons(place, atoms::kill, Term::nil());
  send_exit(machine.runtime, target.pid(), target.pid(), reason, ExitOrigin::Kill);
  machine.serve();
  EXPECT_TRUE(is_exiting(target));
  EXPECT_EQ(target.heap().fragments_, nullptr);
  end_dirty(target);
  EXPECT_NE(target.heap().fragments_, nullptr);
  machine.settle();
}

TEST(SignalPriority, OneThatEndsBesideItsNativeTellsOthersAtOnce) {
  TestMachine machine;
  Process& watcher = machine.spawned();
  machine.settle();
  Process& target = machine.spawned();
  ASSERT_TRUE(begin_run(*machine.next()));
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(monitor(watcher, atoms::process, target.pid(), {}).has_value());
  ASSERT_EQ(end_run(target, Outcome::Dirty), AfterRun::Dirty);
  send_exit(machine.runtime, watcher.pid(), target.pid(), atoms::kill, ExitOrigin::ExitBif);
  for (int i = 0; i < 4; ++i) machine.serve();   // a thousand are told at a time
  handle_signals(watcher);
  EXPECT_EQ(watcher.mailbox().count(), 2500u);
  EXPECT_NE(target.heap().start(), nullptr);
  EXPECT_EQ(machine.table.find(target.pid()), &target);
  // Whoever asks now is answered as by one that is gone.
  ASSERT_TRUE(monitor(watcher, atoms::process, target.pid(), {}).has_value());
  machine.serve();
  handle_signals(watcher);
  EXPECT_EQ(watcher.mailbox().count(), 2501u);
  const Term pid = target.pid();
  end_dirty(target);
  machine.settle();
  EXPECT_EQ(machine.table.find(pid), nullptr);
}

TEST(Marks, EightAreKeptAndTheOldestGoes) {
  Mailbox mailbox;
  const auto append = [&] {
    Signal* message = Signal::create(SignalKind::Message);
    message->parcel.term = Term::small(static_cast<int64_t>(mailbox.count()));
    mailbox.append(message);
  };
  const auto place_of = [&](uint64_t number) {
    const uint64_t reference[2] = {number, 0};
    mailbox.restart();
    mailbox.mark_use(reference);
    return mailbox.peek()->parcel.term.small_value();
  };
  append();
  for (uint64_t i = 1; i <= 9; ++i) {
    const uint64_t reference[2] = {i, 0};
    mailbox.mark_reserve();
    mailbox.mark_bind(reference);
    append();
  }
  EXPECT_EQ(place_of(1), 0);   // gone: from the start
  for (uint64_t i = 2; i <= 9; ++i) EXPECT_EQ(place_of(i), static_cast<int64_t>(i));
  const uint64_t fifth[2] = {5, 0};
  mailbox.mark_clear(fifth);
  mailbox.mark_reserve();      // takes the free one
  EXPECT_EQ(place_of(2), 2);
  // A message before a mark is taken out: the mark stays where it was.
  mailbox.restart();
  Signal::destroy(mailbox.remove_current());
  EXPECT_EQ(place_of(2), 2);
  mailbox.destroy_all();
}

TEST(Marks, StandBehindWhatHasArrived) {
  TestMachine machine;
  Process& self = machine.spawned();
  machine.settle();
  Mailbox& mailbox = self.mailbox();
  for (int i = 0; i < 3; ++i) send_message(machine.runtime, self.pid(), Term::small(i));
  const uint64_t reference[2] = {77, 0};
  mailbox.mark_reserve();
  mailbox.mark_bind(reference);
  send_message(machine.runtime, self.pid(), Term::small(3));
  mailbox.mark_use(reference);        // nothing has been taken in: from the start
  handle_signals(self);
  EXPECT_EQ(mailbox.peek()->parcel.term, Term::small(0));
  mailbox.mark_use(reference);
  EXPECT_EQ(mailbox.peek()->parcel.term, Term::small(3));
  machine.settle();
}

}  // namespace
}  // namespace athanor::process
