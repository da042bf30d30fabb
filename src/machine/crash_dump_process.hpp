// SPDX-License-Identifier: Apache-2.0
// One process in a crash dump or in the break menu. It does not run; of one that a dirty thread has, only what never changes is told.
#pragma once

#include <string>

#include "machine/crash_dump_terms.hpp"
#include "machine/reports.hpp"
#include "process/process.hpp"

namespace athanor::machine {

std::string process_text(process::Process& process, Reader reader);   // =proc; for a person with queue, dictionary and stack
// =proc_messages, =proc_dictionary, =proc_stack, =proc_heap
void write_process_terms(DumpFile& file, process::Process& process, SharedTerms& shared);

}  // namespace athanor::machine
