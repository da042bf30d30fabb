// SPDX-License-Identifier: Apache-2.0
// Links: what link/1 and unlink/1 send and what the other side does with it.
//
//   A: unlink(B)   kept as unlinking(n)   ──Unlink n──►  B removes its link   ──UnlinkAck n──►  A removes it, if still unlinking(n)
#include "process/links.hpp"

#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/signals/signals.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/identifier.hpp"

namespace athanor::process {

namespace {

bool send_plain(Runtime& runtime, SignalKind kind, Term from, Term to, uint64_t number = 0) {
  Signal* signal = Signal::create(kind);
  signal->from = from;
  signal->number = number;
  return deliver(runtime, to, signal);
}

// The connection keeps account of links to other nodes. `signal`: what made this one go.
void dropped(Process& self, const Signal& signal) {
  if (signal.reference[0] != 0) self.runtime().link_dropped(self, signal.from, signal.reference[0]);
}

Term exit_message(Allocator& to, Term from, Term reason) {
  Term* place = to.allocate(4);
  place[0].raw = tuple_header(3);
  place[1] = atoms::EXIT_;
  place[2] = from;
  place[3] = reason;
  return Term::boxed(place);
}

}  // namespace

// OTP: who links to a process of a node that cannot be reached gets an exit signal as if it had been linked.
static BifResult link_remote(Process& self, Term target) {
  if (!self.links_) self.links_ = new Links;
  bool created;
  Links::Link& link = self.links_->insert(target, created);
  if (!created && link.unlinking == 0) return atoms::true_;
  link.unlinking = 0;
  if (!send_plain(self.runtime(), SignalKind::Link, self.pid(), target, created ? kNewLink : 0)) send_exit(self.runtime(), target, self.pid(), atoms::noconnection, ExitOrigin::Link);
  return atoms::true_;
}

BifResult link(Process& self, Term target) {
  if (target == self.pid()) return atoms::true_;
  Runtime& runtime = self.runtime();
  if (ATH_UNLIKELY(self.trace_flags_ != 0) && (is_pid(target) || is_port(target))) runtime.tracing->linking(self, target);
  if (is_kind(target, BoxedKind::ExternalPid) && !(node_of(target).name == runtime.terms.node_name)) return link_remote(self, target);
  if (target.is_local_pid() || target.is_local_port()) {
    if (!self.links_) self.links_ = new Links;
    bool created;
    Links::Link& link = self.links_->insert(target, created);
    if (!created) {
      if (link.unlinking == 0) return atoms::true_;
      link.unlinking = 0;   // linked anew; the acknowledgement under way is then for nothing
    }
    if (send_plain(runtime, SignalKind::Link, self.pid(), target)) return atoms::true_;
    self.links_->erase(target);
  } else if (!is_pid(target) && !(is_port(target) && node_of(target).name == runtime.terms.node_name)) {
    return self.badarg();
  }
  // OTP: who traps exits gets the exit signal it would have got had the other ended just after.
  if (!self.trap_exit_) return self.error(atoms::noproc);
  heap::FragmentAllocator builder(4 + 3);
  Term from = heap::copy(target, builder, runtime.literals);
  Term message = exit_message(builder, from, atoms::noproc);
  signals::append_message(self, {message, builder.take()}, Term::none(), atoms::undefined);
  return atoms::true_;
}

void link_made(Process& self, Term port) {
  if (ATH_UNLIKELY(is_traced(self, trace_flag::kProcs))) self.runtime().tracing->told(self, atoms::link, port);
  if (!self.links_) self.links_ = new Links;
  bool created;
  self.links_->insert(port, created).unlinking = 0;
}

BifResult unlink(Process& self, Term target) {
  if (!is_pid(target) && !is_port(target)) return self.badarg();
  if (ATH_UNLIKELY(is_traced(self, trace_flag::kProcs))) self.runtime().tracing->told(self, atoms::unlink, target);
  Links::Link* link = self.links_ && !is_kind(target, BoxedKind::ExternalPort) ? self.links_->find(target) : nullptr;
  if (!link || link->unlinking != 0) return atoms::true_;
  link->unlinking = self.links_->next_number();
  if (!send_plain(self.runtime(), SignalKind::Unlink, self.pid(), target, link->unlinking)) self.links_->erase(target);
  return atoms::true_;
}

namespace signals {

After handle_link(Process& self, Signal& signal) {
  if (!self.links_) self.links_ = new Links;
  bool created;
  // Where we are unlinking, the other made its link before it saw our Unlink, which will undo it.
  self.links_->insert(signal.from, created);
  if (!created) dropped(self, signal);
  if (ATH_UNLIKELY(created && is_traced(self, trace_flag::kProcs))) self.runtime().tracing->told(self, atoms::getting_linked, signal.from);
  return After::Nothing;
}

After handle_unlink(Process& self, Signal& signal) {
  Links::Link* link = self.links_ ? self.links_->find(signal.from) : nullptr;
  if (link && link->unlinking == 0) {
    self.links_->erase(signal.from);
    dropped(self, signal);
    if (ATH_UNLIKELY(is_traced(self, trace_flag::kProcs))) self.runtime().tracing->told(self, atoms::getting_unlinked, signal.from);
  }
  if (signal.number != 0) send_plain(self.runtime(), SignalKind::UnlinkAck, self.pid(), signal.from, signal.number);   // 0: an old node asks for none
  return After::Nothing;
}

After handle_unlink_ack(Process& self, Signal& signal) {
  Links::Link* link = self.links_ ? self.links_->find(signal.from) : nullptr;
  if (!link || link->unlinking != signal.number) return After::Nothing;
  self.links_->erase(signal.from);
  dropped(self, signal);
  return After::Nothing;
}

// erlang:exit/2: `kill` cannot be trapped and becomes `killed`; `normal` is ignored by others, but not by the sender itself.
After handle_exit(Process& self, Signal& signal) {
  Term reason = signal.parcel.term;
  auto origin = static_cast<ExitOrigin>(signal.number);
  if (origin == ExitOrigin::Link) {
    Links::Link* link = self.links_ ? self.links_->find(signal.from) : nullptr;
    if (!link) return After::Nothing;   // unlinked meanwhile
    bool was_linked = link->unlinking == 0;
    self.links_->erase(signal.from);
    dropped(self, signal);
    if (!was_linked) return After::Nothing;
  }
  // Of a process that lives on; one that ends tells of its end.
  const bool tells = ATH_UNLIKELY(origin == ExitOrigin::Link && is_traced(self, trace_flag::kProcs));
  bool must_end = origin == ExitOrigin::Kill || (origin == ExitOrigin::ExitBif && reason == atoms::kill);
  if (must_end) {
    start_exit(self, reason == atoms::kill ? atoms::killed : reason);
    self.adopt(signal.parcel.fragments);
    signal.parcel.fragments = nullptr;
    return After::Look;
  }
  if (self.trap_exit_) {
    heap::FragmentAllocator builder(4);
    Term message = exit_message(builder, signal.from, reason);
    heap::Fragment* fragments = builder.take();
    fragments->next = signal.parcel.fragments;
    signal.parcel = {};
    append_message(self, {message, fragments}, signal.from, signal.token.is_none() ? Term::nil() : signal.token);
    signal.token = Term::none();
    if (tells) self.runtime().tracing->told(self, atoms::getting_unlinked, signal.from);
    return After::Look;
  }
  if (reason == atoms::normal && !(origin == ExitOrigin::ExitBif && signal.from == self.pid())) {
    if (tells) self.runtime().tracing->told(self, atoms::getting_unlinked, signal.from);
    return After::Nothing;
  }
  start_exit(self, reason);
  self.adopt(signal.parcel.fragments);
  signal.parcel.fragments = nullptr;
  return After::Look;
}

}  // namespace signals

BifResult exit_signal(Process& self, Term target, Term reason, bool exit2) {
  if (target.is_local_pid() || target.is_local_port()) {
    send_exit(self.runtime(), self.pid(), target, reason, ExitOrigin::ExitBif);
    bool ends_here = exit2 && target == self.pid() && (reason == atoms::kill || !self.trap_exit_);
    if (!ends_here) return atoms::true_;
    // OTP: ends before the call returns, after all signals sent to itself before.
    handle_signals(self);
    if (!is_exiting(self)) return atoms::true_;
    self.pending_ = Pending::Exit;
    return Term::none();
  }
  if (!is_pid(target)) return self.badarg();
  send_exit(self.runtime(), self.pid(), target, reason, ExitOrigin::ExitBif);
  return atoms::true_;
}

}  // namespace athanor::process
