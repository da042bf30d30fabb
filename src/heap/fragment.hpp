// SPDX-License-Identifier: Apache-2.0
// Fragments: pieces of heap outside the block. A message is built in one; a built-in that finds the heap full
// continues in one.
#pragma once

#include "term/allocator.hpp"

namespace athanor::heap {

struct Fragment {
  Fragment* next = nullptr;
  OffHeapList off_heap;      // boxes inside this fragment
  uint32_t capacity = 0;     // words
  uint32_t used = 0;         // words; all of [memory, memory+used) is walkable
  uint32_t taken = 0;        // words of memory that it was created with: capacity may shrink, when nobody shall write behind `used`
  Term* memory() { return reinterpret_cast<Term*>(this + 1); }

  static Fragment* create(size_t words);
  static void destroy_chain(Fragment* first);  // releases off-heap boxes too
};

// Builds terms in a growing chain of fragments: for messages, signals, timers.
class FragmentAllocator : public Allocator {
 public:
  explicit FragmentAllocator(size_t words_hint);
  ~FragmentAllocator();                 // destroys what was not taken
  Fragment* take();                     // the chain (null when empty); the allocator is empty after it

 protected:
  Term* grow(size_t words) override;

 private:
  void seal();                          // notes used words of the current fragment
  Fragment* first_ = nullptr;
};

// For terms that last as long as it does, mostly few: they lie in the caller's frame while they fit.
class ScratchAllocator final : public FragmentAllocator {
 public:
  ScratchAllocator() : FragmentAllocator(0) {
    top_ = reinterpret_cast<Term*>(storage_);
    limit_ = top_ + kWords + kReserveWords;
  }
  ~ScratchAllocator();

 private:
  static constexpr size_t kWords = 64;
  alignas(Term) unsigned char storage_[kWords * sizeof(Term)];
};

}  // namespace athanor::heap
