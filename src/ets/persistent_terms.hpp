// SPDX-License-Identifier: Apache-2.0
// Persistent terms of one machine: literals, read without a lock and without copying.
#pragma once

#include <atomic>
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
  size_t count() const;

  // --- writers ---
  void put(Term key, Term value);
  bool erase(Term key);
  void erase_all();

 private:
  struct Entry;
  struct Snapshot;
  const Entry* entry(const Snapshot& snapshot, Term key) const;
  void publish(std::vector<Entry*> entries);
  void retire(Entry* entry);

  process::Runtime& runtime_;
  std::atomic<Snapshot*> current_;
  std::atomic<size_t> bytes_{0};
  std::mutex writers_;
};

}  // namespace athanor::ets
