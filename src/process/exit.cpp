// SPDX-License-Identifier: Apache-2.0
// The end of a process. First it leaves the world: name, hooks (tables, ports, timers), then the mailbox, whose waiting signals are
// answered. Then what takes long is worked off (exit_work.hpp), and links and monitors are told, some a call. What is told is forgotten at once, so a
// later call goes on where this one stopped.
#include "process/links.hpp"
#include "process/literals.hpp"
#include "process/monitors.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/suspending.hpp"
#include "process/timers.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace {

constexpr int kRelationsPerCall = 1000;

// Beside a native that still runs nothing is waited for.
enum class Where { Alone, BesideNative };

void leave_world(Process& self, Term reason) {
  Runtime& runtime = self.runtime();
  if (runtime.timers) {
    if (self.timer_state_ == 1) runtime.timers->cancel_receive_timer(self);
    runtime.timers->process_exited(self);
  }
  if (ATH_UNLIKELY(is_traced(self, trace_flag::kProcs)) && !self.has_left_) runtime.tracing->told(self, atoms::exit, reason);
  self.has_left_ = true;
  if (runtime.exit_hooks) runtime.exit_hooks(self, reason);
  // OTP: last, so that whoever finds the name free finds those of its tables free, too.
  Term name = self.registered_name_.load();
  unregister_process(self);
  if (ATH_UNLIKELY(!name.is_none() && is_traced(self, trace_flag::kProcs))) runtime.tracing->told(self, atoms::unregister, name);
}

void close_mailbox(Process& self) {
  for (Signal* signal = self.mailbox().close(); signal;) {
    Signal* next = signal->next;
    signals::handle_when_exiting(self, *signal);
    Signal::destroy(signal);
    signal = next;
  }
}

void send_plain(Runtime& runtime, SignalKind kind, Term from, Term to, const uint64_t* reference) {
  if (to.is_none() || to == atoms::undefined) return;
  Signal* signal = Signal::create(kind);
  signal->from = from;
  for (int i = 0; reference && i < 3; ++i) signal->reference[i] = reference[i];
  deliver(runtime, to, signal);
}

// Of other nodes: a process that ends waits while too much of what ended ones said is still on its way (resume_held wakes it).
bool may_tell(Process& self, Term other, Where where) {
  Runtime& runtime = self.runtime();
  if (other.is_immediate() || where == Where::BesideNative || runtime.has_room_for_last_word == nullptr) return true;
  return runtime.has_room_for_last_word(self, other);
}

bool tell_links(Process& self, Term reason, int& budget, Where where) {
  Term place[kExternalPidWords];
  while (self.links_ && !self.links_->empty()) {
    if (budget-- == 0 || !may_tell(self, self.links_->first().term(place), where)) return false;
    Links::Link link;
    Term other = self.links_->take_one(link).term(place);
    if (link.unlinking != 0) {
      if (!other.is_immediate() && self.runtime().link_dropped) self.runtime().link_dropped(self, other, 0);
      continue;
    }
    Term token;
    if (ATH_UNLIKELY(self.trace_flags_ & trace_flag::kToken) && is_pid(other)) token = self.runtime().tracing->token_of_exit(self, other, reason);
    send_exit(self.runtime(), self.pid(), other, reason, ExitOrigin::Link, token);
  }
  return true;
}

bool tell_monitors(Process& self, Term reason, int& budget, Where where) {
  if (!self.monitors_) return true;
  auto& targets = self.monitors_->targets();
  while (!targets.empty()) {
    if (budget-- == 0) return false;
    auto first = targets.begin();
    uint64_t reference[3] = {first->first.words[0], first->first.words[1], first->second.third_word};
    Term place[kExternalPidWords];
    Term watcher = first->second.watcher.term(place);
    if (!may_tell(self, watcher, where)) return false;
    targets.erase(first);
    signals::send_down(self.runtime(), watcher, reference, self.pid(), reason);
  }
  auto& origins = self.monitors_->origins();
  while (!origins.empty()) {
    if (budget-- == 0) return false;
    auto first = origins.begin();
    uint64_t reference[3] = {first->first.words[0], first->first.words[1], first->second.pid_word};
    bool is_monitor = first->second.type == MonitorType::Process || first->second.type == MonitorType::Port;
    Term watched = first->second.target;
    origins.erase(first);
    if (is_monitor) send_plain(self.runtime(), SignalKind::Demonitor, self.pid(), watched, reference);
  }
  return true;
}

bool work_off(Process& self) {
  Extra* extra = self.extra_if_any();
  if (!extra || !extra->exit_work) return true;
  if (!extra->exit_work->step()) return false;
  extra->exit_work = std::move(extra->exit_work->next);
  return extra->exit_work == nullptr;
}

bool resume_others(Process& self, int& budget) {
  auto* suspending = self.extra_if_any() ? static_cast<Suspending*>(self.extra_if_any()->suspending) : nullptr;
  while (suspending && !suspending->counts.empty()) {
    if (budget-- == 0) return false;
    auto first = suspending->counts.begin();
    Term other(first->first);
    suspending->counts.erase(first);
    send_plain(self.runtime(), SignalKind::Resume, self.pid(), other, nullptr);
  }
  return true;
}

}  // namespace

// kActive: whatever the process does next, it is run once more, and begin_run ends it.
void start_exit(Process& self, Term reason) {
  self.exit_reason_ = reason;
  self.state_.fetch_or(kExiting | kActive, std::memory_order_seq_cst);   // before the name is looked at: see registry.cpp
  self.state_.fetch_and(~uint32_t{kSuspended}, std::memory_order_acq_rel);   // who suspended it does not hold its end up
}

// True: all have been told.
static bool tell_others(Process& self, Term reason, Where where) {
  int budget = kRelationsPerCall;
  return work_off(self) && tell_links(self, reason, budget, where) && tell_monitors(self, reason, budget, where) && resume_others(self, budget);
}

// The mailbox stays open: who asks is answered as one that is gone would, and copies of literals wait for the native.
bool leave_beside_native(Process& self) {
  if (!self.has_left_) leave_world(self, self.exit_reason_);
  return tell_others(self, self.exit_reason_, Where::BesideNative);
}

bool exit_process(Process& self, Term reason) {
  if (!is_exiting(self)) {
    ATH_ASSERT(!reason.is_none());
    start_exit(self, reason);
  }
  reason = self.exit_reason_;
  if (!self.mailbox().is_closed()) {
    answer_copy_requests(self);   // of the literals on its heap only the reason is used from now on
    leave_world(self, reason);    // also where it has left beside its native: what that made since goes now
    close_mailbox(self);
  }
  if (!tell_others(self, reason, Where::Alone)) {
    // Nobody asks an ending process for its literals: it has none once it gives up its slice.
    if (heap::flat_words(reason, self.runtime().literals) != heap::flat_words(reason, nullptr)) {
      self.exit_reason_ = heap::copy(reason, self.heap(), nullptr);
    }
    return false;
  }
  if (ATH_UNLIKELY(is_traced(self, trace_flag::kExiting))) self.runtime().tracing->ran(self, atoms::out_exited, true);
  self.release_memory();
  // serve_signals ended it while it stands in a run queue: who takes it out of there comes here again.
  if (self.state_.load(std::memory_order_acquire) & kQueued) return false;
  if (ATH_UNLIKELY(self.runtime().profiled.load(std::memory_order_relaxed) & profile::kProcesses)) self.runtime().tracing->profiled(self, false);
  self.state_.fetch_or(kFree, std::memory_order_release);
  self.runtime().processes->remove(self);
  return true;
}

}  // namespace athanor::process
