// SPDX-License-Identifier: Apache-2.0
// Blocks with a message's life: taken by whoever sends, given back by whoever received. Each thread keeps some of those that
// were given to it, by size, and takes them again, which costs a tenth of malloc and free; the rest goes to malloc.
// Heaps, binaries and fragments of middling size come from here, too: malloc has no quick way for them, and with each it tidies up what libraries
// beside us (OpenSSL) have freed.
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
constexpr size_t kSizes = 8;              // of small ones: up to kSizes * kStep bytes
constexpr unsigned kKept = 64;           // at most, of each size and thread

constexpr size_t kMost = size_t{1} << 16;          // bytes; what is larger is not kept here
constexpr size_t kMiddlingSizes = 64;              // eight from one power of two to the next
constexpr unsigned kMiddlingKept = 16;             // at most, of each size and thread
constexpr size_t kMiddlingBytes = size_t{1} << 20; // of all of them, at most, by a thread

struct Free {
  Free* next;
};
struct Shelf {
  Free* first;
  unsigned count;
};
struct Cache {
  Shelf shelves[kSizes];
  Shelf middling[kMiddlingSizes];
  size_t middling_bytes;
  bool is_open;                           // the thread's end gives back what is kept
};
extern constinit thread_local Cache of_thread;

void* take_slowly(size_t bytes);
void give_slowly(void* block, size_t bytes);

}  // namespace block_cache

// The bytes that a block of `bytes` has: an eighth more at most where it is not small. All blocks are malloc's.
size_t block_bytes(size_t bytes);

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
