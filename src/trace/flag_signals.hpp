// SPDX-License-Identifier: Apache-2.0
// Trace flags of others are changed by a signal: a process's flags belong to the thread that runs it.
#pragma once

#include "process/process.hpp"

namespace athanor::trace {

// One change for many processes; the last of them answers {Reference, Count} to the asker, where count is of those it was made for.
struct FlagChange;
FlagChange* begin_change(process::Process& asker, uint32_t off, uint32_t on, Term tracer, const uint64_t reference[3], uint32_t made_already = 0);
void change(process::Process& asker, FlagChange* change, Term target);
void end_change(FlagChange* change);        // no more targets

// Without an answer, and whoever traced it before: the actions of match specs.
void change_flags_of(process::Process& asker, Term target, uint32_t off, uint32_t on, Term tracer);

// As erlang:trace/3 does it; false: another, living tracer has this process. Owner's thread.
bool apply_flags(process::Process& self, uint32_t off, uint32_t on, Term tracer);

}  // namespace athanor::trace
