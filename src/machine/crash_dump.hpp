// SPDX-License-Identifier: Apache-2.0
// erl_crash.dump: what a machine leaves behind that ended with a text (erlang:halt/1 with a string, a failed start), in the form that the
// release's crashdump_viewer reads.
#pragma once

#include "machine/crash_dump_file.hpp"
#include "process/runtime.hpp"

namespace athanor::machine {

// Heeds ERL_CRASH_DUMP, ERL_CRASH_DUMP_SECONDS and ERL_CRASH_DUMP_BYTES of the machine's environment; tells on standard error where it writes.
// The schedulers have stopped: no process runs but those that a dirty thread has, of which only the names are told.
void write_crash_dump(process::Runtime& runtime, const char* slogan);
// The same to a file of the caller's, within its limits. In an epoch, and in the runtime's ThreadScope.
void write_crash_dump(process::Runtime& runtime, DumpFile& file, const char* slogan);

}  // namespace athanor::machine
