// SPDX-License-Identifier: Apache-2.0
// Epochs. What is retired in epoch e may be freed when every thread inside has seen an epoch above e: such a thread looked at
// the epoch after the object was unlinked, so it cannot have found it since.
#include "base/epoch.hpp"

#include <utility>

namespace athanor::base {

Epochs::Epochs() = default;

Epochs::~Epochs() {
  for (const Retired& retired : retired_) retired.destroy(retired.object);
  for (Participant* participant : participants_) delete participant;
}

Epochs::Participant* Epochs::join() {
  std::lock_guard lock(mutex_);
  for (Participant* participant : participants_) {
    if (!participant->in_use) {
      participant->in_use = true;
      participant->seen.store(0, std::memory_order_relaxed);
      return participant;
    }
  }
  participants_.push_back(new Participant);
  participants_.back()->in_use = true;
  return participants_.back();
}

void Epochs::leave(Participant* participant) {
  std::lock_guard lock(mutex_);
  participant->seen.store(0, std::memory_order_release);
  participant->in_use = false;
}

void Epochs::enter(Participant* p) {
  p->seen.store(epoch_.load(std::memory_order_acquire), std::memory_order_release);
  // Either a retiring thread's increment comes after this one and sees `seen`, or before it and we see what it unlinked.
  epoch_.fetch_add(0, std::memory_order_acq_rel);
}

void Epochs::exit(Participant* p) { p->seen.store(0, std::memory_order_release); }

void Epochs::quiescent(Participant* p) {
  uint64_t now = epoch_.load(std::memory_order_acquire);
  if (p->seen.load(std::memory_order_relaxed) != now) p->seen.store(now, std::memory_order_release);
}

void Epochs::retire(void* object, void (*destroy)(void*)) {
  uint64_t epoch = epoch_.fetch_add(1, std::memory_order_acq_rel);
  std::lock_guard lock(mutex_);
  retired_.push_back({object, destroy, epoch});
}

void Epochs::collect() {
  std::vector<Retired> safe;
  {
    std::lock_guard lock(mutex_);
    if (retired_.empty()) return;
    uint64_t oldest = epoch_.fetch_add(0, std::memory_order_acq_rel);
    for (const Participant* participant : participants_) {
      uint64_t seen = participant->seen.load(std::memory_order_acquire);
      if (seen != 0 && seen < oldest) oldest = seen;
    }
    size_t kept = 0;
    for (const Retired& retired : retired_) {
      if (retired.epoch < oldest) safe.push_back(retired);
      else retired_[kept++] = retired;
    }
    retired_.resize(kept);
  }
  for (const Retired& retired : safe) retired.destroy(retired.object);   // may retire more: not under the lock
}

}  // namespace athanor::base
