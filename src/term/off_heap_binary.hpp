// SPDX-License-Identifier: Apache-2.0
// Off-heap binaries, shared by count, and the list that ties a heap to what it holds outside.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "term/term.hpp"

namespace athanor {

// Bytes shared between heaps. Bytes start at data(), directly behind size (the NIF headers rely on it).
// Immutable once shared; an appendable binary is written by the process that owns its writable sub-binary.
struct OffHeapBinary {
  std::atomic<uint64_t> references{1};
  size_t capacity = 0;     // bytes allocated behind the header
  void (*destructor)(OffHeapBinary*) = nullptr;  // null: plain memory
  size_t size = 0;         // bytes in use; word directly before the bytes
  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }

  // Count 1, uninitialised bytes. Out of memory ends the program, but for the two that give null then: those are for sizes that a program asks for.
  static OffHeapBinary* create(size_t bytes);
  static OffHeapBinary* create_or_null(size_t bytes);
  // Only with references == 1. Where null is the answer, `binary` is as it was.
  static OffHeapBinary* reallocate(OffHeapBinary* binary, size_t bytes);
  static OffHeapBinary* reallocate_or_null(OffHeapBinary* binary, size_t bytes);
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release();  // frees at zero
  static std::atomic<int64_t>& live_bytes();  // all machines' total, for erlang:memory(binary)
};

// Native object behind a MagicReference; freed when the last reference in any heap is gone.
struct MagicObject {
  std::atomic<uint64_t> references{1};
  std::atomic<class KnownReferences*> known{nullptr};   // where it is found by the numbers of its references, once one was shown
  virtual ~MagicObject() = default;
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  bool try_retain();   // false: the last count is gone already
  void release() { if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) end(); }

 private:
  void end();
};

// Singly linked through the boxes themselves: BinaryRef and MagicReference. The collector sweeps it: a box that
// was not moved gives up its count.
struct OffHeapList {
  Term* first = nullptr;   // box address, or null
  uint64_t bytes = 0;      // off-heap bytes reached from here: pressure that asks for a collection
};

}  // namespace athanor
