// SPDX-License-Identifier: Apache-2.0
// The process dictionary: pairs in one array, which is its roots, and an index by hash once there are more than a few.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/collector/collector.hpp"
#include "term/allocator.hpp"
#include "term/term.hpp"

namespace athanor::process {

class Process;

class Dictionary {
 public:
  Term get(Term key) const;                 // none() where it is missing
  Term put(Term key, Term value);           // the old value or none()
  Term erase(Term key);                     // likewise
  void clear();
  size_t count() const { return pairs_.size() / 2; }
  Term key(size_t index) const { return pairs_[2 * index]; }
  Term value(size_t index) const { return pairs_[2 * index + 1]; }
  void visit_roots(heap::RootVisitor& visitor) { visitor.visit(pairs_.data(), pairs_.size()); }

 private:
  static constexpr size_t kSmall = 8;
  static constexpr size_t kMissing = SIZE_MAX;
  size_t find(Term key) const;
  void rebuild();
  void index_insert(uint64_t hash, uint32_t pair);
  std::vector<Term> pairs_;        // key, value, key, value …
  std::vector<uint64_t> hashes_;   // a pair each; kept while there is an index
  std::vector<uint32_t> index_;    // open addressing: pair + 1, 0 free; empty: no index
};

// The dictionary of a process, made when first needed. none() where a key is missing.
Term dictionary_get(Process& self, Term key);
Term dictionary_put(Process& self, Term key, Term value);
Term dictionary_erase(Process& self, Term key);
void dictionary_clear(Process& self);
Term dictionary_all(Process& self, Allocator& to);                 // [{Key, Value}]; terms are shared, not copied
Term dictionary_keys(Process& self, Allocator& to, Term value);    // keys with this value, or all where it is none()

}  // namespace athanor::process
