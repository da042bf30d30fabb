// SPDX-License-Identifier: Apache-2.0
#include "os/virtual_memory.hpp"

#include <sys/mman.h>

namespace athanor::os {

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

}  // namespace athanor::os
