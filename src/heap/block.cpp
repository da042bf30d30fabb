// SPDX-License-Identifier: Apache-2.0
#include "heap/block.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

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

// What is smaller a process keeps long, and malloc is quick with it; from here on each thread keeps some (base/block_cache.hpp).
constexpr size_t kCachedWords = kWorkingBlockWords;
bool is_cached(size_t words) { return words >= kCachedWords && words < kMappedWords; }

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
  if (is_cached(words)) return static_cast<Term*>(base::take_block(words * sizeof(Term)));
  if (words < kMappedWords) return static_cast<Term*>(std::malloc(words * sizeof(Term)));
  const size_t bytes = bytes_of(words);
  void* block = take_kept(of_thread, bytes);
  if (block == nullptr) block = os::map_memory(bytes);
  if (block == nullptr) return nullptr;
  if (bytes >= kLargePagesFrom) os::prefer_large_pages(block, bytes);
  return static_cast<Term*>(block);
}

void give_block(Term* block, size_t words) {
  if (words < kMappedWords) {
    const size_t bytes = words * sizeof(Term);
    // One that was cut is larger than it says: kept, it would be taken for something small, and such would pile up.
    if (block != nullptr && is_cached(words) && os::malloced_bytes(block) <= base::block_bytes(bytes) + bytes / 4) base::give_block(block, bytes);
    else std::free(block);
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
  of_thread.is_open = false;
}

size_t BlockStore::kept_bytes() { return of_thread.bytes; }

}  // namespace athanor::heap
