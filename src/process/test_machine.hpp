// SPDX-License-Identifier: Apache-2.0
// A machine without scheduler or engine for unit tests: processes are run by hand, or by plain threads that share one queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

class TestMachine final : public Waker {
 public:
  TestMachine() : table(2048), registry(make_registry()), scope(prepared()) {}
  ~TestMachine() override {
    epochs.leave(participant);
    // What exited is still with the epochs; what lives goes with the table.
  }
  void enqueue(Process& target) override {
    std::lock_guard lock(mutex);
    queue.push_back(&target);
    changed.notify_one();
  }
  void enqueue_signals(Process& target, Priority) override {
    std::lock_guard lock(mutex);
    errands.push_back(target.pid());
  }
  // Handles the signals of those that another may not wait for.
  void serve() {
    for (;;) {
      Term pid;
      {
        std::lock_guard lock(mutex);
        if (errands.empty()) return;
        pid = errands.front();
        errands.pop_front();
      }
      if (Process* process = table.find(pid)) serve_signals(*process);
    }
  }
  Process* next() {
    std::lock_guard lock(mutex);
    if (queue.empty()) return nullptr;
    Process* process = queue.front();
    queue.pop_front();
    return process;
  }
  // Begins to run each queued process and lets it wait at once, until none is queued.
  void settle() {
    while (Process* process = next()) {
      if (!begin_run(*process)) continue;
      handle_signals(*process);   // what a receive does
      if (is_exiting(*process)) {
        while (!exit_process(*process, Term::none())) {}
        continue;
      }
      if (end_run(*process, Outcome::Waiting) == AfterRun::Requeue) enqueue(*process);
    }
  }
  Process& spawned(Process* parent = nullptr, const SpawnOptions& options = {}) {
    return *table.find(spawn(runtime, parent, atoms::lists, atoms::map, Term::nil(), options).pid);
  }

  base::Epochs epochs;
  heap::LiteralSpace literals;
  Runtime runtime;
  ProcessTable table;
  std::unique_ptr<Registry> registry;
  base::Epochs::Participant* participant = nullptr;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Process*> queue;
  std::deque<Term> errands;
  ThreadScope scope;

 private:
  Runtime& prepared() {
    runtime.epochs = &epochs;
    runtime.literals = &literals;
    runtime.processes = &table;
    runtime.registry = registry.get();
    runtime.waker = this;
    runtime.terms.node_name = atoms::nonode_at_nohost;
    participant = epochs.join();
    epochs.enter(participant);
    return runtime;
  }
};

}  // namespace athanor::process
