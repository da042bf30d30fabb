// SPDX-License-Identifier: Apache-2.0
// The memory of blocks and old generations. Small ones are malloc's; middling ones a thread keeps (base/block_cache.hpp). Large ones are mappings of their own: what a collection leaves goes back to the system,
// whatever lives beside it. The next collection mostly wants a block of that size again, and pages that the system has to clear are dear: so a scheduler
// keeps some of what its processes gave up, until it goes to sleep.
//
// A block is given back with the words it was taken with, or was trimmed to.
#pragma once

#include <cstddef>

#include "base/block_cache.hpp"
#include "term/term.hpp"

namespace athanor::heap {

// From so many words on a block is mapped. Under the sanitizers and stress each is malloc's, so that all its uses are watched.
#if ATH_CACHE_BLOCKS
constexpr size_t kMappedWords = size_t{1} << 15;
#else
constexpr size_t kMappedWords = ~size_t{0};
#endif

// What its first collection gives a process, if no more is needed.
constexpr size_t kWorkingBlockWords = 233;

Term* take_block(size_t words);   // never null: out of memory ends the program
Term* take_block_or_null(size_t words);
void give_block(Term* block, size_t words);   // null is no block
// Gives the end back: `wanted` words of `words` are still needed. So many the block has now (a mapped one stays mapped).
size_t trim_block(Term* block, size_t words, size_t wanted);

// Of the calling thread. One that never opened a store keeps nothing.
struct BlockStore {
  static void open();
  static void drop();    // what is kept goes back to the system
  static void close();
  static size_t kept_bytes();
};

}  // namespace athanor::heap
