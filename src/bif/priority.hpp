// SPDX-License-Identifier: Apache-2.0
// Priorities of processes as programs name them.
#pragma once

#include "process/process.hpp"
#include "term/atom_table.hpp"

namespace athanor::bif {

inline constexpr Term kPriorityNames[] = {atoms::max, atoms::high, atoms::normal, atoms::low};

inline Term priority_atom(process::Priority priority) { return kPriorityNames[static_cast<size_t>(priority)]; }

inline bool read_priority(Term name, process::Priority& priority) {
  for (size_t i = 0; i < 4; ++i) {
    if (kPriorityNames[i] != name) continue;
    priority = static_cast<process::Priority>(i);
    return true;
  }
  return false;
}

}  // namespace athanor::bif
