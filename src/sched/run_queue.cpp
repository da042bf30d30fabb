// SPDX-License-Identifier: Apache-2.0
#include "sched/run_queue.hpp"

#include <algorithm>
#include <mutex>

#include "os/clock.hpp"
#include "process/state.hpp"

namespace athanor::sched {

using process::Priority;
using process::Process;

namespace {
// Only written under the lock: no read-modify-write is needed.
template <class T>
void add(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
}  // namespace

inline void RunQueue::count_in(List& list, const Process& process) {
  add(list.length, uint32_t{1});
  if (ATH_LIKELY(process.bound_scheduler_ == 0)) return;
  add(list.bound, uint32_t{1});
  add(bound_, uint32_t{1});
}

void RunQueue::append(List& list, Process& process) {
  process.queue_next_ = nullptr;
  if (list.last) list.last->queue_next_ = &process;
  else list.first = &process;
  list.last = &process;
  count_in(list, process);
}

inline Process* RunQueue::unlink(List& list, Process* before, Process* process) {
  (before ? before->queue_next_ : list.first) = process->queue_next_;
  if (list.last == process) list.last = before;
  process->queue_next_ = nullptr;
  add(list.length, ~uint32_t{0});
  add(list.taken, uint64_t{1});
  if (ATH_UNLIKELY(process->bound_scheduler_ != 0)) {
    add(list.bound, ~uint32_t{0});
    add(bound_, ~uint32_t{0});
  }
  return process;
}

Process* RunQueue::take_first(List& list, Whom whom) {
  constexpr int kFew = 64;
  Process* before = nullptr;
  Process* process = list.first;
  if (whom != Whom::Anyone) {
    const auto is_wanted = [whom](const Process& p) { return p.bound_scheduler_ == 0 && (whom == Whom::Free || p.used_slice_up_); };
    for (int i = 0; process && !is_wanted(*process); ++i) {
      if (i == kFew) return nullptr;
      before = process;
      process = process->queue_next_;
    }
  }
  return process ? unlink(list, before, process) : nullptr;
}

uint32_t RunQueue::push(Process& process, bool requeued) {
  int priority = static_cast<int>(process::queue_priority(process.state_.load(std::memory_order_relaxed)));
  std::lock_guard guard(lock_);
  process.used_slice_up_ = requeued;
  append(lists_[priority], process);
  uint32_t length = length_.load(std::memory_order_relaxed) + 1;
  length_.store(length, std::memory_order_relaxed);
  ++pushed_;
  if ((length >= 2 || requeued) && sample_start_.load(std::memory_order_relaxed) == 0) {
    sample_end_ = pushed_;
    sample_start_.store(os::cycle_count(), std::memory_order_relaxed);
  }
  return length;
}

void RunQueue::count_popped(uint64_t count) {
  add(popped_, count);
  add(length_, ~static_cast<uint32_t>(count) + 1);
  if (popped_.load(std::memory_order_relaxed) >= sample_end_) sample_start_.store(0, std::memory_order_relaxed);
}

inline RunQueue::List* RunQueue::next_of_shared() {
  List& normal = lists_[static_cast<int>(Priority::Normal)];
  List& low = lists_[static_cast<int>(Priority::Low)];
  if (!low.first) return normal.first ? &normal : nullptr;
  if (!normal.first) return &low;
  // By shares, so that neither few low ones among many nor many among few get more or less than theirs.
  const uint64_t low_shares = low.length.load(std::memory_order_relaxed);
  const uint64_t all_shares = low_shares + uint64_t{kLowEvery} * normal.length.load(std::memory_order_relaxed);
  low_credit_ += low_shares;
  if (low_credit_ < all_shares) return &normal;
  low_credit_ = std::min(low_credit_ - all_shares, all_shares);   // many may have gone since it was earned
  return &low;
}

Process* RunQueue::pop_locked(Priority highest, Whom whom) {
  for (int i = static_cast<int>(highest); i < static_cast<int>(Priority::Normal); ++i)
    if (Process* process = take_first(lists_[i], whom)) return process;
  List* list = highest == Priority::Low ? &lists_[static_cast<int>(Priority::Low)] : next_of_shared();
  if (!list) return nullptr;
  if (Process* process = take_first(*list, whom)) return process;
  if (whom == Whom::Anyone || highest == Priority::Low) return nullptr;
  const auto other = list == &lists_[static_cast<int>(Priority::Low)] ? Priority::Normal : Priority::Low;   // all of the one are bound
  return take_first(lists_[static_cast<int>(other)], whom);
}

Process* RunQueue::pop() {
  if (length() == 0) return nullptr;   // what another thread pushes just now is found before sleeping
  std::lock_guard guard(lock_);
  List* list = &lists_[static_cast<int>(Priority::Max)];
  if (!list->first) list = &lists_[static_cast<int>(Priority::High)];
  if (!list->first) list = next_of_shared();
  if (!list) return nullptr;
  Process* process = unlink(*list, nullptr, list->first);
  count_popped(1);
  return process;
}

template <class Next>
Process* RunQueue::take_chain(Next next, uint32_t& count) {
  count = 0;
  Process* first = nullptr;
  Process* last = nullptr;
  while (Process* process = next()) {
    (last ? last->queue_next_ : first) = process;
    last = process;
    ++count;
  }
  if (count > 0) count_popped(count);
  return first;
}

Process* RunQueue::steal_half(uint32_t& count, Priority highest) {
  count = 0;
  if (free_length() == 0) return nullptr;
  std::lock_guard guard(lock_);
  uint32_t wanted = 0;
  for (int i = static_cast<int>(highest); i < 4; ++i) wanted += free_length_of(static_cast<Priority>(i));
  wanted = std::min((wanted + 1) / 2, kMostStolen);
  return take_chain([&]() -> Process* { return wanted-- > 0 ? pop_locked(highest, Whom::Free) : nullptr; }, count);
}

Process* RunQueue::take(Level level, double weight, bool also_woken) {
  std::lock_guard guard(lock_);
  uint32_t count;
  const auto next = [&]() -> Process* {
    List* list = level == Level::Shared ? next_of_shared() : &lists_[static_cast<int>(level)];
    if (!list) return nullptr;
    const double own = list == &lists_[static_cast<int>(Priority::Low)] ? 1.0 / kLowEvery : 1.0;
    if (own > weight) return nullptr;
    weight -= own;
    return take_first(*list, also_woken ? Whom::Free : Whom::FreeAndUsedUp);
  };
  return take_chain(next, count);
}

void RunQueue::push_front(Process* chain) {
  std::lock_guard guard(lock_);
  Process* last[4] = {};
  uint32_t count = 0;
  while (chain) {
    Process* process = chain;
    chain = chain->queue_next_;
    const int priority = static_cast<int>(process::queue_priority(process->state_.load(std::memory_order_relaxed)));
    List& list = lists_[priority];
    Process*& before = last[priority];
    process->queue_next_ = before ? before->queue_next_ : list.first;
    (before ? before->queue_next_ : list.first) = process;
    if (!process->queue_next_) list.last = process;
    before = process;
    count_in(list, *process);
    ++count;
  }
  length_.store(length_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  pushed_ += count;
  sample_end_ += count;                         // they go before the mark
}

Process* RunQueue::take_all() {
  std::lock_guard guard(lock_);
  uint32_t count;
  Process* bound = nullptr;
  const auto next = [&]() -> Process* {
    while (Process* process = pop_locked(Priority::Max, Whom::Anyone)) {
      if (process->bound_scheduler_ == 0) return process;
      process->queue_next_ = bound;
      bound = process;
    }
    return nullptr;
  };
  Process* free = take_chain(next, count);
  while (bound) {                               // the last first: what went out in order comes back in order
    Process* process = bound;
    bound = bound->queue_next_;
    const int priority = static_cast<int>(process::queue_priority(process->state_.load(std::memory_order_relaxed)));
    List& list = lists_[priority];
    process->queue_next_ = list.first;
    list.first = process;
    if (!process->queue_next_) list.last = process;
    count_in(list, *process);
  }
  return free;
}

bool RunQueue::is_empty_for_sure(bool but_for_bound) {
  std::lock_guard guard(lock_);
  return (but_for_bound ? free_length() : length()) == 0;
}

}  // namespace athanor::sched
