// SPDX-License-Identifier: Apache-2.0
// Sending signals. All of these may be called by any thread that is inside an epoch.
#pragma once

#include "process/process.hpp"

namespace athanor::process {

// Pushes; wakes the receiver. False: no such process (the signal is destroyed). `priority`: of who waits for an answer; what is no
// message is handled at it where the receiver's own is lower.
bool deliver(Runtime& runtime, Term to_local_pid, Signal* signal, Priority priority = Priority::Low);
// Copies `message` and delivers. `to`: local pid. From a process (order kept) or from the machine.
bool send_message(Runtime& runtime, Term to_local_pid, Term message, Term from = Term::none());
// Message already built in fragments.
bool send_parcel(Runtime& runtime, Term to_local_pid, heap::Parcel parcel, Term from = Term::none());
bool send_to_name(Runtime& runtime, Term registered_name, Term message);
// erlang:send/2 with every kind of destination: pid, port, name, {Name, Node}, alias reference. badarg for others. `outcome`: what became
// of a message to another node; where it is Suspended the process has been suspended, and is to yield and send again.
BifResult send(Process& self, Term to, Term message, const SendOptions& options, SendOutcome& outcome);

void send_exit(Runtime& runtime, Term from, Term to, Term reason, ExitOrigin origin, Term token = Term::none());
// Writes {log, Level, Format, Args, Meta} to the system logger. args: list term.
void log_event(Runtime& runtime, Term level, const char* format, Term args, Term group_leader, Term pid);

Term make_reference(Runtime& runtime, Allocator& heap);
// A reference that is an alias of `owner`; its numbers name the owner, so that they find it again when they come back from another node.
Term make_alias_reference(Runtime& runtime, Allocator& heap, Term owner, uint64_t words[3]);
// Of numbers as they travel: the owner of the alias, none() where they are no alias's.
Term alias_owner(const uint32_t numbers[3]);
void reference_words(Term reference, uint64_t words[3]);
Term reference_from_words(Allocator& heap, const uint64_t words[3]);

}  // namespace athanor::process
