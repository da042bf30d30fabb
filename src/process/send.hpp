// SPDX-License-Identifier: Apache-2.0
// Sending signals. All of these may be called by any thread that is inside an epoch.
#pragma once

#include "process/process.hpp"

namespace athanor::process {

// Pushes; wakes the receiver. False: no such process (the signal is destroyed).
bool deliver(Runtime& runtime, Term to_local_pid, Signal* signal);
// Copies `message` and delivers. `to`: local pid. From a process (order kept) or from the machine.
bool send_message(Runtime& runtime, Term to_local_pid, Term message, Term from = Term::none());
// Message already built in fragments.
bool send_parcel(Runtime& runtime, Term to_local_pid, heap::Parcel parcel, Term from = Term::none());
bool send_to_name(Runtime& runtime, Term registered_name, Term message);
// erlang:send/2 with every kind of destination: pid, port, name, {Name, Node}, alias reference. badarg for others.
BifResult send(Process& self, Term to, Term message);

void send_exit(Runtime& runtime, Term from, Term to, Term reason, ExitOrigin origin);
// Writes {log, Level, Format, Args, Meta} to the system logger. args: list term.
void log_event(Runtime& runtime, Term level, const char* format, Term args, Term group_leader, Term pid);

Term make_reference(Runtime& runtime, Allocator& heap);
void reference_words(Term reference, uint64_t words[3]);
Term reference_from_words(Allocator& heap, const uint64_t words[3]);

}  // namespace athanor::process
