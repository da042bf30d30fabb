// SPDX-License-Identifier: Apache-2.0
#include "sched/system_sources.hpp"

#include "base/assert.hpp"
#include "os/clock.hpp"

namespace athanor::sched {

int64_t SystemClock::monotonic_ns() { return os::monotonic_ns(); }
int64_t SystemClock::system_ns() { return os::system_ns(); }

uint64_t SystemChance::random_bits() {
  uint64_t bits = 0;
  ATH_ASSERT(os::random_bytes(&bits, sizeof bits));
  return bits;
}

}  // namespace athanor::sched
