// SPDX-License-Identifier: Apache-2.0
// Off-heap binaries: plain memory with a header, freed at the last release.
#include "term/off_heap_binary.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "term/large_memory.hpp"

namespace athanor {

// The bytes follow the size word (the NIF headers rely on it).
static_assert(offsetof(OffHeapBinary, size) + sizeof(size_t) == sizeof(OffHeapBinary));

namespace {

[[noreturn]] void out_of_memory(size_t bytes) {
  std::fprintf(stderr, "athanor: cannot allocate %zu bytes for a binary\n", bytes);
  std::abort();
}

constexpr size_t kMost = size_t{1} << 47;   // an address has no more bits

}  // namespace

std::atomic<int64_t>& OffHeapBinary::live_bytes() {
  static std::atomic<int64_t> bytes{0};
  return bytes;
}

OffHeapBinary* OffHeapBinary::create_or_null(size_t bytes) {
  void* memory = bytes < kMost ? large_memory::take(sizeof(OffHeapBinary) + bytes) : nullptr;
  if (memory == nullptr) return nullptr;
  auto* binary = new (memory) OffHeapBinary;
  binary->capacity = bytes;
  binary->size = bytes;
  live_bytes().fetch_add(static_cast<int64_t>(bytes), std::memory_order_relaxed);
  return binary;
}

OffHeapBinary* OffHeapBinary::create(size_t bytes) {
  OffHeapBinary* binary = create_or_null(bytes);
  if (binary == nullptr) out_of_memory(bytes);
  return binary;
}

OffHeapBinary* OffHeapBinary::reallocate_or_null(OffHeapBinary* binary, size_t bytes) {
  ATH_ASSERT(binary->references.load(std::memory_order_relaxed) == 1 && binary->destructor == nullptr);
  int64_t grown = static_cast<int64_t>(bytes) - static_cast<int64_t>(binary->capacity);
  void* memory = bytes < kMost ? large_memory::resize(binary, sizeof(OffHeapBinary) + bytes) : nullptr;
  if (memory == nullptr) return nullptr;
  auto* moved = static_cast<OffHeapBinary*>(memory);
  moved->capacity = bytes;
  if (moved->size > bytes) moved->size = bytes;
  live_bytes().fetch_add(grown, std::memory_order_relaxed);
  return moved;
}

OffHeapBinary* OffHeapBinary::reallocate(OffHeapBinary* binary, size_t bytes) {
  OffHeapBinary* moved = reallocate_or_null(binary, bytes);
  if (moved == nullptr) out_of_memory(bytes);
  return moved;
}

void OffHeapBinary::release() {
  if (references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  live_bytes().fetch_sub(static_cast<int64_t>(capacity), std::memory_order_relaxed);
  if (destructor != nullptr) {
    destructor(this);
    return;
  }
  const size_t bytes = sizeof(OffHeapBinary) + capacity;
  this->~OffHeapBinary();
  large_memory::give(this, bytes);
}

}  // namespace athanor
