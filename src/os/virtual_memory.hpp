// SPDX-License-Identifier: Apache-2.0
// Ranges of addresses that take memory only where they are used.
#pragma once

#include <cstddef>

namespace athanor::os {

// A range of at most `bytes` (halved until the system grants it; the granted size is stored back). Null: none at all.
void* reserve_addresses(size_t& bytes);
// Makes a page-aligned part of a reserved range readable and writable. False: out of memory.
bool commit_memory(void* place, size_t bytes);
// Gives the memory of a committed part back; it stays accessible and reads as zeros.
void discard_memory(void* place, size_t bytes);
void release_addresses(void* place, size_t bytes);

}  // namespace athanor::os
