// SPDX-License-Identifier: Apache-2.0
// Links, monitors, aliases, exits and the run states, with processes that run no code.
#include "process/process.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "process/collect.hpp"
#include "process/dictionary.hpp"
#include "process/links.hpp"
#include "process/test_machine.hpp"

namespace athanor::process {
namespace {

Term message_at(Process& process, size_t index) {
  Signal* message = process.mailbox().first();
  while (message && index-- > 0) message = message->next;
  return message ? message->parcel.term : Term::none();
}
BifResult send(Process& self, Term to, Term message) {
  SendOutcome outcome;
  return process::send(self, to, message, {}, outcome);
}
bool is_linked(Process& process, Term other) {
  Links::Link* link = process.links_ ? process.links_->find(other) : nullptr;
  return link && link->unlinking == 0;
}
void expect_down(Process& watcher, size_t index, Term reference, Term object, Term reason) {
  Term down = message_at(watcher, index);
  ASSERT_TRUE(is_tuple_of(down, 5));
  uint64_t a[3], b[3];
  reference_words(reference, a);
  reference_words(tuple_element(down, 1), b);
  EXPECT_EQ(tuple_element(down, 0), atoms::DOWN);
  EXPECT_EQ(a[0], b[0]);
  EXPECT_EQ(tuple_element(down, 2), atoms::process);
  EXPECT_EQ(tuple_element(down, 3), object);
  EXPECT_EQ(tuple_element(down, 4), reason);
}

TEST(Process, IsSmall) {
  std::printf("sizeof(Process) %zu, Signal %zu, first heap %d\n", sizeof(Process), sizeof(Signal), 38 * 8);
  EXPECT_LE(sizeof(Process) + 38 * 8 + 8 + 32, 1024u);
}

TEST(Process, PidsCountUpAndFirstIsZero) {
  TestMachine machine;
  EXPECT_EQ(machine.spawned().pid(), Term::local_pid(0));
  EXPECT_EQ(machine.spawned().pid(), Term::local_pid(1));
  machine.settle();
}

TEST(Links, ExitReachesTheOther) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned(&a, {.link = true});
  Process& c = machine.spawned();
  c.trap_exit_ = true;
  machine.settle();
  EXPECT_TRUE(is_linked(a, b.pid()) && is_linked(b, a.pid()));
  EXPECT_TRUE(link(a, c.pid()).has_value());
  machine.settle();
  EXPECT_TRUE(is_linked(c, a.pid()));
  Term a_pid = a.pid(), b_pid = b.pid();
  send_exit(machine.runtime, c.pid(), b_pid, atoms::undef, ExitOrigin::ExitBif);
  machine.settle();
  EXPECT_EQ(machine.table.find(b_pid), nullptr);
  EXPECT_EQ(machine.table.find(a_pid), nullptr);   // a does not trap exits: b's end is its own
  Term exit = message_at(c, 0);
  ASSERT_TRUE(is_tuple_of(exit, 3));
  EXPECT_EQ(tuple_element(exit, 0), atoms::EXIT_);
  EXPECT_EQ(tuple_element(exit, 1), a_pid);
  EXPECT_EQ(tuple_element(exit, 2), atoms::undef);
}

TEST(Links, UnlinkIsFinalWhileTheExitIsUnderWay) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned(&a, {.link = true});
  machine.settle();
  // b ends, but a unlinks before it has looked at the exit signal.
  Term b_pid = b.pid();
  send_exit(machine.runtime, b_pid, a.pid(), atoms::undef, ExitOrigin::Link);
  EXPECT_TRUE(unlink(a, b_pid).has_value());
  machine.settle();
  EXPECT_FALSE(is_exiting(a));
  EXPECT_FALSE(is_linked(a, b_pid));
  EXPECT_FALSE(is_linked(b, a.pid()));
  // Linking again right after unlinking: the acknowledgement under way does not end the new link.
  EXPECT_TRUE(link(a, b_pid).has_value());
  machine.settle();
  EXPECT_TRUE(unlink(a, b_pid).has_value());
  EXPECT_TRUE(link(a, b_pid).has_value());
  machine.settle();
  EXPECT_TRUE(is_linked(a, b_pid) && is_linked(b, a.pid()));
}

TEST(Exit, KillAndNormal) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned();
  a.trap_exit_ = true;
  machine.settle();
  Term reference = monitor(b, atoms::process, a.pid(), {}).value;
  machine.settle();
  Term a_pid = a.pid();
  send_exit(machine.runtime, b.pid(), a_pid, atoms::normal, ExitOrigin::ExitBif);
  machine.settle();
  EXPECT_EQ(a.mailbox().count(), 1u);
  send_exit(machine.runtime, b.pid(), a_pid, atoms::kill, ExitOrigin::ExitBif);
  machine.settle();
  EXPECT_EQ(machine.table.find(a_pid), nullptr);
  expect_down(b, 0, reference, a_pid, atoms::killed);
  send_exit(machine.runtime, a_pid, b.pid(), atoms::normal, ExitOrigin::ExitBif);   // not trapped: ignored
  machine.settle();
  EXPECT_FALSE(is_exiting(b));
}

// A signal handled inside a built-in starts the exit; whatever the code does next, the process ends and its reason is kept.
TEST(Exit, StartedInsideABuiltInIsNotForgotten) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned();
  machine.settle();
  Term a_pid = a.pid();
  Term reference = monitor(b, atoms::process, a_pid, {}).value;
  machine.settle();
  make_runnable(a);
  ASSERT_EQ(machine.next(), &a);
  ASSERT_TRUE(begin_run(a));
  send_exit(machine.runtime, b.pid(), a_pid, atoms::undef, ExitOrigin::ExitBif);
  handle_signals(a);
  static_cast<void>(a.badarg());   // the built-in raises, the code catches and waits
  ASSERT_EQ(end_run(a, Outcome::Waiting), AfterRun::Requeue);
  machine.enqueue(a);
  machine.settle();
  EXPECT_EQ(machine.table.find(a_pid), nullptr);
  expect_down(b, 0, reference, a_pid, atoms::undef);
}

// The message under the receive cursor may be in registers when the process collects: it moves, and stays in the queue.
TEST(Collection, MessageUnderTheCursorStays) {
  TestMachine machine;
  Process& a = machine.spawned();
  machine.settle();
  heap::FragmentAllocator builder(8);
  Term list = make_cons(builder.allocate(2), Term::small(1), Term::nil());
  send_message(machine.runtime, a.pid(), list);
  machine.settle();
  a.mailbox().restart();
  a.is_matching_ = true;   // between loop_rec and remove_message
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(collect_garbage(a, 100, i == 2));
  Signal* message = a.mailbox().remove_current();
  EXPECT_EQ(message->parcel.fragments, nullptr);
  EXPECT_EQ(message->parcel.term.head(), Term::small(1));
  Signal::destroy(message);
}

TEST(Monitors, DemonitorNamesTagsAndAliases) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned();
  machine.settle();
  ASSERT_TRUE(register_name(b, atoms::logger));
  EXPECT_FALSE(register_name(a, atoms::logger));
  EXPECT_FALSE(register_name(b, atoms::error));
  Term gone = monitor(a, atoms::process, b.pid(), {}).value;
  bool multiple;
  EXPECT_EQ(demonitor(a, gone, multiple), Demonitored::True);
  EXPECT_EQ(demonitor(a, gone, multiple), Demonitored::False);
  Term by_name = monitor(a, atoms::process, atoms::logger, {}).value;
  MonitorOptions options{AliasMode::ReplyDemonitor, Term::small(7)};
  Term aliased = monitor(a, atoms::process, b.pid(), options).value;
  machine.settle();
  EXPECT_TRUE(send(b, aliased, Term::small(1)).has_value());
  EXPECT_TRUE(send(b, aliased, Term::small(2)).has_value());   // the first ended the alias and the monitor
  machine.settle();
  EXPECT_EQ(message_at(a, 0), Term::small(1));
  EXPECT_EQ(a.mailbox().count(), 1u);
  Term b_pid = b.pid();
  send_exit(machine.runtime, a.pid(), b_pid, atoms::undef, ExitOrigin::ExitBif);
  machine.settle();
  EXPECT_TRUE(machine.registry->find(atoms::logger).is_none());
  ASSERT_EQ(a.mailbox().count(), 2u);
  Term object = tuple_element(message_at(a, 1), 3);
  ASSERT_TRUE(is_tuple_of(object, 2));
  EXPECT_EQ(tuple_element(object, 0), atoms::logger);
  EXPECT_EQ(tuple_element(object, 1), atoms::nonode_at_nohost);
  static_cast<void>(by_name);
  Term late = monitor(a, atoms::process, b_pid, {}).value;
  machine.settle();
  expect_down(a, 2, late, b_pid, atoms::noproc);
  Term alias = make_alias(a, false);
  static_cast<void>(send(a, alias, Term::small(3)));
  machine.settle();
  EXPECT_EQ(message_at(a, 3), Term::small(3));
  EXPECT_TRUE(unalias(a, alias));
  EXPECT_FALSE(unalias(a, alias));
}

// It is in the table before it has a heap. Whoever finds it there may send it signals.
TEST(Spawn, NobodyRunsAProcessThatIsNotMadeYet) {
  TestMachine machine;
  Process& a = machine.spawned();
  machine.settle();
  RemoteParent parent{};
  parent.parent = a.pid();
  parent.group_leader = Term::nil();
  parent.argument = &machine;
  parent.before_run = [](Process& child, void* argument) {
    auto& of = *static_cast<TestMachine*>(argument);
    send_message(of.runtime, child.pid(), Term::small(1));
    send_exit(of.runtime, Term::local_pid(0), child.pid(), atoms::normal, ExitOrigin::ExitBif);
    EXPECT_EQ(of.next(), nullptr);
  };
  SpawnOptions options;
  options.remote = &parent;
  Process& child = machine.spawned(nullptr, options);
  EXPECT_EQ(machine.next(), &child);
  EXPECT_EQ(machine.next(), nullptr);
  ASSERT_TRUE(begin_run(child));
  EXPECT_EQ(child.mailbox().count(), 1u);
}

TEST(Suspend, SignalsAreHandledMessagesWait) {
  TestMachine machine;
  Process& a = machine.spawned();
  Process& b = machine.spawned();
  machine.settle();
  EXPECT_EQ(suspend(a, b.pid(), SuspendRequest{}), Suspended::Sent);
  machine.settle();
  send_message(machine.runtime, b.pid(), Term::small(1));
  EXPECT_EQ(machine.next(), nullptr);   // not queued for a message
  EXPECT_TRUE(resume(a, b.pid()));
  machine.settle();
  EXPECT_EQ(b.mailbox().count(), 1u);
}

TEST(Dictionary, PutGetErase) {
  TestMachine machine;
  Process& a = machine.spawned();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(dictionary_put(a, Term::small(i), Term::small(2 * i)).is_none());
  for (int i = 0; i < 1000; i += 3) EXPECT_EQ(dictionary_erase(a, Term::small(i)), Term::small(2 * i));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(dictionary_get(a, Term::small(i)), i % 3 ? Term::small(2 * i) : Term::none());
  for (int i = 0; i < 1000; ++i) dictionary_erase(a, Term::small(i));
  EXPECT_TRUE(dictionary_all(a, a.heap()).is_nil());
  machine.settle();
}

TEST(Mailbox, MarksAndRemoval) {
  Mailbox mailbox;
  auto push = [&](int value) {
    Signal* message = Signal::create(SignalKind::Message);
    message->parcel.term = Term::small(value);
    bool was_empty;
    EXPECT_TRUE(mailbox.push(message, was_empty));
    for (Signal* s = mailbox.take_incoming(); s;) {
      Signal* next = s->next;
      mailbox.append(s);
      s = next;
    }
  };
  push(1);
  push(2);
  uint64_t reference[2] = {5, 6};
  mailbox.mark_reserve();
  mailbox.mark_bind(reference);
  mailbox.restart();
  mailbox.advance();
  Signal::destroy(mailbox.remove_current());   // 2, whose link was the marked place
  push(3);
  mailbox.mark_use(reference);
  ASSERT_NE(mailbox.peek(), nullptr);
  EXPECT_EQ(mailbox.peek()->parcel.term, Term::small(3));
  EXPECT_EQ(mailbox.count(), 2u);
  EXPECT_EQ(mailbox.close(), nullptr);
  Signal* refused = Signal::create(SignalKind::Message);
  bool was_empty;
  EXPECT_FALSE(mailbox.push(refused, was_empty));
  Signal::destroy(refused);
  mailbox.destroy_all();
}

// Rings of processes pass messages while threads run them from one queue; all must arrive, whatever the interleaving.
TEST(State, NoWakeUpIsLost) {
  TestMachine machine;
  constexpr int kProcesses = 8, kHops = 20000;
  std::vector<Term> pids;
  for (int i = 0; i < kProcesses; ++i) pids.push_back(machine.spawned().pid());
  machine.settle();
  std::atomic<int> hops{0};
  std::atomic<bool> done{false};
  auto worker = [&] {
    ThreadScope scope(machine.runtime);
    base::Epochs::Participant* participant = machine.epochs.join();
    machine.epochs.enter(participant);
    while (!done.load()) {
      Process* process = nullptr;
      {
        std::unique_lock lock(machine.mutex);
        machine.changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return !machine.queue.empty() || done.load(); });
        if (!machine.queue.empty()) {
          process = machine.queue.front();
          machine.queue.pop_front();
        }
      }
      if (process && begin_run(*process)) {
        for (;;) {
          process->mailbox().restart();
          if (!process->mailbox().peek() && !(process->mailbox().has_incoming() && handle_signals(*process))) break;
          if (!process->mailbox().peek()) break;
          Signal::destroy(process->mailbox().remove_current());
          if (hops.fetch_add(1) >= kHops) done = true;
          uint32_t number = process->pid().pid_number();
          send_message(machine.runtime, pids[(number + 1) % kProcesses], Term::small(1), process->pid());
        }
        if (end_run(*process, Outcome::Waiting) == AfterRun::Requeue) machine.enqueue(*process);
      }
      machine.epochs.quiescent(participant);
      machine.epochs.collect();
    }
    machine.epochs.leave(participant);
  };
  for (int i = 0; i < 3; ++i) send_message(machine.runtime, pids[static_cast<size_t>(2 * i)], Term::small(1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(worker);
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!done.load() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(done.load()) << hops.load() << " hops: a wake-up was lost";
  done = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace athanor::process
