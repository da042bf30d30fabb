// SPDX-License-Identifier: Apache-2.0
#include "process/resting.hpp"

#include "process/state.hpp"
#include "process/tracing.hpp"

namespace athanor::process {

namespace {

#ifdef ATH_STRESS
constexpr size_t kBulkyWords = 1;
#else
constexpr size_t kBulkyWords = 233;      // what a process that works has at least
#endif
constexpr size_t kFeltWords = 64 << 10;  // collected in a tenth of a millisecond or so

// What a collection would take away is not known, but where it would be: in a generation that no minor collection looks at, in messages that
// have been received, or in room that nothing filled.
bool is_bulky(const heap::Heap& heap) {
  const size_t total = heap.total_words();
  if (total < kBulkyWords || total > kFeltWords) return false;
  return heap.old_start_ != nullptr || heap.fragments_ != nullptr ||
         (heap.free_words() * 2 > heap.block_words() && heap.block_words() > heap.min_words_);
}

}  // namespace

bool begins_to_rest(Process& self) {
  if (!is_bulky(self.heap()) || self.trace_flags_ != 0) return false;
  if (self.state_.load(std::memory_order_relaxed) & kResting) return false;   // the common case, without a locked instruction
  return (self.state_.fetch_or(kResting, std::memory_order_relaxed) & kResting) == 0;
}

Rest look_at_resting(Process& process) {
  constexpr uint32_t kBusy = kRunning | kQueued | kActive | kSignals | kSuspended | kDirty;
  uint32_t state = process.state_.load(std::memory_order_relaxed), next;
  do {
    if (state & (kFree | kExiting)) next = state & ~(kResting | kRested);
    else if (state & kBusy) next = state;
    else if ((state & kRested) == 0) next = state | kRested;
    else next = state & ~(kResting | kRested);
  } while (!process.state_.compare_exchange_weak(state, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  if (next & kResting) return Rest::Again;
  if ((state & (kFree | kExiting)) == 0) notify(process, kSignals | kTidy);
  return Rest::Over;
}

}  // namespace athanor::process
