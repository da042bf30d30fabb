// SPDX-License-Identifier: Apache-2.0
#include "base/block_cache.hpp"

#include <bit>

namespace athanor::base::block_cache {

constinit thread_local Cache of_thread{};

namespace {

// Made with the first block that a thread keeps; its end frees all of them. What is given back after it (by objects of the thread
// that end later) is freed at once.
struct AtThreadEnd {
  AtThreadEnd() { of_thread.is_open = true; }
  ~AtThreadEnd() {
    of_thread.is_open = false;
    for (Shelf& shelf : of_thread.shelves) clear(shelf);
    for (Shelf& shelf : of_thread.middling) clear(shelf);
    of_thread.middling_bytes = 0;
  }
  static void clear(Shelf& shelf) {
    while (shelf.first != nullptr) {
      Free* next = shelf.first->next;
      std::free(shelf.first);
      shelf.first = next;
    }
    shelf.count = 0;
  }
};

void put(Shelf& shelf, void* block) {
  auto* free = static_cast<Free*>(block);
  free->next = shelf.first;
  shelf.first = free;
  ++shelf.count;
}

// Between two powers of two lie eight sizes.
struct Middling {
  static constexpr unsigned kFirstWidth = std::bit_width(kSizes * kStep);
  static_assert((std::bit_width(kMost - 1) + 1 - kFirstWidth) * 8 == kMiddlingSizes);

  explicit Middling(size_t bytes) {
    const unsigned width = std::bit_width(bytes - 1);             // bytes are in (2^(width - 1), 2^width]
    const unsigned grain_width = width - 4;                       // an eighth of the lower one
    const size_t floor = size_t{1} << (width - 1), step = (bytes - 1 - floor) >> grain_width;
    index = (width - kFirstWidth) * 8 + step;
    size = floor + ((step + 1) << grain_width);
  }
  size_t index, size;
};
bool is_middling(size_t bytes) { return bytes > kSizes * kStep && bytes <= kMost; }

}  // namespace

// Blocks are as large as their shelf says, whoever takes them next.
void* take_slowly(size_t bytes) {
  if (!is_middling(bytes)) return std::malloc(block_bytes(bytes));
  const Middling middling(bytes);
  Shelf& shelf = of_thread.middling[middling.index];
  Free* block = shelf.first;
  if (block == nullptr) return std::malloc(middling.size);
  shelf.first = block->next;
  --shelf.count;
  of_thread.middling_bytes -= middling.size;
  return block;
}

void give_slowly(void* block, size_t bytes) {
  static thread_local AtThreadEnd at_thread_end;
  const size_t size = (bytes - 1) / kStep;
  if (size < kSizes && of_thread.is_open && of_thread.shelves[size].count < kKept) return put(of_thread.shelves[size], block);
  if (is_middling(bytes) && of_thread.is_open) {
    const Middling middling(bytes);
    Shelf& shelf = of_thread.middling[middling.index];
    if (shelf.count < kMiddlingKept && of_thread.middling_bytes + middling.size <= kMiddlingBytes) {
      of_thread.middling_bytes += middling.size;
      return put(shelf, block);
    }
  }
  std::free(block);
}

}  // namespace athanor::base::block_cache

namespace athanor::base {

size_t block_bytes(size_t bytes) {
  using namespace block_cache;
  if (!ATH_CACHE_BLOCKS || bytes == 0 || bytes > kMost) return bytes;
  const size_t size = (bytes - 1) / kStep;
  return size < kSizes ? (size + 1) * kStep : Middling(bytes).size;
}

}  // namespace athanor::base
