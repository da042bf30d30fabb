// SPDX-License-Identifier: Apache-2.0
// For tests: schedulers under an executor whose processes are C++ functions.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/signal.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"

namespace athanor::sched {
using process::Outcome;
using process::Process;
using namespace std::chrono_literals;

struct Script {
  std::function<Outcome(Process&)> run;
  std::function<void(Process&)> dirty;
};
inline Script* scripts = nullptr;   // by pid number

inline const process::NativeRow kDirtyRow{"m", "f", 0, process::BifKind::DirtyIo, nullptr, 25, 999, false};
inline const Word kSomewhere = 0;

class FakeExecutor final : public process::Executor {
 public:
  Outcome run(Process& p) override {
    Outcome outcome = scripts[p.pid().pid_number()].run(p);
    if (outcome == Outcome::Exited && !process::exit_process(p, atoms::normal)) return Outcome::Yielded;
    return outcome;
  }
  void run_dirty(Process& p) override { scripts[p.pid().pid_number()].dirty(p); }
  void prepare_call(Process& p, Term, Term, Term) override { p.ip_ = &kSomewhere; }
  Mfa current_function(Process& p) override { return p.initial_call_; }
};

class SchedulingTest : public testing::Test {
 protected:
  void SetUp() override { make(2); }
  void make(uint32_t count) {
    atoms_.reset(make_atom_table(100'000));
    runtime_ = std::make_unique<process::Runtime>();
    runtime_->terms.atoms = atoms_.get();
    runtime_->terms.node_name = atoms::nonode_at_nohost;
    runtime_->epochs = &epochs_;
    runtime_->literals = &literals_;
    table_ = std::make_unique<process::ProcessTable>(1024);
    runtime_->processes = table_.get();
    registry_.reset(process::make_registry());
    runtime_->registry = registry_.get();
    SchedulingOptions options;
    options.schedulers = count;
    scheduling_ = Scheduling::create(*runtime_, options, [](process::Runtime&) -> process::Executor* { return new FakeExecutor; });
    scripts_.resize(1024);
    scripts = scripts_.data();
    scope_ = std::make_unique<process::ThreadScope>(*runtime_);
    participant_ = epochs_.join();
    epochs_.enter(participant_);
  }
  void TearDown() override {
    epochs_.exit(participant_);
    epochs_.leave(participant_);
    scheduling_->stop();
    table_.reset();
    scheduling_.reset();
    scope_.reset();
  }
  // Not yet runnable.
  Process& create(std::function<Outcome(Process&)> run, std::function<void(Process&)> dirty = {}) {
    Process* p = table_->create(*runtime_);
    p->state_ |= static_cast<uint32_t>(process::Priority::Normal) << process::kPriorityShift;
    p->heap().create_block(64);
    scripts_[p->pid().pid_number()] = {std::move(run), std::move(dirty)};
    return *p;
  }
  // Stops when it goes, before what the scripts refer to.
  struct Running {
    Scheduling* scheduling;
    ~Running() { scheduling->stop(); }
  };
  Running start() {
    scheduling_->start();
    return {scheduling_.get()};
  }
  void wait_for(std::function<bool()> done) {
    bool is_done = false;   // asked once more, what is so for a moment could be over
    for (int i = 0; i < 20'000 && !(is_done = done()); ++i) std::this_thread::sleep_for(500us);
    ASSERT_TRUE(is_done);
  }
  static uint32_t take_messages(Process& p) {
    process::handle_signals(p);
    uint32_t count = 0;
    while (p.mailbox().peek()) {
      process::Signal::destroy(p.mailbox().remove_current());
      ++count;
    }
    return count;
  }

  base::Epochs epochs_;
  heap::LiteralSpace literals_;
  std::unique_ptr<AtomTable> atoms_;
  std::unique_ptr<process::Runtime> runtime_;
  std::unique_ptr<process::ProcessTable> table_;
  std::unique_ptr<process::Registry> registry_;
  std::unique_ptr<Scheduling> scheduling_;
  std::vector<Script> scripts_;
  std::unique_ptr<process::ThreadScope> scope_;
  base::Epochs::Participant* participant_;
};

}  // namespace athanor::sched
