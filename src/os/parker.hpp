// SPDX-License-Identifier: Apache-2.0
// Parker: one thread sleeps, any thread wakes it. A wake-up that comes first is kept: the next park returns at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace athanor::os {

class Parker {
 public:
  // Owner. timeout_ns < 0: until woken. May also return early.
  void park(int64_t timeout_ns);
  // Any thread. Everything written before it is seen by the owner after park.
  void unpark();

 private:
  enum : uint32_t { kEmpty = 0, kNotified = 1, kParked = 2 };
  std::atomic<uint32_t> state_{kEmpty};
};

}  // namespace athanor::os
