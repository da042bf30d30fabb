// SPDX-License-Identifier: Apache-2.0
// Handlers of the signals that are no message. They run on the receiver's thread, in the order the signals came. The caller
// destroys the signal; a handler that keeps its parcel takes it out.
#pragma once

#include "process/process.hpp"
#include "process/signal.hpp"

namespace athanor::process::signals {

// What the owner has to do after a handler.
enum class After : uint8_t {
  Nothing,
  Look,   // a message was appended, a timer fired: wake the code
};

After handle_exit(Process& self, Signal& signal);
After handle_link(Process& self, Signal& signal);
After handle_unlink(Process& self, Signal& signal);
After handle_unlink_ack(Process& self, Signal& signal);
After handle_monitor(Process& self, Signal& signal);
After handle_demonitor(Process& self, Signal& signal);
After handle_monitor_down(Process& self, Signal& signal);
After handle_alias_message(Process& self, Signal& signal);
After handle_group_leader(Process& self, Signal& signal);
After handle_is_alive(Process& self, Signal& signal);
After handle_suspend(Process& self, Signal& signal);
void send_suspend_answer(Process& self, Signal& signal);   // if it has one
After handle_resume(Process& self, Signal& signal);
After handle_timeout(Process& self, Signal& signal);
After handle_callback(Process& self, Signal& signal);

// The same for a process that is ending: it answers who waits for an answer.
void handle_when_exiting(Process& self, Signal& signal);

// Appends a message that is built already.
void append_message(Process& self, heap::Parcel parcel, Term from, Term token = Term::none());   // token: of the parcel
// Sends a MonitorDown for a watcher of `watched`.
void send_down(Runtime& runtime, Term watcher, const uint64_t* reference, Term watched, Term reason);

}  // namespace athanor::process::signals
