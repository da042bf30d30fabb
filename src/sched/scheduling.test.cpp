// SPDX-License-Identifier: Apache-2.0
// Schedulers under an executor whose processes are C++ functions. Run it under ThreadSanitizer too.
#include "sched/scheduling.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "process/timers.hpp"
#include "sched/scheduling_fixture.hpp"

namespace athanor::sched {
namespace {

TEST_F(SchedulingTest, TwoThatTalkStayTogether) {
  constexpr int kHops = 200'000;
  std::atomic<bool> done{false};
  Term pids[2];
  int hops = 0;   // touched by whoever has the ball
  std::atomic<int> moves{0};
  for (int me = 0; me < 2; ++me) {
    pids[me] = create([&, me](Process& p) {
      if (!process::handle_signals(p) && !p.mailbox().peek()) return Outcome::Waiting;
      process::Signal* message = p.mailbox().remove_current();
      if (p.home_scheduler_ != scheduling_->current_scheduler_id()) ++moves;
      p.reductions_left_ -= 10;
      if (++hops == kHops) {
        process::Signal::destroy(message);
        done = true;
      } else {
        process::deliver(*runtime_, pids[1 - me], message);
      }
      return Outcome::Waiting;
    }).pid();
  }
  auto running = start();
  auto start = std::chrono::steady_clock::now();
  process::send_message(*runtime_, pids[0], Term::small(1));
  wait_for([&] { return done.load(); });
  std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  std::printf("  hop: %.1f ns, moves: %d\n", taken.count() / kHops, moves.load());
  EXPECT_LT(moves.load(), 10);
}

TEST_F(SchedulingTest, BusyProcessesSpreadOverIdleSchedulers) {
  std::atomic<uint32_t> seen{0};
  std::atomic<int> ended{0};
  std::atomic<uint64_t> used{0};
  for (int i = 0; i < 8; ++i) {
    auto rounds = std::make_shared<int>(0);
    process::make_runnable(create([&, rounds](Process& p) {
      seen |= 1u << scheduling_->current_scheduler_id();
      auto until = std::chrono::steady_clock::now() + 100us;
      while (std::chrono::steady_clock::now() < until) {}
      if (*rounds < 299) used += static_cast<uint64_t>(p.reductions_left_);
      p.reductions_left_ = 0;
      if (++*rounds < 300) return Outcome::Yielded;
      ++ended;
      return Outcome::Exited;
    }));
  }
  auto running = start();
  wait_for([&] { return ended == 8; });
  EXPECT_EQ(seen.load(), 0b110u);
  wait_for([&] { return table_->count() == 0; });
  EXPECT_GE(scheduling_->total_reductions(), used.load());
}

// One that is high and always runs has a scheduler; all others share the other one, wherever they were.
TEST_F(SchedulingTest, AHighOneThatAlwaysRunsStarvesNobodyWhileAnotherSchedulerRunsTheLike) {
  constexpr int kNormal = 20;
  std::atomic<bool> stop{false};
  std::vector<std::atomic<int>> slices(kNormal + 1);
  auto busy = [&](process::Priority priority, int i) {
    Process& p = create([&, i](Process& self) {
      self.reductions_left_ = 0;
      const auto until = std::chrono::steady_clock::now() + 50us;
      while (std::chrono::steady_clock::now() < until) {}
      ++slices[static_cast<size_t>(i)];
      return stop ? Outcome::Exited : Outcome::Yielded;
    });
    p.state_ = (p.state_ & ~(uint32_t{3} << process::kPriorityShift)) | static_cast<uint32_t>(priority) << process::kPriorityShift;
    process::make_runnable(p);
  };
  for (int i = 0; i < kNormal; ++i) busy(process::Priority::Normal, i);
  busy(process::Priority::High, kNormal);
  auto running = start();
  // Each gets on while the fastest of them does; how fast is the machine's affair.
  for (int round = 0; round < 3; ++round) {
    const int goal = slices[0] + 20;
    wait_for([&] { return std::all_of(slices.begin(), slices.end(), [&](const auto& count) { return count >= goal; }); });
    int least = 1 << 30, most = 0;
    for (int i = 0; i < kNormal; ++i) {
      least = std::min(least, slices[static_cast<size_t>(i)].load());
      most = std::max(most, slices[static_cast<size_t>(i)].load());
    }
    std::printf("  normal: %d to %d, high: %d\n", least, most, slices[kNormal].load());
  }
  stop = true;
  wait_for([&] { return table_->count() == 0; });
}

// While the machine is paused nothing of a process changes, though nobody told it.
TEST_F(SchedulingTest, APauseHoldsEverySchedulerBetweenSlices) {
  constexpr int kProcesses = 8;
  uint64_t steps[kProcesses] = {};   // plain: whoever reads them during a pause must not race
  std::atomic<bool> stop{false};
  for (uint64_t& own : steps) {
    process::make_runnable(create([&own, &stop](Process&) {
      for (int i = 0; i < 100; ++i) ++own;
      return stop ? Outcome::Exited : Outcome::Yielded;
    }));
  }
  auto running = start();
  for (int round = 0; round < 50; ++round) {
    scheduling_->pause();
    scheduling_->pause();   // they nest
    uint64_t seen[kProcesses];
    std::copy(std::begin(steps), std::end(steps), seen);
    scheduling_->resume();
    std::this_thread::sleep_for(200us);
    for (int i = 0; i < kProcesses; ++i) {
      EXPECT_EQ(steps[i], seen[i]);
      EXPECT_EQ(steps[i] % 100, 0u);
    }
    scheduling_->resume();
    std::this_thread::sleep_for(200us);
  }
  stop = true;
  wait_for([&] { return table_->count() == 0; });
}

// A native that does not yield must not hold up what waits behind it.
TEST_F(SchedulingTest, OthersTakeWhatWaitsBehindALongSlice) {
  std::atomic<bool> release{false}, other_ran{false};
  process::make_runnable(create([&](Process&) {
    while (!release) std::this_thread::sleep_for(1ms);
    return Outcome::Exited;
  }));
  process::make_runnable(create([&](Process&) { other_ran = true; return Outcome::Exited; }));
  auto running = start();
  wait_for([&] { return other_ran.load(); });
  EXPECT_FALSE(release.load());
  release = true;
}

TEST_F(SchedulingTest, ReceiveTimersAreNeverEarlyAndCancelledOnesSilent) {
  std::atomic<bool> done{false};
  std::atomic<int64_t> late{0};
  int64_t deadline = 0;
  int step = 0;
  process::make_runnable(create([&](Process& p) {
    process::handle_signals(p);
    int64_t now = runtime_->clock->monotonic_ns();
    if (step == 0) {
      p.timer_state_ = 1;
      runtime_->timers->set_receive_timer(p, now + 5'000'000);
      runtime_->timers->cancel_receive_timer(p);
      deadline = now + 20'000'000;
      runtime_->timers->set_receive_timer(p, deadline);
      ++step;
      return Outcome::Waiting;
    }
    if (p.timer_state_ != 2) return Outcome::Waiting;
    late = now - deadline;
    done = true;
    return Outcome::Exited;
  }));
  auto running = start();
  wait_for([&] { return done.load(); });
  EXPECT_GE(late.load(), 0);
  EXPECT_EQ(scheduling_->timer_count(), 0u);
}

TEST_F(SchedulingTest, TimersByReferenceFireOnceOrAreCancelled) {
  constexpr int kTimers = 4000;
  std::atomic<uint32_t> received{0};
  Term pid = create([&](Process& p) { received += take_messages(p); return Outcome::Waiting; }).pid();
  auto running = start();
  std::atomic<uint32_t> cancelled{0};
  auto reference = [](int i, uint64_t words[2]) { words[0] = static_cast<uint64_t>(i) * 77; words[1] = static_cast<uint64_t>(i); };
  std::atomic<int> started{0};
  Process& starter = create([&](Process&) {
    for (int n = 0; n < 100; ++n) {
      int i = started;
      uint64_t words[2];
      reference(i, words);
      runtime_->timers->start(words, runtime_->clock->monotonic_ns() + (i % 7) * 1'000'000, pid, heap::Parcel{Term::small(i), nullptr});
      if (++started == kTimers) return Outcome::Exited;
    }
    return Outcome::Yielded;
  });
  process::make_runnable(starter);
  for (int i = 0; i < kTimers; i += 2) {
    while (started <= i) std::this_thread::yield();
    uint64_t words[2];
    reference(i, words);
    runtime_->timers->read(words);
    if (runtime_->timers->cancel(words) >= 0) ++cancelled;
  }
  wait_for([&] { return received + cancelled == kTimers; });
  EXPECT_EQ(scheduling_->timer_count(), 0u);
}

TEST_F(SchedulingTest, TimersToAPidGoWithIt) {
  uint64_t words[2] = {5, 6};
  Term pid = create([&](Process&) { return Outcome::Exited; }).pid();
  Process& p = *table_->find(pid);
  runtime_->timers->start(words, runtime_->clock->monotonic_ns() + 3'600'000'000'000, pid, heap::Parcel{Term::small(1), nullptr});
  int64_t left = runtime_->timers->read(words);
  EXPECT_GT(left, 3'599'000);
  EXPECT_LE(left, 3'600'000);
  process::make_runnable(p);
  auto running = start();
  wait_for([&] { return table_->count() == 0; });
  EXPECT_EQ(runtime_->timers->read(words), -1);
}

TEST_F(SchedulingTest, DirtyJobsRunElsewhereAndTheProcessGoesOn) {
  std::atomic<bool> done{false};
  uint32_t dirty_id = 99;
  int step = 0;
  process::make_runnable(create(
      [&](Process& p) {
        if (step++ == 0) {
          p.dirty_job_ = const_cast<process::NativeRow*>(&kDirtyRow);
          p.dirty_waits_ = kDirtyRow.kind == process::BifKind::DirtyIo;
          return Outcome::Dirty;
        }
        done = true;
        return Outcome::Exited;
      },
      [&](Process&) { dirty_id = scheduling_->current_scheduler_id(); }));
  auto running = start();
  wait_for([&] { return done.load(); });
  EXPECT_EQ(dirty_id, 0u);
}

// What others retire need not wait for a native that waits.
TEST_F(SchedulingTest, ADirtyThreadMayWaitOutsideItsEpoch) {
  std::atomic<bool> waits{false}, is_freed{false}, is_freed_later{false}, done{false};
  int step = 0;
  process::make_runnable(create(
      [&](Process& p) {
        if (step++ != 0) {
          done = true;
          return Outcome::Exited;
        }
        p.dirty_job_ = const_cast<process::NativeRow*>(&kDirtyRow);
        p.dirty_waits_ = true;
        return Outcome::Dirty;
      },
      [&](Process&) {
        {
          const process::Outside outside;
          waits = true;
          for (int i = 0; i < 20'000 && !is_freed; ++i) std::this_thread::sleep_for(500us);
        }
        epochs_.retire(&is_freed_later, [](void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; });
        for (int i = 0; i < 50; ++i) {
          epochs_.collect();
          std::this_thread::sleep_for(200us);
        }
        EXPECT_FALSE(is_freed_later);
      }));
  auto running = start();
  wait_for([&] { return waits.load(); });
  epochs_.retire(&is_freed, [](void* flag) { *static_cast<std::atomic<bool>*>(flag) = true; });
  const auto is_collected = [&](std::atomic<bool>& flag) {
    epochs_.quiescent(participant_);
    epochs_.collect();
    return flag.load();
  };
  wait_for([&] { return is_collected(is_freed); });
  wait_for([&] { return done.load(); });
  wait_for([&] { return is_collected(is_freed_later); });
}

TEST_F(SchedulingTest, PollerTellsOnceForEachQuestion) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<int> calls{0};
  auto count = [](void* calls, uint32_t ready) {
    EXPECT_EQ(ready, static_cast<uint32_t>(Scheduling::kReadable));
    ++*static_cast<std::atomic<int>*>(calls);
  };
  auto running = start();
  scheduling_->poll(ends[0], Scheduling::kReadable, count, &calls);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(calls, 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  wait_for([&] { return calls == 1; });
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(calls, 1);
  scheduling_->poll(ends[0], Scheduling::kReadable, count, &calls);
  wait_for([&] { return calls == 2; });
  scheduling_->stop_polling(ends[0]);
  // A regular file is always ready.
  int file = open("/proc/self/exe", O_RDONLY);
  scheduling_->poll(file, Scheduling::kReadable, count, &calls);
  wait_for([&] { return calls == 3; });
  scheduling_->stop_polling(file);
  close(file);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SchedulingTest, WhatIsPutOffRunsWhenTheSliceHasEnded) {
  struct Seen {
    std::atomic<int> slices{0}, jobs{0}, early{0};
    std::atomic<bool> in_slice{false};
  } seen;
  const auto job = [](void* subject) {
    auto& of_test = *static_cast<Seen*>(subject);
    if (of_test.in_slice) ++of_test.early;
    ++of_test.jobs;
  };
  EXPECT_FALSE(scheduling_->after_slice({job, &seen}));   // this thread runs no process
  process::make_runnable(create([&](Process&) {
    seen.in_slice = true;
    const int done_before = seen.slices++;
    EXPECT_EQ(seen.jobs, 3 * done_before);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(scheduling_->after_slice({job, &seen}));
    seen.in_slice = false;
    return seen.slices == 100 ? Outcome::Exited : Outcome::Yielded;
  }));
  auto running = start();
  wait_for([&] { return seen.jobs == 300; });
  EXPECT_EQ(seen.early, 0);
}

// Not even where nothing waited when it began. What is woken belongs to the scheduler that is busy.
TEST_F(SchedulingTest, OthersTakeWhatComesFromOutsideDuringALongSlice) {
  std::atomic<bool> is_at_it{false}, release{false};
  std::atomic<int> runs{0};
  Process& woken = create([&](Process&) {
    ++runs;
    return Outcome::Waiting;
  });
  Process& busy = create([&](Process&) {
    is_at_it = true;
    while (!release) std::this_thread::sleep_for(1ms);
    is_at_it = false;
    return Outcome::Waiting;
  });
  auto running = start();
  for (int round = 1; round <= 5; ++round) {
    std::this_thread::sleep_for(12ms);   // all have gone to sleep
    release = false;
    busy.home_scheduler_ = 1;
    process::notify(busy, process::kActive);
    wait_for([&] { return is_at_it.load(); });
    woken.home_scheduler_ = busy.home_scheduler_;
    process::notify(woken, process::kActive);
    wait_for([&] { return runs == round; });
    EXPECT_TRUE(is_at_it);
    release = true;
    wait_for([&] { return !is_at_it; });
  }
}

// Edges come to the scheduler that sleeps last, or to the poller's thread where all work; none is lost, and questions are answered beside them.
TEST_F(SchedulingTest, EdgesWakeWhoeverWaits) {
  constexpr int kRounds = 300;
  static int event;
  static Process* reader;
  event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  ASSERT_GE(event, 0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<int> edges{0}, answers{0};
  std::atomic<uint64_t> total{0};
  scheduling_->set_edge_handler([](process::Runtime&, uint64_t, uint32_t) { process::notify(*reader, process::kActive); });
  reader = &create([&](Process&) {
    ++edges;
    uint64_t count = 0;
    if (read(event, &count, sizeof count) == sizeof count) total += count;
    return Outcome::Waiting;
  });
  auto running = start();
  scheduling_->watch_edges(event, 1, Scheduling::kReadable);
  process::make_runnable(*reader);
  for (int round = 1; round <= kRounds; ++round) {
    scheduling_->poll(ends[0], Scheduling::kReadable, [](void* count, uint32_t) { ++*static_cast<std::atomic<int>*>(count); }, &answers);
    const uint64_t one = 1;
    ASSERT_EQ(write(event, &one, sizeof one), 8);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    wait_for([&] { return total == static_cast<uint64_t>(round) && answers == round; });
    char ignored;
    ASSERT_EQ(read(ends[0], &ignored, 1), 1);
    if (round % 50 == 0) std::this_thread::sleep_for(12ms);   // all have gone to sleep
  }
  scheduling_->unwatch_edges(event);
  close(event);
  close(ends[0]);
  close(ends[1]);
}

// Who polls may keep others from it while it runs what came, not for as long as a slice may take.
TEST_F(SchedulingTest, EdgesAreToldBesideALongSlice) {
  static std::atomic<int> told;
  static Process* slow;
  told = 0;
  int events[2];
  for (int& event : events) {
    event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT_GE(event, 0);
  }
  scheduling_->set_edge_handler([](process::Runtime&, uint64_t key, uint32_t) {
    if (key == 1) process::notify(*slow, process::kActive);
    else ++told;
  });
  std::atomic<int> runs{0};
  slow = &create([&](Process&) {
    ++runs;
    for (int i = 0; i < 10'000 && told < runs; ++i) std::this_thread::sleep_for(1ms);
    return Outcome::Waiting;
  });
  auto running = start();
  for (uint64_t key : {1, 2}) scheduling_->watch_edges(events[key - 1], key, Scheduling::kReadable);
  for (int round = 1; round <= 5; ++round) {
    std::this_thread::sleep_for(12ms);   // all have gone to sleep
    const uint64_t one = 1;
    ASSERT_EQ(write(events[0], &one, sizeof one), 8);
    wait_for([&] { return runs == round; });
    ASSERT_EQ(write(events[1], &one, sizeof one), 8);
    wait_for([&] { return told == round; });
  }
  for (int event : events) {
    scheduling_->unwatch_edges(event);
    close(event);
  }
}

TEST_F(SchedulingTest, SchedulersGoOfflineAndBack) {
  std::atomic<int> ended{0};
  std::atomic<bool> stop{false};
  std::atomic<uint32_t> seen{0};
  for (int i = 0; i < 6; ++i)
    process::make_runnable(create([&](Process&) {
      seen |= 1u << scheduling_->current_scheduler_id();
      auto until = std::chrono::steady_clock::now() + 60us;
      while (std::chrono::steady_clock::now() < until) {}
      if (!stop) return Outcome::Yielded;
      ++ended;
      return Outcome::Exited;
    }));
  auto running = start();
  wait_for([&] { return seen == 0b110u; });
  scheduling_->set_schedulers_online(1);
  // On a loaded machine a thread may not get its turn for long.
  wait_for([&] {
    seen = 0;
    std::this_thread::sleep_for(20ms);
    return seen == 0b010u;
  });
  scheduling_->set_schedulers_online(2);
  wait_for([&] { return seen == 0b110u; });
  stop = true;
  wait_for([&] { return ended == 6; });
}

TEST_F(SchedulingTest, WhoIsBoundRunsOnItsSchedulerOnly) {
  std::atomic<int> ended{0}, elsewhere{0};
  for (int i = 0; i < 12; ++i) {
    auto rounds = std::make_shared<int>(0);
    Process& p = create([&, i, rounds](Process& self) {
      if (i % 3 != 0 && scheduling_->current_scheduler_id() != self.bound_scheduler_) ++elsewhere;
      if (i % 3 != 0 && *rounds % 50 == 49) self.bound_scheduler_ = static_cast<uint16_t>(3 - self.bound_scheduler_);
      self.reductions_left_ = 0;
      if (++*rounds < 400) return Outcome::Yielded;
      ++ended;
      return Outcome::Exited;
    });
    p.bound_scheduler_ = static_cast<uint16_t>(i % 3);   // 0: anywhere
    process::make_runnable(p);
  }
  auto running = start();
  wait_for([&] { return ended == 12; });
  EXPECT_EQ(elsewhere, 0);
}

// From the moment that a block has settled until it goes nothing else runs, dirty jobs neither, but for those that the blocker itself waits for.
TEST_F(SchedulingTest, WhoBlocksTheOthersRunsAlone) {
  constexpr int kWorkers = 6, kRounds = 40;
  std::atomic<bool> stop{false};
  std::atomic<int> in_slice{0}, side_by_side{0}, blocks{0};
  const auto dirty = [&](Process& p) {
    p.dirty_job_ = const_cast<process::NativeRow*>(&kDirtyRow);
    p.dirty_waits_ = true;
    return Outcome::Dirty;
  };
  for (int i = 0; i < kWorkers; ++i) {
    process::make_runnable(create(
        [&, i](Process& p) {
          ++in_slice;
          for (int spin = 0; spin < 500; ++spin) std::atomic_signal_fence(std::memory_order_seq_cst);
          --in_slice;
          if (stop) return Outcome::Exited;
          return i < 3 ? Outcome::Yielded : dirty(p);
        },
        [&](Process&) {
          ++in_slice;
          std::this_thread::sleep_for(50us);
          --in_slice;
        }));
  }
  enum Step { Block, Settle, Hold, AfterDirty } step = Block;
  int left = kRounds;
  process::make_runnable(create(
      [&](Process& p) {
        process::handle_signals(p);
        switch (step) {
          case Block:
            scheduling_->block(p.pid(), Blocked::All);
            EXPECT_EQ(scheduling_->counts(Scheduling::Kind::Normal).active, 1u);
            EXPECT_EQ(scheduling_->counts(Scheduling::Kind::DirtyIo).active, 0u);
            step = Settle;
            return Outcome::Yielded;
          case Settle:
            if (!scheduling_->wait_until_settled(p.pid())) return Outcome::Waiting;
            step = Hold;
            [[fallthrough]];
          case Hold:
            ++blocks;
            for (int i = 0; i < 20; ++i) {
              if (in_slice != 0) ++side_by_side;
              std::this_thread::sleep_for(10us);
            }
            step = AfterDirty;
            return dirty(p);
          case AfterDirty: break;
        }
        scheduling_->unblock(p.pid(), Blocked::All);
        step = Block;
        if (--left > 0) return Outcome::Yielded;
        scheduling_->block(p.pid(), Blocked::Normal);
        scheduling_->forget_blocker(p.pid());
        stop = true;
        return Outcome::Exited;
      },
      [](Process&) {}));
  auto running = start();
  wait_for([&] { return table_->count() == 0; });
  EXPECT_EQ(blocks, kRounds);
  EXPECT_EQ(side_by_side, 0);
  EXPECT_EQ(scheduling_->blocked(), Blocked::No);
  EXPECT_EQ(scheduling_->counts(Scheduling::Kind::Normal).active, 2u);
}

// OTP: as on a scheduler, who is low has an eighth of the turns.
TEST_F(SchedulingTest, DirtyJobsHaveTheirTurnsByPriority) {
  constexpr int kEach = 60;
  std::atomic<bool> stop{false};
  std::atomic<int> jobs[2] = {};
  for (int i = 0; i < 2 * kEach; ++i) {
    Process& p = create(
        [&](Process& self) {
          if (stop) return Outcome::Exited;
          self.dirty_job_ = const_cast<process::NativeRow*>(&kDirtyRow);
          self.dirty_waits_ = true;
          return Outcome::Dirty;
        },
        [&, i](Process&) {
          std::this_thread::sleep_for(200us);
          ++jobs[i % 2];
        });
    const auto priority = i % 2 == 0 ? process::Priority::Normal : process::Priority::Low;
    p.state_ = (p.state_ & ~(uint32_t{3} << process::kPriorityShift)) | static_cast<uint32_t>(priority) << process::kPriorityShift;
    process::make_runnable(p);
  }
  auto running = start();
  wait_for([&] { return jobs[0] > 40 * kEach; });
  const double ratio = static_cast<double>(jobs[1]) / jobs[0];
  EXPECT_GT(ratio, 0.06);
  EXPECT_LT(ratio, 0.3);
  stop = true;
  wait_for([&] { return table_->count() == 0; });
}

}  // namespace
}  // namespace athanor::sched
