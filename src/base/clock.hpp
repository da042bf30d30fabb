// SPDX-License-Identifier: Apache-2.0
// Time and chance as interfaces: sched/ implements them, over the system or over a seed.
#pragma once

#include <cstdint>

namespace athanor::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since an arbitrary start; never decreases. Any thread.
  virtual int64_t monotonic_ns() = 0;
  // Nanoseconds since 1970-01-01 UTC; may jump. Any thread.
  virtual int64_t system_ns() = 0;
};

class Chance {
 public:
  virtual ~Chance() = default;
  // 64 random bits (hash salts, reference seeds, victim choice). Any thread.
  virtual uint64_t random_bits() = 0;
};

}  // namespace athanor::base
