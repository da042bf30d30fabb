// SPDX-License-Identifier: Apache-2.0
// A collection of a process with its own settings. At safepoints only; what the engine keeps in registers must be in the process.
#pragma once

#include "process/process.hpp"

namespace athanor::process {

// OTP: min_bin_vheap_size. The words of binaries outside of its heap that a process may hold before they ask for a collection.
inline uint32_t min_binary_heap_words(const Process& process) {
  const Extra* extra = process.extra_if_any();
  return extra && extra->min_binary_heap_words ? extra->min_binary_heap_words : process.runtime().min_binary_heap_words.load(std::memory_order_relaxed);
}

// Afterwards `words_needed` words are free. False: max_heap_size was passed and the process is to end (start_exit has been called).
bool collect_garbage(Process& self, size_t words_needed, bool full = false);

// Words of the messages that wait. OTP: part of the heap (total_heap_size, max_heap_size) unless the process keeps them apart. Owner only.
size_t queued_words(Process& self);

}  // namespace athanor::process
