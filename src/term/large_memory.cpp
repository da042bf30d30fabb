// SPDX-License-Identifier: Apache-2.0
#include "term/large_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/block_cache.hpp"

namespace athanor::large_memory {

namespace {

struct Kept {
  void* place;
  size_t bytes;
};
struct Store {
  Kept kept[kMostKept];   // the oldest first
  size_t count;
  size_t bytes;
  bool is_open;

  void* remove(size_t index) {
    const Kept found = kept[index];
    std::copy(kept + index + 1, kept + count, kept + index);
    --count;
    bytes -= found.bytes;
    return found.place;
  }
};
constinit thread_local Store of_thread{};

}  // namespace

size_t rounded(size_t bytes) {
  if (bytes < kFrom) return bytes;
  const size_t grain = size_t{1} << (std::bit_width(bytes) - 4);
  return (bytes + grain - 1) & ~(grain - 1);
}

void* take(size_t bytes) {
  const size_t whole = rounded(bytes);
  if (whole >= kFrom) {
    Store& store = of_thread;
    for (size_t i = store.count; i-- > 0;) {   // the latest may still be in the processor's cache
      if (store.kept[i].bytes == whole) return store.remove(i);
    }
  }
  return std::malloc(whole);
}

void* resize(void* memory, size_t bytes) { return std::realloc(memory, rounded(bytes)); }

void give(void* memory, size_t bytes) {
  const size_t whole = rounded(bytes);
  Store& store = of_thread;
  if (!ATH_CACHE_BLOCKS || !store.is_open || whole < kFrom || whole > kMostBytes) {
    std::free(memory);
    return;
  }
  while (store.count == kMostKept || store.bytes + whole > kMostBytes) std::free(store.remove(0));
  store.kept[store.count++] = {memory, whole};
  store.bytes += whole;
}

void open_store() { of_thread.is_open = true; }

void drop_store() {
  Store& store = of_thread;
  for (size_t i = 0; i < store.count; ++i) std::free(store.kept[i].place);
  store.count = store.bytes = 0;
}

void close_store() {
  drop_store();
  of_thread.is_open = false;
}

size_t kept_bytes() { return of_thread.bytes; }

}  // namespace athanor::large_memory
