// SPDX-License-Identifier: Apache-2.0
// Ranges of addresses that take memory only where they are used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::os {

// A range of at most `bytes` (halved until the system grants it; the granted size is stored back). Null: none at all.
void* reserve_addresses(size_t& bytes);
// Makes a page-aligned part of a reserved range readable and writable. False: out of memory.
bool commit_memory(void* place, size_t bytes);
// Gives the memory of a committed part back; it stays accessible and reads as zeros.
void discard_memory(void* place, size_t bytes);
void release_addresses(void* place, size_t bytes);

// Memory of its own for something large: whole pages, zeros, and back to the system when it is unmapped. `bytes` in whole pages (page_bytes).
void* map_memory(size_t bytes);                                    // null: none
void* remap_memory(void* place, size_t bytes, size_t new_bytes);   // may move it, without copying; null: it stays as it was
void unmap_memory(void* place, size_t bytes);                      // also a part of it
// The system may give the memory of a mapping in large pages. A hint; of all of it, since a mapping of two kinds cannot be remapped.
void prefer_large_pages(void* place, size_t bytes);
int64_t mapped_bytes();                                            // by these, of the whole program
size_t malloced_bytes(void* block);                                // that a block of malloc's has, which may be more than were asked for
constexpr size_t page_bytes(size_t bytes) { return (bytes + 4095) & ~size_t{4095}; }

}  // namespace athanor::os
