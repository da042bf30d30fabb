// SPDX-License-Identifier: Apache-2.0
// Persistent terms of one machine: literals, read without a lock and without copying.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "process/runtime.hpp"

namespace athanor::ets {

class PersistentTerms {
 public:
  explicit PersistentTerms(process::Runtime& runtime);
  ~PersistentTerms();

  // --- readers, in an epoch ---
  Term find(Term key) const;                     // the value, or none()
  std::vector<Term> pairs() const;               // {Key, Value}, in order of creation
  size_t memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }
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
  // Replaced and erased terms: heaps may refer to them still. Freed with the machine.
  std::vector<std::unique_ptr<Entry>> retired_;
};

}  // namespace athanor::ets
