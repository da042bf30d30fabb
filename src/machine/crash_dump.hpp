// SPDX-License-Identifier: Apache-2.0
// erl_crash.dump: what a machine leaves behind that ended with a text (erlang:halt/1 with a string, a failed start).
#pragma once

#include "process/runtime.hpp"

namespace athanor::machine {

// Heeds ERL_CRASH_DUMP and ERL_CRASH_DUMP_SECONDS; tells on standard error where it writes. Any thread.
void write_crash_dump(process::Runtime& runtime, const char* slogan);

}  // namespace athanor::machine
