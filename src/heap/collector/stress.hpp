// SPDX-License-Identifier: Apache-2.0
// The preset `stress` collects at safepoints although there is room, so that a term kept over one does not go unseen. Other presets never do.
//
// At every safepoint, as long as a collection is cheap. What it looks at and copies can be large (a deep stack, a large young generation): then at one in so
// many that a safepoint costs no more than kStressWords on the average. Else programs that recurse deeply would take time by the square.
#pragma once

#include "heap/heap.hpp"

namespace athanor::heap {

#ifdef ATH_STRESS

constexpr size_t kStressWords = 1024;

// heap_top and stack_top: where the engine has them in registers. `draw` is the state of the chance by which one in many is taken: with every n-th, some
// safepoints of a loop would never be the one. The same from run to run.
inline bool stress_collects(uint64_t& draw, const Heap& heap, const Term* heap_top, const Term* stack_top) {
  const size_t young = static_cast<size_t>(heap_top - heap.start_) + heap.fragment_words_;
  const size_t stack = static_cast<size_t>(heap.end_ - stack_top);
  const size_t one_in = 1 + (young + stack + heap.block_words() / 16) / kStressWords;
  if (one_in == 1) return true;
  draw = draw * 6364136223846793005u + 1442695040888963407u;
  return (draw >> 33) % one_in == 0;
}

#else

constexpr bool stress_collects(uint64_t&, const Heap&, const Term*, const Term*) { return false; }

#endif

}  // namespace athanor::heap
