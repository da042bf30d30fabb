// SPDX-License-Identifier: Apache-2.0
// A hash table of pointers that only grows: readers take no lock, writers hold the owner's mutex. A table outgrown is retired
// through epochs, since a reader may still be in it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/assert.hpp"
#include "base/epoch.hpp"

namespace athanor::code {

template <class Entry>
class ConcurrentTable {
 public:
  explicit ConcurrentTable(size_t capacity) : slots_(Slots::create(capacity)) {}
  ~ConcurrentTable() { std::free(slots_.load(std::memory_order_relaxed)); }
  ConcurrentTable(const ConcurrentTable&) = delete;
  ConcurrentTable& operator=(const ConcurrentTable&) = delete;

  // Any thread in an epoch. `matches`: is this the entry looked for?
  template <class Matches>
  Entry* find(uint64_t hash, Matches matches) const {
    const Slots* slots = slots_.load(std::memory_order_acquire);
    for (size_t i = hash & slots->mask;; i = (i + 1) & slots->mask) {
      const Slot& slot = slots->begin()[i];
      Entry* entry = slot.entry.load(std::memory_order_acquire);
      if (!entry) return nullptr;
      if (slot.hash == hash && matches(*entry)) return entry;
    }
  }
  // Under the owner's mutex; the entry is not there yet.
  void insert(uint64_t hash, Entry* entry, base::Epochs* epochs) {
    Slots* slots = slots_.load(std::memory_order_relaxed);
    if ((count_ + 1) * 2 > slots->mask + 1) slots = grow(slots, epochs);
    place(slots, hash, entry);
    ++count_;
  }
  size_t count() const { return count_; }
  // Any thread in an epoch; entries in no particular order.
  template <class Visit>
  void each(Visit visit) const {
    const Slots* slots = slots_.load(std::memory_order_acquire);
    for (size_t i = 0; i <= slots->mask; ++i) {
      if (Entry* entry = slots->begin()[i].entry.load(std::memory_order_acquire)) visit(*entry);
    }
  }

 private:
  struct Slot {
    uint64_t hash;                // written before the entry is published
    std::atomic<Entry*> entry;
  };
  struct Slots {
    size_t mask;
    Slot* begin() { return reinterpret_cast<Slot*>(this + 1); }
    const Slot* begin() const { return reinterpret_cast<const Slot*>(this + 1); }
    static Slots* create(size_t capacity) {
      auto* slots = static_cast<Slots*>(std::calloc(1, sizeof(Slots) + capacity * sizeof(Slot)));
      ATH_ASSERT(slots != nullptr);
      slots->mask = capacity - 1;
      return slots;
    }
  };
  static void place(Slots* slots, uint64_t hash, Entry* entry) {
    size_t i = hash & slots->mask;
    while (slots->begin()[i].entry.load(std::memory_order_relaxed)) i = (i + 1) & slots->mask;
    slots->begin()[i].hash = hash;
    slots->begin()[i].entry.store(entry, std::memory_order_release);
  }
  Slots* grow(Slots* slots, base::Epochs* epochs) {
    Slots* larger = Slots::create((slots->mask + 1) * 2);
    for (size_t i = 0; i <= slots->mask; ++i) {
      if (Entry* entry = slots->begin()[i].entry.load(std::memory_order_relaxed)) place(larger, slots->begin()[i].hash, entry);
    }
    slots_.store(larger, std::memory_order_release);
    epochs->retire(slots, [](void* old) { std::free(old); });
    return larger;
  }

  std::atomic<Slots*> slots_;
  size_t count_ = 0;
};

}  // namespace athanor::code
