// SPDX-License-Identifier: Apache-2.0
#include "term/large_memory.hpp"

#include <bit>
#include <cstdlib>

#include "base/block_cache.hpp"
#include "base/kept_memory.hpp"

namespace athanor::large_memory {

namespace {

using Store = base::KeptMemory<kMostKept, kMostBytes>;
constinit thread_local Store of_thread{};

void free_piece(Store::Piece piece) { std::free(piece.place); }

}  // namespace

size_t rounded(size_t bytes) {
  if (bytes < kFrom) return base::block_bytes(bytes);
  const size_t grain = size_t{1} << (std::bit_width(bytes) - 4);
  return (bytes + grain - 1) & ~(grain - 1);
}

void* take(size_t bytes) {
  if (bytes < kFrom) return base::take_block(bytes);
  const size_t whole = rounded(bytes);
  Store& store = of_thread;
  for (size_t i = store.count; i-- > 0;) {   // the latest may still be in the processor's cache
    if (store.pieces[i].bytes == whole) return store.remove(i).place;
  }
  return std::malloc(whole);
}

void* resize(void* memory, size_t bytes) { return std::realloc(memory, rounded(bytes)); }

void give(void* memory, size_t bytes) {
  if (bytes < kFrom) return base::give_block(memory, bytes);
  const size_t whole = rounded(bytes);
  Store& store = of_thread;
  if (ATH_CACHE_BLOCKS && store.is_open && Store::may_keep(whole)) store.add(memory, whole, free_piece);
  else std::free(memory);
}

void open_store() { of_thread.is_open = true; }

void drop_store() { of_thread.drop(free_piece); }

void close_store() {
  drop_store();
  of_thread.is_open = false;
}

size_t kept_bytes() { return of_thread.bytes; }

}  // namespace athanor::large_memory
