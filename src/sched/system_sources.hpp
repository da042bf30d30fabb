// SPDX-License-Identifier: Apache-2.0
// Time and chance as the system gives them.
#pragma once

#include "base/clock.hpp"

namespace athanor::sched {

class SystemClock final : public base::Clock {
 public:
  int64_t monotonic_ns() override;
  int64_t system_ns() override;
};

class SystemChance final : public base::Chance {
 public:
  uint64_t random_bits() override;
};

}  // namespace athanor::sched
