// SPDX-License-Identifier: Apache-2.0
// A pid's number counts up; its low bits are the slot. Slots are taken by compare-and-swap, blocks go through epochs.
#include "process/process_table.hpp"

#include <algorithm>
#include <bit>

namespace athanor::process {

namespace {
constexpr uint32_t kNumberMask = (uint32_t{1} << 28) - 1;
}

ProcessTable::ProcessTable(uint32_t limit) {
  limit_ = std::bit_ceil(std::clamp<uint32_t>(limit, 16, uint32_t{1} << 27));
  mask_ = limit_ - 1;
  slots_ = new std::atomic<Process*>[limit_]();
}

ProcessTable::~ProcessTable() {
  for (uint32_t i = 0; i < limit_; ++i) delete slots_[i].load(std::memory_order_relaxed);
  delete[] slots_;
}

Process* ProcessTable::find(Term pid) const {
  if (!pid.is_local_pid()) return nullptr;
  Process* process = slots_[pid.pid_number() & mask_].load(std::memory_order_acquire);
  return process && process->pid_ == pid ? process : nullptr;
}

Process* ProcessTable::create(Runtime& runtime, uint32_t state) {
  if (count_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  auto* process = new Process(runtime, Term::none());
  process->state_.store(state, std::memory_order_relaxed);
  for (;;) {   // there is a free slot: the count says so
    uint32_t number = next_.fetch_add(1, std::memory_order_relaxed) & kNumberMask;
    std::atomic<Process*>& slot = slots_[number & mask_];
    if (slot.load(std::memory_order_relaxed)) continue;
    process->pid_ = Term::local_pid(number);
    Process* expected = nullptr;
    if (slot.compare_exchange_strong(expected, process, std::memory_order_release, std::memory_order_relaxed)) return process;
  }
}

void ProcessTable::remove(Process& process) {
  slots_[process.pid_.pid_number() & mask_].store(nullptr, std::memory_order_release);
  count_.fetch_sub(1, std::memory_order_relaxed);
  process.runtime().epochs->retire(&process, [](void* block) { delete static_cast<Process*>(block); });
}

std::vector<Term> ProcessTable::all() const {
  std::vector<Term> pids;
  pids.reserve(count());
  uint32_t next = next_.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < limit_; ++i) {
    Process* process = slots_[i].load(std::memory_order_acquire);
    // OTP: one that has told its links and monitors is gone.
    if (process && (process->state_.load(std::memory_order_acquire) & kExiting) == 0) pids.push_back(process->pid_);
  }
  // Numbers wrap around: the oldest is the one furthest behind the next.
  std::sort(pids.begin(), pids.end(), [next](Term a, Term b) {
    return ((a.pid_number() - next) & kNumberMask) < ((b.pid_number() - next) & kNumberMask);
  });
  return pids;
}

}  // namespace athanor::process
