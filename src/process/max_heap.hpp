// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace athanor::process {

// What a heap may not grow beyond. OTP: process_flag(max_heap_size).
struct MaxHeap {
  uint64_t words = 0;                  // 0: no limit
  bool kill = true, error_logger = true;
  bool operator==(const MaxHeap&) const = default;
};

}  // namespace athanor::process
