// SPDX-License-Identifier: Apache-2.0
// Every transition is one compare-and-swap of the whole word. A sender pushes, then sets a bit; begin_run clears the bits, then the
// owner takes what was pushed: whichever of the two comes first on the state word, the signal is seen or the bit stays set.
#include "process/state.hpp"

#include "process/collect.hpp"
#include "process/literals.hpp"
#include "process/spawn.hpp"

namespace athanor::process {

namespace {

// Clears kRunning, sets `bits`; queues if there is something to do. True: queued (the caller passes it on).
bool stop_running(Process& process, uint32_t bits) {
  uint32_t state = process.state_.load(std::memory_order_relaxed);
  uint32_t next;
  do {
    next = (state & ~(kRunning | kDirty)) | bits;
    if (is_schedulable(next)) next |= kQueued;
  } while (!process.state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  return (next & kQueued) != 0;
}

}  // namespace

void notify(Process& process, uint32_t bits) {
  uint32_t state = process.state_.load(std::memory_order_relaxed);
  uint32_t next;
  do {
    next = state | bits;
    if (is_schedulable(next)) next |= kQueued;
    // Also written when nothing changes: the write is what begin_run's clearing is ordered against.
  } while (!process.state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  if ((next & ~state) & kQueued) process.runtime().waker->enqueue(process);
}

bool begin_run(Process& process) {
  uint32_t state = process.state_.load(std::memory_order_relaxed);
  uint32_t next;
  do {
    ATH_DCHECK((state & (kQueued | kRunning)) == kQueued);
    next = (state & ~(kQueued | kActive | kSignals)) | kRunning;
  } while (!process.state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  bool active = (state & kActive) != 0;
  if ((state & kSignals) && !is_exiting(process) && handle_signals(process)) active = true;
  // A collection that another process asked for: here nothing is in registers.
  if (process.collect_wanted_ == CollectWanted::Literals && !is_exiting(process)) {
    settle_literals(process);
  } else if (process.collect_wanted_ != CollectWanted::No && !is_exiting(process)) {
    collect_garbage(process, 0, process.collect_wanted_ == CollectWanted::Full);
  }
  if (is_exiting(process)) {
    if (exit_process(process, Term::none())) return false;
    if (stop_running(process, kActive)) process.runtime().waker->enqueue(process);
    return false;
  }
  bool is_suspended = (process.state_.load(std::memory_order_relaxed) & kSuspended) != 0;
  if (active && !is_suspended) return true;
  if (stop_running(process, active ? kActive : 0)) process.runtime().waker->enqueue(process);
  return false;
}

AfterRun end_run(Process& process, Outcome outcome) {
  switch (outcome) {
    case Outcome::Exited: return AfterRun::Gone;
    case Outcome::Dirty:
      process.state_.fetch_or(kDirty, std::memory_order_acq_rel);
      return AfterRun::Dirty;
    case Outcome::Yielded: return stop_running(process, kActive) ? AfterRun::Requeue : AfterRun::Sleep;
    case Outcome::Waiting: {
      uint32_t bits = process.mailbox().has_incoming() ? kActive : 0;
      if (process.collect_wanted_ != CollectWanted::No) bits |= kSignals;   // asked for by a signal since its last safepoint
      return stop_running(process, bits) ? AfterRun::Requeue : AfterRun::Sleep;
    }
  }
  ATH_ASSERT(false);
}

void end_dirty(Process& process) {
  if (stop_running(process, kActive)) process.runtime().waker->enqueue(process);
}

}  // namespace athanor::process
