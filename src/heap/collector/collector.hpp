// SPDX-License-Identifier: Apache-2.0
// The collector: generational, copying, per process. Cheney's scan; no recursion.
#pragma once

#include "heap/heap.hpp"

namespace athanor::heap {

class LiteralSpace;

// Hands every root slot to the collector. Declared here, implemented by process/ (joined without an arrow upwards).
class RootVisitor {
 public:
  virtual void visit(Term* slots, size_t count) = 0;  // terms; updated in place
 protected:
  ~RootVisitor() = default;
};
class RootSource {
 public:
  virtual void visit_roots(RootVisitor& visitor) = 0;
  // Before sizes are taken: may adopt fragments whose terms are about to become part of the heap.
  virtual void before_collection() {}
 protected:
  ~RootSource() = default;
};

struct CollectRequest {
  size_t words_needed = 0;          // free words that must be there afterwards, reserve apart
  bool full = false;                // also the old generation
  uint32_t fullsweep_after = 65535;
  uint64_t min_binary_bytes = Heap::kMinBinaryBytes;
  const LiteralSpace* literals = nullptr;
  // Terms in this area are copied into the heap (purge of a module's literals); null: none.
  const class LiteralArea* evacuate = nullptr;
  size_t max_words = 0;             // max_heap_size; 0: none
  size_t queued_words = 0;          // of messages not yet received: they count towards max_words
  // Survivors from so many words on are worth an old generation of their own after a full collection, and being promoted together. 0: kLargeWords.
  size_t large_words = 0;
};
struct CollectResult {
  bool out_of_memory = false;       // nothing has been collected: there is no block for what may survive
  bool exceeded_max = false;
  uint64_t words_reclaimed = 0;
  uint64_t reductions = 0;          // what the collection costs the process
};
// Whether collect() with this request will collect the old generation, too.
bool is_full_due(const Heap& heap, const CollectRequest& request);

// Stack and `roots` are the roots. Promotes, grows or shrinks the block; merges fragments; sweeps off-heap lists.
// With the preset `stress` old blocks are poisoned before release.
CollectResult collect(Heap& heap, RootSource& roots, const CollectRequest& request);

// Shrinks to the smallest block that holds the live terms (hibernate, idle). Stack must be empty or small.
CollectResult compact(Heap& heap, RootSource& roots, const LiteralSpace* literals);

// Fragments or off-heap binaries have piled up: ask for a collection at the next safepoint, though there may be room.
inline bool wants_collection(const Heap& heap) {
#ifdef ATH_STRESS
  return heap.fragments_ != nullptr;
#else
  return heap.fragment_words_ > heap.block_words() / 2 + 128 || heap.off_heap_bytes() > heap.binary_limit_;
#endif
}

size_t next_heap_size(size_t words);   // smallest size of the growth sequence that holds `words`

}  // namespace athanor::heap
