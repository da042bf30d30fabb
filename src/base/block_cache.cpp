// SPDX-License-Identifier: Apache-2.0
#include "base/block_cache.hpp"

namespace athanor::base::block_cache {

constinit thread_local Cache of_thread{};

namespace {

// Made with the first block that a thread keeps; its end frees all of them. What is given back after it (by objects of the thread
// that end later) is freed at once.
struct AtThreadEnd {
  AtThreadEnd() { of_thread.is_open = true; }
  ~AtThreadEnd() {
    of_thread.is_open = false;
    for (Shelf& shelf : of_thread.shelves) {
      while (shelf.first != nullptr) {
        Free* next = shelf.first->next;
        std::free(shelf.first);
        shelf.first = next;
      }
      shelf.count = 0;
    }
  }
};

}  // namespace

// Blocks are as large as their shelf says, whoever takes them next.
void* take_slowly(size_t bytes) {
  size_t size = (bytes - 1) / kStep;
  return std::malloc(size < kSizes ? (size + 1) * kStep : bytes);
}

void give_slowly(void* block, size_t bytes) {
  static thread_local AtThreadEnd at_thread_end;
  size_t size = (bytes - 1) / kStep;
  if (size >= kSizes || !of_thread.is_open || of_thread.shelves[size].count == kKept) {
    std::free(block);
    return;
  }
  Shelf& shelf = of_thread.shelves[size];
  auto* free = static_cast<Free*>(block);
  free->next = shelf.first;
  shelf.first = free;
  ++shelf.count;
}

}  // namespace athanor::base::block_cache
