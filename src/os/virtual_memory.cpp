// SPDX-License-Identifier: Apache-2.0
#include "os/virtual_memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>

namespace athanor::os {

namespace {
constinit std::atomic<int64_t> all_mapped_bytes{0};
void count_mapped(size_t more, size_t less) {
  all_mapped_bytes.fetch_add(static_cast<int64_t>(more) - static_cast<int64_t>(less), std::memory_order_relaxed);
}
}  // namespace

void* reserve_addresses(size_t& bytes) {
  for (; bytes >= (size_t{1} << 24); bytes /= 2) {
    void* place = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place != MAP_FAILED) {
      ::madvise(place, bytes, MADV_DONTDUMP);
      return place;
    }
  }
  bytes = 0;
  return nullptr;
}

bool commit_memory(void* place, size_t bytes) {
  return ::mprotect(place, bytes, PROT_READ | PROT_WRITE) == 0 && ::madvise(place, bytes, MADV_DODUMP) == 0;
}

void discard_memory(void* place, size_t bytes) { ::madvise(place, bytes, MADV_DONTNEED); }

void release_addresses(void* place, size_t bytes) { ::munmap(place, bytes); }

void* map_memory(size_t bytes) {
  void* place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return nullptr;
  count_mapped(bytes, 0);
  return place;
}

void* remap_memory(void* place, size_t bytes, size_t new_bytes) {
#ifdef MREMAP_MAYMOVE
  void* moved = ::mremap(place, bytes, new_bytes, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) return nullptr;
  count_mapped(new_bytes, bytes);
  return moved;
#else
  return nullptr;
#endif
}

void unmap_memory(void* place, size_t bytes) {
  ::munmap(place, bytes);
  count_mapped(0, bytes);
}

int64_t mapped_bytes() { return all_mapped_bytes.load(std::memory_order_relaxed); }

void prefer_large_pages(void* place, size_t bytes) {
#ifdef MADV_HUGEPAGE
  ::madvise(place, bytes, MADV_HUGEPAGE);
#endif
}

size_t malloced_bytes(void* block) { return ::malloc_usable_size(block); }

}  // namespace athanor::os
