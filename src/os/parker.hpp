// SPDX-License-Identifier: Apache-2.0
// Parker: one thread sleeps, any thread wakes it. A wake-up that comes first is kept: the next park returns at once. The thread may also
// sleep elsewhere, in a call that whoever wakes it knows how to end.
#pragma once

#include <atomic>
#include <cstdint>

namespace athanor::os {

class Parker {
 public:
  // Owner. timeout_ns < 0: until woken. May also return early.
  void park(int64_t timeout_ns);
  // Owner, around a sleep elsewhere. False: a wake-up has come first, do not sleep. In any case end_elsewhere follows.
  bool begin_elsewhere();
  void end_elsewhere();
  // Any thread. Everything written before it is seen by the owner after park. False: it sleeps elsewhere, end that call.
  bool unpark();

 private:
  enum : uint32_t { kEmpty = 0, kNotified = 1, kParked = 2, kElsewhere = 3 };
  std::atomic<uint32_t> state_{kEmpty};
};

}  // namespace athanor::os
