// SPDX-License-Identifier: Apache-2.0
// A process's heap and stack in one block, its old generation, its fragments.
//
//   start            top_      limit_ == stack_top            end
//   | terms ........ | free .. | y registers, return addresses |
//
// The stack grows down. A frame is: y0 y1 … y(n-1), then the return address pushed by the caller (see engine/frame.hpp).
// Words on the stack are terms, catch marks, or addresses (two low bits 00, skipped by the collector).
#pragma once

#include <cstdint>

#include "heap/fragment.hpp"
#include "term/allocator.hpp"

namespace athanor::heap {

class Heap : public Allocator {
 public:
  Heap() = default;
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  void create_block(size_t words);   // first block, empty stack
  void release();                    // gives everything up (exit)
  Term* top() const { return top_; }
  void set_top(Term* top) { top_ = top; }
  Term* stack_top() const { return limit_; }
  void set_stack_top(Term* stack_top) { limit_ = stack_top; }
  Term* start() const { return start_; }
  Term* end() const { return end_; }
  size_t free_words() const { return static_cast<size_t>(limit_ - top_); }
  size_t block_words() const { return static_cast<size_t>(end_ - start_); }

  // Off-heap bytes reached from terms made since the last collection and from survivors of one.
  uint64_t off_heap_bytes() const { return off_heap_.bytes; }
  // All words held: block, old generation, fragments.
  size_t total_words() const { return block_words() + static_cast<size_t>(old_end_ - old_start_) + fragment_words_; }

  // Takes over the terms of a fragment chain (a received message); no walk. Counts towards the next collection.
  void adopt(Fragment* fragments);

  // Generations; the collector's.
  Term* start_ = nullptr;
  Term* end_ = nullptr;
  Term* high_water_ = nullptr;   // [start_, high_water_) survived one collection: promoted by the next
  Term* old_start_ = nullptr;
  Term* old_top_ = nullptr;
  Term* old_end_ = nullptr;
  Fragment* fragments_ = nullptr;
  uint32_t fragment_words_ = 0;
  uint32_t minor_collections_ = 0;   // since the last full one
  uint32_t min_words_ = 0;           // min_heap_size
  bool grow_next_ = false;           // the last collection left it more than three quarters full
  bool promote_next_ = false;        // most of what was young survived the last collection, and it was much: what survives the next is promoted at once
  uint64_t binary_limit_ = kMinBinaryBytes;   // off-heap bytes that ask for a collection
  static constexpr uint64_t kMinBinaryBytes = 46422 * 8;   // OTP: min_bin_vheap_size
  uint64_t old_binary_limit_ = 2 * kMinBinaryBytes;   // those of the old generation that ask for a full one; set by each full one
  OffHeapList old_off_heap_;         // boxes that live in the old generation

 protected:
  Term* grow(size_t words) override;  // a new fragment
};

}  // namespace athanor::heap
