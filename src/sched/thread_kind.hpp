// SPDX-License-Identifier: Apache-2.0
// What the calling thread is to its machine.
#pragma once

#include <cstdint>

namespace athanor::sched {

// All but Foreign are inside an epoch while they run code.
enum class ThreadKind : uint8_t { Foreign, Scheduler, DirtyCpu, DirtyIo, Poller };
extern thread_local ThreadKind current_thread_kind;

// An interest of Scheduling::poll beside kReadable and kWritable: an error alone.
constexpr uint32_t kPollError = 4;

}  // namespace athanor::sched
