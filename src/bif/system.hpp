// SPDX-License-Identifier: Apache-2.0
// Figures that several natives of the system family tell.
#pragma once

#include <cstdint>
#include <string>

#include "process/process.hpp"
#include "sched/blocks.hpp"

namespace athanor::bif {

struct MemoryFigures {
  int64_t total, processes, system, atom, binary, code, ets;
};
MemoryFigures memory_figures(process::Runtime& runtime);
uint32_t default_min_heap_words(process::Runtime& runtime);
Term multi_scheduling_state(sched::Blocked blocked);
Term system_logger(process::Runtime& runtime);

}  // namespace athanor::bif
