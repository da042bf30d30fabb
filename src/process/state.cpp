// SPDX-License-Identifier: Apache-2.0
// Every transition is one compare-and-swap of the whole word. A sender pushes, then sets a bit; begin_run clears the bits, then the
// owner takes what was pushed: whichever of the two comes first on the state word, the signal is seen or the bit stays set.
#include "process/state.hpp"

#include <algorithm>
#include <thread>

#include "process/collect.hpp"
#include "process/literals.hpp"
#include "process/resting.hpp"
#include "process/spawn.hpp"
#include "process/tracing.hpp"

namespace athanor::process {

namespace {

// One transition: `change` makes the next word of the one that is there. Gives both.
struct Transition {
  uint32_t before, after;
  bool queues() const { return (after & ~before & kQueued) != 0; }
};
template <class Change>
Transition transit(Process& process, Change change) {
  uint32_t state = process.state_.load(std::memory_order_relaxed);
  uint32_t next;
  do {
    next = change(state);
    // Also written when nothing changes: the write is what begin_run's clearing is ordered against.
  } while (!process.state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  return {state, next};
}

constexpr uint32_t with_queued(uint32_t state) { return is_schedulable(state) ? state | kQueued : state; }

// system_profile(_, [runnable_procs])
bool is_profiled(Process& process) { return (process.runtime().profiled.load(std::memory_order_relaxed) & profile::kProcesses) != 0; }

// It is told while the process is still ours, so one that finds something to do after all is told to be runnable again.
bool stop_running_profiled(Process& process, uint32_t bits) {
  const uint32_t now = process.state_.load(std::memory_order_relaxed);
  const bool stays = (now & kQueued) || ((bits & kActive) && !(now & kSuspended));
  if (!stays) process.runtime().tracing->profiled(process, false);
  const bool queued = transit(process, [=](uint32_t state) { return with_queued((state & ~kRunning) | bits); }).queues();
  if (!stays && queued) process.runtime().tracing->profiled(process, true);
  return queued;
}

// Clears kRunning, sets `bits`; queues if there is something to do. True: queued (the caller passes it on).
bool stop_running(Process& process, uint32_t bits) {
  if (ATH_UNLIKELY(is_profiled(process))) return stop_running_profiled(process, bits);
  return transit(process, [=](uint32_t state) { return with_queued((state & ~kRunning) | bits); }).queues();
}
void stop_running_and_enqueue(Process& process, uint32_t bits) {
  if (stop_running(process, bits)) process.runtime().waker->enqueue(process);
}

// OTP: who ends while a higher priority waits for its signals ends at that priority.
constexpr uint32_t with_exit_priority(uint32_t state, Priority waiting) {
  if ((state & kExiting) == 0 || waiting >= own_priority(state)) return state;
  return (state & ~(uint32_t{3} << kPriorityShift)) | static_cast<uint32_t>(waiting) << kPriorityShift;
}

// A collection that another process asked for: here nothing is in registers.
void collect_if_wanted(Process& process) {
  if (process.collect_wanted_ == CollectWanted::No || process.continuation_ || is_exiting(process)) return;
  if (process.collect_wanted_ == CollectWanted::Literals) settle_literals(process);
  else collect_garbage(process, 0, process.collect_wanted_ == CollectWanted::Full);
}

}  // namespace

void notify(Process& process, uint32_t bits, Priority priority) {
  const Transition t = transit(process, [=](uint32_t state) {
    uint32_t next = state | bits;
    if ((bits & kSignals) && priority < signal_priority(next)) {
      next = (next & ~kSignalPriorityMask) | (3 - static_cast<uint32_t>(priority)) << kSignalPriorityShift;
    }
    return with_queued(bits & kSignals ? with_exit_priority(next, priority) : next);
  });
  if (t.queues()) {
    if (ATH_UNLIKELY(is_profiled(process))) process.runtime().tracing->profiled(process, true);
    return process.runtime().waker->enqueue(process);
  }
  if ((bits & kSignals) == 0 || (t.after & kFree)) return;
  if (t.after & kDirty) {
    process.runtime().waker->enqueue_signals(process, std::min(priority, own_priority(t.after)));
  } else if ((t.after & (kQueued | kRunning)) == kQueued && queue_priority(t.after) < queue_priority(t.before)) {
    process.runtime().waker->enqueue_signals(process, priority);
  }
}

void begin_life(Process& process) {
  transit(process, [](uint32_t state) { return with_queued((state & ~kRunning) | kActive); });
  if (ATH_UNLIKELY(is_profiled(process))) process.runtime().tracing->profiled(process, true);
  process.runtime().waker->enqueue(process);
}

bool begin_run(Process& process) {
  const Transition t = transit(process, [](uint32_t state) {
    ATH_DCHECK((state & kQueued) != 0);
    if (state & kRunning) return state & ~kQueued;   // serve_signals has it and queues it again
    return (state & ~(kQueued | kActive | kSignals | kSignalPriorityMask | kRested | kTidy)) | kRunning;
  });
  if (t.before & kRunning) return false;
  bool active = (t.before & kActive) != 0;
  // Its turn came early, for the signals alone: the code waits for one of its own priority.
  const bool is_early = queue_priority(t.before) < own_priority(t.before);
  process.code_is_due_ = active;
  if ((t.before & kSignals) && !is_exiting(process) && handle_signals(process)) active = true;
  process.code_is_due_ = false;
  if ((t.before & kTidy) && !active && !process.continuation_ && process.trace_flags_ == 0) process.collect_wanted_ = CollectWanted::Full;
  collect_if_wanted(process);
  if (is_exiting(process)) {
    if (is_early) transit(process, [&](uint32_t state) { return with_exit_priority(state, queue_priority(t.before)); });
    const bool traced = ATH_UNLIKELY(is_traced(process, trace_flag::kExiting));
    if (traced) process.runtime().tracing->ran(process, atoms::in, true);
    if (exit_process(process, Term::none())) return false;
    if (traced && process.heap().start_ != nullptr) process.runtime().tracing->ran(process, atoms::out, true);
    stop_running_and_enqueue(process, kActive);
    return false;
  }
  bool is_suspended = (process.state_.load(std::memory_order_relaxed) & kSuspended) != 0;
  if (active && !is_suspended && !is_early) return true;
  stop_running_and_enqueue(process, active ? kActive : 0);
  return false;
}

namespace {

// The process stands in a run queue of a lower priority. Where it ends by a signal it is ended here but for giving up its identity:
// who takes it out of that queue does that.
void serve_queued(Process& process, Priority priority) {
  bool active = handle_signals(process);
  collect_if_wanted(process);
  if (!is_exiting(process)) return stop_running_and_enqueue(process, active ? kActive : 0);
  transit(process, [=](uint32_t state) { return with_exit_priority(state, priority); });
  if (exit_process(process, Term::none())) return;
  const bool has_memory = process.heap().start_ != nullptr;
  auto goes_on = [=](uint32_t state) { return has_memory && !(state & kSuspended); };   // else it waits for room on the way to another node
  const Transition t = transit(process, [=](uint32_t state) {
    return with_queued((state & ~kRunning) | kActive | (goes_on(state) ? kSignals | kSignalPriorityMask : 0));
  });
  if (t.queues()) process.runtime().waker->enqueue(process);
  else if (goes_on(t.before)) process.runtime().waker->enqueue_signals(process, Priority::Max);
}

// OTP: one that ends while its native runs is gone for all others at once; only its memory waits for the native.
void serve_dirty(Process& process, Priority priority) {
  for (;;) {
    const bool active = handle_signals(process);
    const bool tells_more = is_exiting(process) && !leave_beside_native(process);
    const Transition t = transit(process, [=](uint32_t state) {
      const uint32_t next = with_exit_priority(active ? state | kActive : state, std::min(priority, signal_priority(state)));
      if (tells_more) return (next & ~kDirtySignals) | kSignals | kSignalPriorityMask;
      // More has come: who brought it saw that it is being served.
      return state & kSignals ? next & ~(kSignals | kSignalPriorityMask) : next & ~kDirtySignals;
    });
    if (tells_more) return process.runtime().waker->enqueue_signals(process, Priority::Max);
    if ((t.after & kDirtySignals) == 0) return;
  }
}

}  // namespace

void serve_signals(Process& process) {
  const Transition t = transit(process, [](uint32_t state) -> uint32_t {
    if ((state & kSignals) == 0 || (state & (kFree | kDirtySignals))) return state;
    const uint32_t taken = state & ~(kSignals | kSignalPriorityMask);
    if (state & kDirty) return taken | kDirtySignals;
    return state & kRunning ? state : taken | kRunning;
  });
  const uint32_t gained = t.after & ~t.before;
  if (gained & kDirtySignals) serve_dirty(process, signal_priority(t.before));
  else if (gained & kRunning) serve_queued(process, signal_priority(t.before));
}

DirtySignals::DirtySignals(Process& process) : process_(process) {
  while (transit(process, [](uint32_t state) { return state | kDirtySignals; }).before & kDirtySignals) std::this_thread::yield();
}

// Who brought a signal meanwhile saw it as being served.
DirtySignals::~DirtySignals() {
  const Transition t = transit(process_, [](uint32_t state) { return state & ~kDirtySignals; });
  if (t.after & kSignals) process_.runtime().waker->enqueue_signals(process_, queue_priority(t.after));
}

AfterRun end_run(Process& process, Outcome outcome) {
  switch (outcome) {
    case Outcome::Exited: return AfterRun::Gone;
    case Outcome::Dirty: {
      const Transition t = transit(process, [](uint32_t state) { return state | kDirty; });
      if (t.after & kSignals) process.runtime().waker->enqueue_signals(process, queue_priority(t.after));
      return AfterRun::Dirty;
    }
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
  // Who handles its signals is about to be done.
  for (;;) {
    const Transition t = transit(process, [](uint32_t state) { return state & kDirtySignals ? state : state & ~kDirty; });
    if ((t.after & kDirty) == 0) break;
    std::this_thread::yield();
  }
  heap::Fragment* late = process.late_fragments_;
  process.late_fragments_ = nullptr;
  process.adopt(late);
  stop_running_and_enqueue(process, kActive);
}

}  // namespace athanor::process
