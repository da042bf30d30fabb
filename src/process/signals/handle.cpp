// SPDX-License-Identifier: Apache-2.0
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace signals {

namespace {
After handle(Process& self, Signal& signal) {
  switch (signal.kind) {
    case SignalKind::Message: break;   // the caller's
    case SignalKind::AliasMessage: return handle_alias_message(self, signal);
    case SignalKind::Exit: return handle_exit(self, signal);
    case SignalKind::Link: return handle_link(self, signal);
    case SignalKind::Unlink: return handle_unlink(self, signal);
    case SignalKind::UnlinkAck: return handle_unlink_ack(self, signal);
    case SignalKind::Monitor: return handle_monitor(self, signal);
    case SignalKind::Demonitor: return handle_demonitor(self, signal);
    case SignalKind::MonitorDown: return handle_monitor_down(self, signal);
    case SignalKind::GroupLeader: return handle_group_leader(self, signal);
    case SignalKind::IsAlive: return handle_is_alive(self, signal);
    case SignalKind::Suspend: return handle_suspend(self, signal);
    case SignalKind::Resume: return handle_resume(self, signal);
    case SignalKind::Timeout: return handle_timeout(self, signal);
    case SignalKind::Mark: self.mailbox().mark_settle(signal.number); return After::Nothing;
    case SignalKind::ProcessInfo:
    case SignalKind::SystemTask:
    case SignalKind::Rpc:
    case SignalKind::TraceFlags: return handle_callback(self, signal);
  }
  ATH_ASSERT(false);
}
}  // namespace

void handle_when_exiting(Process& self, Signal& signal) {
  Runtime& runtime = self.runtime();
  switch (signal.kind) {
    case SignalKind::Link: send_exit(runtime, self.pid(), signal.from, atoms::noproc, ExitOrigin::Link); break;
    case SignalKind::Unlink: handle_unlink(self, signal); break;
    case SignalKind::Monitor: send_down(runtime, signal.from, signal.reference, self.pid(), atoms::noproc); break;
    case SignalKind::IsAlive: reply(runtime, signal.from, signal.reference, atoms::false_); break;
    case SignalKind::GroupLeader: handle_group_leader(self, signal); break;
    case SignalKind::Suspend:
      if (signal.reference[0] | signal.reference[1]) reply(runtime, signal.from, signal.reference, atoms::badarg);
      if (!signal.parcel.term.is_none()) tuple_elements(signal.parcel.term)[1] = atoms::exited;
      send_suspend_answer(self, signal);
      break;
    case SignalKind::ProcessInfo:
    case SignalKind::SystemTask:
    case SignalKind::Rpc:
    case SignalKind::TraceFlags: handle_callback(self, signal); break;
    default: break;
  }
}

void append_message(Process& self, heap::Parcel parcel, Term from, Term token) {
  Signal* message = Signal::create(SignalKind::Message);
  message->parcel = parcel;
  message->token = token;
  if (from.is_immediate()) message->from = from;
  if (ATH_UNLIKELY(is_traced(self, trace_flag::kReceive))) self.runtime().tracing->received(self, *message);
  self.mailbox().append(message);
}

}  // namespace signals

bool handle_signals(Process& self) {
  bool look = false;
  for (Signal* signal = self.mailbox().take_incoming(); signal;) {
    Signal* next = signal->next;
    if (is_exiting(self)) {
      signals::handle_when_exiting(self, *signal);
      Signal::destroy(signal);
    } else if (signal->kind == SignalKind::Message) {
      if (ATH_UNLIKELY(is_traced(self, trace_flag::kReceive))) self.runtime().tracing->received(self, *signal);
      self.mailbox().append(signal);
      look = true;
    } else {
      look |= signals::handle(self, *signal) == signals::After::Look;
      Signal::destroy(signal);
    }
    signal = next;
  }
  return look || is_exiting(self);
}

}  // namespace athanor::process
