// SPDX-License-Identifier: Apache-2.0
// The limit of a heap as programs write it: words, or #{size, kill, error_logger}. For process_flag, spawn_opt and system_flag.
#pragma once

#include "process/process.hpp"

namespace athanor::bif {

// What a map leaves out is as `limit` has it before. False: no limit at all, or one below the smallest heap.
bool read_max_heap(process::Runtime& runtime, Term value, process::MaxHeap& limit);
Term max_heap_map(Allocator& heap, const process::MaxHeap& limit);
process::MaxHeap max_heap_of(process::Process& process);

}  // namespace athanor::bif
