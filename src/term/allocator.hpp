// SPDX-License-Identifier: Apache-2.0
// Allocator: where terms are built. A process, a message fragment, a literal area and an ETS row each are
// one. Allocating never collects; a full place continues elsewhere (grow). Memory comes uninitialised: write
// every word of it before the next safepoint.
#pragma once

#include "term/off_heap_binary.hpp"
#include "term/term.hpp"

namespace athanor {

class Allocator {
 public:
  // Room for `words` words. Never fails (out of memory ends the program with a clear message).
  Term* allocate(size_t words) {
    if (ATH_LIKELY(static_cast<size_t>(limit_ - top_) >= words + kReserveWords)) {
      Term* place = top_;
      top_ += words;
      return place;
    }
    return grow(words);
  }
  // Gives back the unused end of the latest allocation; `end` is one past its last used word.
  void give_back(Term* allocated, size_t words, size_t used_words);

  OffHeapList& off_heap() { return off_heap_; }

  // Words kept free between heap and stack so that a call may push its return address.
  static constexpr size_t kReserveWords = 8;

 protected:
  virtual Term* grow(size_t words) = 0;
  ~Allocator() = default;

  Term* top_ = nullptr;    // first free word
  Term* limit_ = nullptr;  // one past the last (a process: its stack top)
  OffHeapList off_heap_;
};

inline void Allocator::give_back(Term* allocated, size_t words, size_t used_words) {
  if (allocated + words == top_) { top_ = allocated + used_words; return; }
  // In a fragment: the rest becomes an unreachable filler, so that fragments stay walkable.
  if (words > used_words) allocated[used_words].raw = (static_cast<Word>(words - used_words - 1) << 8) | (1 << 2);  // PositiveBig
}

}  // namespace athanor
