// SPDX-License-Identifier: Apache-2.0
// Persistent terms of one machine: literals, read without a lock and without copying.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "process/runtime.hpp"

namespace athanor::ets {

class PersistentTerms {
 public:
  explicit PersistentTerms(process::Runtime& runtime);
  ~PersistentTerms();

  // --- readers, in an epoch ---
  Term find(Term key) const;                     // the value, or none()
  std::vector<std::pair<Term, Term>> pairs() const;   // key and value, in order of creation
  size_t slots() const;                          // of the table
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed) + slots() * sizeof(void*); }
  size_t count() const { return count_.load(std::memory_order_relaxed); }

  // --- writers ---
  void put(Term key, Term value);
  bool erase(Term key);
  void erase_all();

 private:
  struct Entry;
  struct Index;
  static size_t slot_of(const Index& index, Term key, uint64_t hash);   // where it is, or where it may be put
  Entry* entry(Term key) const;
  void rebuild(size_t slots);
  void retire(Entry* entry);

  process::Runtime& runtime_;
  std::atomic<Index*> current_;
  std::atomic<size_t> bytes_{0}, count_{0};
  size_t used_ = 0;             // slots of entries, and of entries that were erased; a writer's
  uint64_t next_sequence_ = 0;  // a writer's
  std::mutex writers_;
};

}  // namespace athanor::ets
