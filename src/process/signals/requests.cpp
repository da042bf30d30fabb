// SPDX-License-Identifier: Apache-2.0
// Signals that ask for something or change how the process runs: group leader, is it alive, suspend and resume, timers, callbacks.
#include "process/relations.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/state.hpp"
#include "process/suspending.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace {
Suspending& suspending_of(Process& self) {
  Extra& extra = self.extra();
  if (!extra.suspending) extra.suspending = new Suspending;
  return *static_cast<Suspending*>(extra.suspending);
}
Suspending* suspending_if_any(Process& self) {
  return self.extra_if_any() ? static_cast<Suspending*>(self.extra_if_any()->suspending) : nullptr;
}
}  // namespace

// Signal::number of a Suspend.
enum SuspendNumber : uint64_t {
  kSuspends = 1,
  kCounted = 2,   // the suspender counts it: what a reference is answered
};

// It is sent on as it is: see literals.hpp.
static heap::Parcel pack_answer(Process& self, Term tag, Term what) {
  Term* place = self.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = tag;
  place[2] = what;
  return heap::pack(Term::boxed(place), nullptr);
}

Suspended suspend(Process& self, Term target, const SuspendRequest& request) {
  const bool has_tag = !request.tag.is_none();
  auto gone = [&] {   // OTP: who gave a tag is told by message
    if (!has_tag) return Suspended::NoProcess;
    send_parcel(self.runtime(), self.pid(), pack_answer(self, request.tag, atoms::badarg), self.pid());
    return Suspended::Sent;
  };
  Process* other = self.runtime().processes->find(target);
  if (!other || is_exiting(*other)) return gone();
  const bool is_first = request.counts && suspending_of(self).counts[target.raw]++ == 0;
  if (!is_first && !request.reference && !has_tag) return Suspended::Already;
  Signal* signal = Signal::create(SignalKind::Suspend);
  signal->from = self.pid();
  signal->number = (is_first ? kSuspends : 0) | (request.counts ? kCounted : 0);
  for (int i = 0; request.reference && i < 3; ++i) signal->reference[i] = request.reference[i];
  if (has_tag) signal->parcel = pack_answer(self, request.tag, atoms::suspended);
  if (deliver(self.runtime(), target, signal, self.priority())) return Suspended::Sent;
  if (is_first) suspending_of(self).counts.erase(target.raw);
  return gone();
}

bool is_suspending(Process& self, Term target) {
  Suspending* suspending = suspending_if_any(self);
  return suspending && suspending->counts.contains(target.raw);
}

bool resume(Process& self, Term target) {
  Suspending* suspending = suspending_if_any(self);
  if (!suspending) return false;
  auto found = suspending->counts.find(target.raw);
  if (found == suspending->counts.end()) return false;
  if (--found->second > 0) return true;
  suspending->counts.erase(found);
  Signal* signal = Signal::create(SignalKind::Resume);
  signal->from = self.pid();
  return deliver(self.runtime(), target, signal);
}

void suspend_self(Process& self) {
  self.extra().suspend_count.fetch_add(1, std::memory_order_relaxed);
  self.state_.fetch_or(kSuspended, std::memory_order_acq_rel);
}

void resume_held(Runtime& runtime, Term pid) {
  if (deliver(runtime, pid, Signal::create(SignalKind::Resume))) return;
  Process* ending = runtime.processes->find(pid);   // its mailbox is closed
  if (!ending) return;
  ending->state_.fetch_and(~uint32_t{kSuspended}, std::memory_order_acq_rel);
  make_runnable(*ending);
}

size_t suspending_count(Process& self) {
  Suspending* suspending = suspending_if_any(self);
  return suspending ? suspending->counts.size() : 0;
}

void suspending_at(Process& self, size_t index, Term& target, uint32_t& count) {
  auto it = std::next(suspending_of(self).counts.begin(), static_cast<ptrdiff_t>(index));
  target = Term(it->first);
  count = it->second;
}

namespace signals {

After handle_group_leader(Process& self, Signal& signal) {
  bool is_leaving = is_exiting(self);
  if (!is_leaving) {
    self.group_leader_ = signal.parcel.term;
    self.adopt(signal.parcel.fragments);
    signal.parcel = {};
  }
  if ((signal.reference[0] | signal.reference[1]) && !signal.from.is_none()) {
    reply(self.runtime(), signal.from, signal.reference, is_leaving ? atoms::badarg : atoms::true_);
  }
  return After::Nothing;
}

After handle_is_alive(Process& self, Signal& signal) {
  reply(self.runtime(), signal.from, signal.reference, atoms::true_);
  return After::Nothing;
}

void send_suspend_answer(Process& self, Signal& signal) {
  if (signal.parcel.term.is_none()) return;
  heap::Parcel answer = signal.parcel;
  signal.parcel = {};
  send_parcel(self.runtime(), signal.from, answer, self.pid());
}

After handle_suspend(Process& self, Signal& signal) {
  if (signal.number & kSuspends) {
    self.extra().suspend_count.fetch_add(1, std::memory_order_relaxed);
    self.state_.fetch_or(kSuspended, std::memory_order_acq_rel);
  }
  if (signal.reference[0] | signal.reference[1]) reply(self.runtime(), signal.from, signal.reference, boolean((signal.number & kCounted) != 0));
  send_suspend_answer(self, signal);
  return After::Nothing;
}

After handle_resume(Process& self, Signal&) {
  Extra* extra = self.extra_if_any();
  if (!extra || extra->suspend_count.load(std::memory_order_relaxed) == 0) return After::Nothing;
  if (extra->suspend_count.fetch_sub(1, std::memory_order_relaxed) == 1) {
    self.state_.fetch_and(~uint32_t{kSuspended}, std::memory_order_acq_rel);   // kActive, if it was set, counts again
  }
  return After::Nothing;
}

After handle_timeout(Process& self, Signal& signal) {
  if (self.timer_state_ != 1 || signal.number != self.timer_generation_) return After::Nothing;   // cancelled meanwhile
  self.timer_state_ = 2;
  return After::Look;
}

After handle_callback(Process& self, Signal& signal) {
  ATH_ASSERT(signal.callback != nullptr);
  signal.callback(self, signal);
  return After::Nothing;
}

}  // namespace signals
}  // namespace athanor::process
