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

void RunQueue::append(List& list, Process& process) {
  process.queue_next_ = nullptr;
  if (list.last) list.last->queue_next_ = &process;
  else list.first = &process;
  list.last = &process;
  add(list.length, uint32_t{1});
}

Process* RunQueue::take_first(List& list) {
  Process* process = list.first;
  list.first = process->queue_next_;
  if (!list.first) list.last = nullptr;
  process->queue_next_ = nullptr;
  add(list.length, ~uint32_t{0});
  return process;
}

uint32_t RunQueue::push(Process& process, bool requeued) {
  int priority = static_cast<int>(process::queue_priority(process.state_.load(std::memory_order_relaxed)));
  std::lock_guard guard(lock_);
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

Process* RunQueue::pop_locked() {
  List& max = lists_[static_cast<int>(Priority::Max)];
  List& high = lists_[static_cast<int>(Priority::High)];
  List& normal = lists_[static_cast<int>(Priority::Normal)];
  List& low = lists_[static_cast<int>(Priority::Low)];
  if (max.first) return take_first(max);
  if (high.first) return take_first(high);
  if (!low.first) return normal.first ? take_first(normal) : nullptr;
  if (!normal.first) return take_first(low);
  // By shares, so that neither few low ones among many nor many among few get more or less than theirs.
  const uint64_t low_shares = low.length.load(std::memory_order_relaxed);
  const uint64_t all_shares = low_shares + uint64_t{kLowEvery} * normal.length.load(std::memory_order_relaxed);
  low_credit_ += low_shares;
  if (low_credit_ < all_shares) return take_first(normal);
  low_credit_ = std::min(low_credit_ - all_shares, all_shares);   // many may have gone since it was earned
  return take_first(low);
}

Process* RunQueue::pop() {
  if (length() == 0) return nullptr;   // what another thread pushes just now is found before sleeping
  std::lock_guard guard(lock_);
  Process* process = pop_locked();
  if (process) count_popped(1);
  return process;
}

Process* RunQueue::steal_half(uint32_t& count) {
  count = 0;
  if (length() == 0) return nullptr;
  std::lock_guard guard(lock_);
  uint32_t wanted = std::min((length() + 1) / 2, kMostStolen);
  Process* first = nullptr;
  Process* last = nullptr;
  while (count < wanted) {
    Process* process = pop_locked();
    if (!process) break;
    if (last) last->queue_next_ = process;
    else first = process;
    last = process;
    ++count;
  }
  if (count > 0) count_popped(count);
  return first;
}

Process* RunQueue::take_all() {
  std::lock_guard guard(lock_);
  Process* first = nullptr;
  Process* last = nullptr;
  uint64_t count = 0;
  while (Process* process = pop_locked()) {
    if (last) last->queue_next_ = process;
    else first = process;
    last = process;
    ++count;
  }
  count_popped(count);
  return first;
}

bool RunQueue::is_empty_for_sure() {
  std::lock_guard guard(lock_);
  return length() == 0;
}

}  // namespace athanor::sched
