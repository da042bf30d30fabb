// SPDX-License-Identifier: Apache-2.0
// What inet:getstat/2 tells of one direction.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::io::inet {

struct Traffic {
  uint64_t bytes = 0, count = 0, largest = 0;
  double average = 0, deviation = 0;

  void add(size_t size) {
    bytes += size;
    ++count;
    if (size > largest) largest = size;
    average += (static_cast<double>(size) - average) / static_cast<double>(count);
    deviation += ((static_cast<double>(size) - average) - deviation) / static_cast<double>(count);
  }
};

}  // namespace athanor::io::inet
