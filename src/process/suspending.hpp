// SPDX-License-Identifier: Apache-2.0
// Whom a process suspends, and how often: Extra::suspending.
#pragma once

#include <cstdint>
#include <map>

namespace athanor::process {

struct Suspending {
  std::map<uint64_t, uint32_t> counts;   // by word of the pid
};

}  // namespace athanor::process
