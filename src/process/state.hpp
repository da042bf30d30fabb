// SPDX-License-Identifier: Apache-2.0
// The run state of a process: the only words of it that several threads write. Lock-free; no wake-up is lost.
//
//   asleep ──notify──► kQueued ──begin_run──► kRunning ──end_run──► asleep | kQueued | kRunning+kDirty | gone
//
// A process is in at most one run queue (kQueued) and on at most one thread (kRunning). Both only where serve_signals handles the
// signals of one that waits for its turn; kDirtySignals where it handles those of one that runs dirty. kActive: its code wants to run.
// kSignals: signals that are no messages wait for it. Both are set at any time by any thread; begin_run clears them.
#pragma once

#include "process/executor.hpp"
#include "process/process.hpp"

namespace athanor::process {

// A scheduler thread's loop, inside an epoch:
//
//   Process* p = next from the queue (its state has kQueued);
//   if (!begin_run(*p)) continue;                    // nothing to do, handled, or ended: do not touch p any more
//   if (!p->ip_) executor.prepare_call(*p, p->saved_[0], p->saved_[1], p->saved_[2]);   // first run: M, F, argument list
//   p->reductions_left_ = kReductionsPerSlice;
//   switch (end_run(*p, executor.run(*p))) {
//     case AfterRun::Requeue: put p at the end of a queue (its state says kQueued already); break;
//     case AfterRun::Sleep: case AfterRun::Gone: break;   // do not touch p any more
//     case AfterRun::Dirty: hand p to a dirty thread (dirty_waits_ says of which pool): executor.run_dirty(*p); end_dirty(*p); break;
//   }

// kQueued -> kRunning; clears kActive, kSignals and their priority. Handles waiting signals first (handle_signals), also goes on with a slice of
// an exit that is under way. True: run its code now. False: it went back to sleep, or was queued again (through
// runtime.waker->enqueue), or has ended. The thread must have set current_runtime (ThreadScope).
bool begin_run(Process& process);

enum class AfterRun : uint8_t { Requeue, Sleep, Dirty, Gone };
// After Executor::run. Yielded: Requeue (Sleep when suspended meanwhile). Waiting: Sleep, or Requeue when something arrived since.
// Dirty: keeps kRunning, sets kDirty. Exited: Gone (kRunning stays set, so that nobody queues it).
AfterRun end_run(Process& process, Outcome outcome);

// The dirty job is done: kDirty and kRunning go; the process is queued through the waker. Not to be touched after it.
void end_dirty(Process& process);

// Sets `bits` (kActive, kSignals) and queues the process through runtime.waker->enqueue if it is neither queued nor running and has
// something to do (kSignals, or kActive without kSuspended). `priority`: at which kSignals are to be handled, where that is higher than
// the process's own: who waits for an answer must not wait for a turn of a lower priority. Any thread in an epoch.
void notify(Process& process, uint32_t bits, Priority priority = Priority::Low);
// What runtime.waker->enqueue_signals asked for: handles the waiting signals of a process that stands in a run queue or runs dirty. Where
// it stands in a run queue it stays there; begin_run finds it running and leaves it to this thread.
void serve_signals(Process& process);
// The thread that runs a process dirty holds its signals off, to look at what their handlers change (the trace flags) or to do what they do.
class DirtySignals {
 public:
  explicit DirtySignals(Process& process);
  ~DirtySignals();
  DirtySignals(const DirtySignals&) = delete;
  DirtySignals& operator=(const DirtySignals&) = delete;

 private:
  Process& process_;
};
inline void make_runnable(Process& process) { notify(process, kActive); }
// A process that was made with kRunning set, so that no signal ran it half made, is queued. Not to be touched after it.
void begin_life(Process& process);

// The engine: after handle_signals, and when a BIF asked for Pending::Exit, this says that the process must end. Then
// `return exit_process(self, Term::none()) ? Outcome::Exited : Outcome::Yielded` (none: the reason is held already).
inline bool is_exiting(const Process& process) { return (process.state_.load(std::memory_order_relaxed) & kExiting) != 0; }

constexpr Priority own_priority(uint32_t state) { return static_cast<Priority>((state >> kPriorityShift) & 3); }
constexpr Priority signal_priority(uint32_t state) { return static_cast<Priority>(3 - ((state >> kSignalPriorityShift) & 3)); }
constexpr uint32_t kSignalPriorityMask = uint32_t{3} << kSignalPriorityShift;
// The level of the run queue that a process belongs in.
constexpr Priority queue_priority(uint32_t state) {
  return (state & kSignals) && signal_priority(state) < own_priority(state) ? signal_priority(state) : own_priority(state);
}

// Something to do for a state word?
constexpr bool is_schedulable(uint32_t state) {
  if (state & (kFree | kRunning | kQueued)) return false;
  return (state & kSignals) != 0 || (state & (kActive | kSuspended)) == kActive;
}

}  // namespace athanor::process
