// SPDX-License-Identifier: Apache-2.0
// The memory of large binaries. A program that makes and drops binaries of one size gets the same memory again and again: malloc would give it
// back to the system between two of them, and clearing pages costs more than what the program does with the bytes. So a scheduler keeps some of
// what its processes dropped, until it goes to sleep. All of it is malloc's, of a few sizes, so that what was dropped fits what comes.
#pragma once

#include <cstddef>

namespace athanor::large_memory {

constexpr size_t kFrom = size_t{1} << 16;           // bytes; what is smaller is left to base/block_cache.hpp
constexpr size_t kMostBytes = size_t{16} << 20;     // kept by a thread, together
constexpr size_t kMostKept = 128;

// Bytes that are taken for `bytes`: an eighth more at most.
size_t rounded(size_t bytes);

void* take(size_t bytes);                            // null: there is no memory
void* resize(void* memory, size_t bytes);            // as realloc
void give(void* memory, size_t bytes);               // with the bytes it was last taken or resized with

// Of the calling thread. One that never opened a store keeps nothing.
void open_store();
void drop_store();    // what is kept goes back to malloc
void close_store();
size_t kept_bytes();

}  // namespace athanor::large_memory
