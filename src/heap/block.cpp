// SPDX-License-Identifier: Apache-2.0
#include "heap/block.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <new>
#include <utility>

#include "base/assert.hpp"
#include "base/kept_memory.hpp"
#include "os/virtual_memory.hpp"

namespace athanor::heap {

namespace {

constexpr size_t kMostKept = 8;                            // blocks of a thread
constexpr size_t kMostKeptBytes = size_t{32} << 20;        // together
constexpr size_t kMostWords = size_t{1} << 44;             // an address has no more bits
constexpr size_t kLargePagesFrom = size_t{4} << 20;        // bytes of a block that is worth large pages

using Store = base::KeptMemory<kMostKept, kMostKeptBytes>;
constinit thread_local Store of_thread{};

// Blocks of the sizes that processes come by first, a few of each: too large for what malloc keeps for a thread, and taken and given up again and again.
// They stay while a scheduler sleeps: all of them are less than what a thread's arena keeps.
constexpr size_t kShelfWords[] = {233, 376, 610};
constexpr uint32_t kMostOnShelf = 16;

struct Shelf {
  struct Free {
    Free* next;
  };
  Free* first;
  uint32_t count;
};
constinit thread_local Shelf shelves[std::size(kShelfWords)]{};

Shelf* shelf_of(size_t words) {
  if (!ATH_CACHE_BLOCKS || words < kShelfWords[0] || words > kShelfWords[std::size(kShelfWords) - 1]) return nullptr;
  for (size_t i = 0; i < std::size(kShelfWords); ++i) {
    if (words == kShelfWords[i]) return &shelves[i];
  }
  return nullptr;
}

void* take_small(size_t words) {
  if (Shelf* shelf = shelf_of(words); shelf != nullptr && shelf->first != nullptr) {
    Shelf::Free* const block = shelf->first;
    shelf->first = block->next;
    --shelf->count;
    return block;
  }
  return std::malloc(words * sizeof(Term));
}

void give_small(Term* block, size_t words) {
  Shelf* const shelf = of_thread.is_open && block != nullptr ? shelf_of(words) : nullptr;
  if (shelf == nullptr || shelf->count == kMostOnShelf) {
    std::free(block);
    return;
  }
  shelf->first = new (block) Shelf::Free{shelf->first};
  ++shelf->count;
}

void unmap(Store::Piece piece) { os::unmap_memory(piece.place, piece.bytes); }

size_t bytes_of(size_t words) { return os::page_bytes(words * sizeof(Term)); }

// Of this size: the smallest that is larger, cut, if it is not much larger; else the largest that is not much smaller, to which pages are added. Null: none.
void* take_kept(Store& store, size_t bytes) {
  size_t found = store.count;
  for (size_t i = 0; i < store.count; ++i) {
    const size_t here = store.pieces[i].bytes;
    if (here < bytes / 2 || here > 2 * bytes) continue;
    if (found == store.count) {
      found = i;
      continue;
    }
    const size_t best = store.pieces[found].bytes;
    const bool better = best >= bytes ? here >= bytes && here < best : here > best;
    if (better) found = i;
  }
  if (found == store.count) return nullptr;
  const Store::Piece block = store.remove(found);
  if (block.bytes > bytes) os::unmap_memory(static_cast<char*>(block.place) + bytes, block.bytes - bytes);
  if (block.bytes >= bytes) return block.place;
  void* longer = os::remap_memory(block.place, block.bytes, bytes);
  if (longer == nullptr) os::unmap_memory(block.place, block.bytes);
  return longer;
}

}  // namespace

Term* take_block(size_t words) {
  Term* block = take_block_or_null(words);
  if (ATH_UNLIKELY(block == nullptr)) {
    std::fprintf(stderr, "athanor: cannot allocate %zu words for a heap\n", words);
    std::abort();
  }
  return block;
}

Term* take_block_or_null(size_t words) {
  if (words > kMostWords) return nullptr;
  if (words < kMappedWords) return static_cast<Term*>(take_small(words));
  const size_t bytes = bytes_of(words);
  void* block = take_kept(of_thread, bytes);
  if (block == nullptr) block = os::map_memory(bytes);
  if (block == nullptr) return nullptr;
  if (bytes >= kLargePagesFrom) os::prefer_large_pages(block, bytes);
  return static_cast<Term*>(block);
}

void give_block(Term* block, size_t words) {
  if (words < kMappedWords) {
    give_small(block, words);
    return;
  }
  const size_t bytes = bytes_of(words);
  Store& store = of_thread;
  if (store.is_open && Store::may_keep(bytes)) store.add(block, bytes, unmap);
  else os::unmap_memory(block, bytes);
}

size_t trim_block(Term* block, size_t words, size_t wanted) {
  if (words < kMappedWords || wanted >= words) return wanted;
  wanted = std::max(wanted, kMappedWords);
  const size_t bytes = bytes_of(words), wanted_bytes = bytes_of(wanted);
  if (wanted_bytes < bytes) os::unmap_memory(reinterpret_cast<char*>(block) + wanted_bytes, bytes - wanted_bytes);
  return wanted;
}

void BlockStore::open() { of_thread.is_open = true; }

void BlockStore::drop() { of_thread.drop(unmap); }

void BlockStore::close() {
  drop();
  for (Shelf& shelf : shelves) {
    for (Shelf::Free* block = std::exchange(shelf.first, nullptr); block != nullptr;) std::free(std::exchange(block, block->next));
    shelf.count = 0;
  }
  of_thread.is_open = false;
}

size_t BlockStore::kept_bytes() { return of_thread.bytes; }

}  // namespace athanor::heap
