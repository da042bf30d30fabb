// SPDX-License-Identifier: Apache-2.0
// How many schedulers and dirty threads may run at once: those online, fewer while multi-scheduling is blocked.
//
// A scheduler writes "runs a process", then reads how many are in use, with a compiler's barrier between; the barrier of all threads here makes one of
// the two see the other. So when a change has settled none runs that may not.
#include "process/process_table.hpp"
#include "process/state.hpp"
#include "sched/schedulers.hpp"

namespace athanor::sched {

void Schedulers::set_schedulers_online(uint32_t count) {
  {
    std::lock_guard lock(in_use_mutex_);
    count = std::clamp(count, 1u, scheduler_count());
    // OTP: dirty CPU schedulers stay in proportion, in whole percents.
    const uint32_t of_all = dirty_cpu_count() * 100 / scheduler_count();
    const uint32_t of_online = count * of_all / online_.load(std::memory_order_relaxed);
    dirty_cpu_online_.store(std::clamp(dirty_cpu_online() * of_online / 100, 1u, dirty_cpu_count()), std::memory_order_relaxed);
    online_.store(count, std::memory_order_release);
  }
  change_in_use();
}

void Schedulers::set_dirty_cpu_online(uint32_t count) {
  {
    std::lock_guard lock(in_use_mutex_);
    dirty_cpu_online_.store(count, std::memory_order_relaxed);
  }
  change_in_use();
}

void Schedulers::block(Term pid, Blocked which) {
  blocks_.add(pid, which);
  change_in_use();
}

void Schedulers::unblock(Term pid, Blocked which) {
  blocks_.remove(pid, which);
  change_in_use();
}

void Schedulers::forget_blocker(Term pid) {
  if (blocks_.state() != Blocked::No && blocks_.forget(pid)) change_in_use();
}

void Schedulers::change_in_use() {
  {
    std::lock_guard lock(in_use_mutex_);
    const Blocked blocked = blocks_.state();
    in_use_.store(blocked == Blocked::No ? schedulers_online() : 1, std::memory_order_release);
    takes_turns_.store(blocked == Blocked::All, std::memory_order_release);
    renew_at_will();
    dirty_cpu_.set_allowed(dirty_cpu_online(), blocked == Blocked::All);
    dirty_io_.set_allowed(dirty_io_.limit(), blocked == Blocked::All);
  }
  os::barrier_of_all_threads();
  wake_all_threads();
}

void Schedulers::renew_at_will() { at_will_.store(is_paused() || takes_turns() ? 0 : schedulers_in_use(), std::memory_order_release); }

Scheduling::Counts Schedulers::counts(Kind kind) const {
  const bool all_blocked = blocks_.state() == Blocked::All;
  switch (kind) {
    case Kind::Normal: return {scheduler_count(), schedulers_online(), schedulers_in_use()};
    case Kind::DirtyCpu: return {dirty_cpu_count(), dirty_cpu_online(), all_blocked ? 0 : dirty_cpu_online()};
    case Kind::DirtyIo: break;
  }
  return {dirty_io_count(), dirty_io_count(), all_blocked ? 0 : dirty_io_count()};
}

bool Schedulers::has_settled() const {
  for (uint32_t i = schedulers_in_use(); i < scheduler_count(); ++i)
    if (schedulers_[i]->is_running_process()) return false;
  return !takes_turns() || dirty_cpu_.running() + dirty_io_.running() == 0;
}

bool Schedulers::wait_until_settled(Term pid) {
  std::lock_guard lock(settle_mutex_);
  someone_settles_.store(true, std::memory_order_seq_cst);
  if (has_settled()) {
    someone_settles_.store(!settling_.empty(), std::memory_order_relaxed);
    return true;
  }
  settling_.push_back(pid);
  return false;
}

void Schedulers::tell_if_settled() {
  std::vector<Term> pids;
  {
    std::lock_guard lock(settle_mutex_);
    if (settling_.empty() || !has_settled()) return;
    pids.swap(settling_);
    someone_settles_.store(false, std::memory_order_relaxed);
  }
  for (Term pid : pids)
    if (process::Process* process = runtime_.processes->find(pid)) process::make_runnable(*process);
}

}  // namespace athanor::sched
