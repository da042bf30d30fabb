// SPDX-License-Identifier: Apache-2.0
// Small blocks with a message's life: taken by whoever sends, given back by whoever received. Each thread keeps some of those that
// were given to it, by size, and takes them again, which costs a tenth of malloc and free; the rest goes to malloc.
// Under the sanitizers and stress every block is malloc's, so that each of its uses is watched.
#pragma once

#include <cstddef>
#include <cstdlib>

#include "base/assert.hpp"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(ATH_STRESS) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ATH_CACHE_BLOCKS 0
#else
#define ATH_CACHE_BLOCKS 1
#endif

namespace athanor::base {

namespace block_cache {

constexpr size_t kStep = 32;              // bytes between two sizes
constexpr size_t kSizes = 8;              // blocks up to kSizes * kStep bytes are kept
constexpr unsigned kKept = 64;           // at most, of each size and thread

struct Free {
  Free* next;
};
struct Shelf {
  Free* first;
  unsigned count;
};
struct Cache {
  Shelf shelves[kSizes];
  bool is_open;                           // the thread's end gives back what is kept
};
extern constinit thread_local Cache of_thread;

void* take_slowly(size_t bytes);
void give_slowly(void* block, size_t bytes);

}  // namespace block_cache

// A block of at least `bytes`, or null where there is no memory. Any thread.
inline void* take_block(size_t bytes) {
#if ATH_CACHE_BLOCKS
  size_t size = (bytes - 1) / block_cache::kStep;
  if (ATH_LIKELY(size < block_cache::kSizes)) {
    block_cache::Shelf& shelf = block_cache::of_thread.shelves[size];
    if (block_cache::Free* block = shelf.first; ATH_LIKELY(block != nullptr)) {
      shelf.first = block->next;
      --shelf.count;
      return block;
    }
  }
  return block_cache::take_slowly(bytes);
#else
  return std::malloc(bytes);
#endif
}

// `bytes` as they were asked for. Any thread.
inline void give_block(void* block, size_t bytes) {
#if ATH_CACHE_BLOCKS
  size_t size = (bytes - 1) / block_cache::kStep;
  if (ATH_LIKELY(size < block_cache::kSizes)) {
    block_cache::Shelf& shelf = block_cache::of_thread.shelves[size];
    if (ATH_LIKELY(shelf.count != 0 && shelf.count < block_cache::kKept)) {
      auto* free = static_cast<block_cache::Free*>(block);
      free->next = shelf.first;
      shelf.first = free;
      ++shelf.count;
      return;
    }
  }
  block_cache::give_slowly(block, bytes);
#else
  (void)bytes;
  std::free(block);
#endif
}

}  // namespace athanor::base
