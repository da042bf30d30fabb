// SPDX-License-Identifier: Apache-2.0
#include "trace/flag_signals.hpp"

#include <atomic>

#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

using process::Process;
using process::Signal;
using process::SignalKind;

struct FlagChange {
  std::atomic<uint32_t> holders{1};         // signals under way, and who sends them
  std::atomic<uint32_t> made{0};
  process::Runtime* runtime = nullptr;
  Term asker;                               // none(): nobody waits for an answer
  uint64_t reference[3] = {0, 0, 0};
  uint32_t off = 0, on = 0;
  TracerHandle tracer;
  bool takes_over = false;
};

namespace {

void let_go(FlagChange* change) {
  if (change->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (!change->asker.is_none()) process::reply(*change->runtime, change->asker, change->reference, Term::small(change->made.load()));
  delete change;
}

void receive(Process& target, Signal& signal) {
  auto* change = reinterpret_cast<FlagChange*>(signal.number);
  if (process::is_exiting(target)) {
    let_go(change);
    return;
  }
  if (change->takes_over) {
    set_flags(target, change->tracer.is_none() ? 0 : ((target.trace_flags_ & flag::kAll & ~change->off) | change->on), change->tracer);
  } else if (apply_flags(target, change->off, change->on, change->tracer)) {
    change->made.fetch_add(1, std::memory_order_relaxed);
  }
  let_go(change);
}

}  // namespace

bool apply_flags(Process& self, uint32_t off, uint32_t on, Term tracer) {
  if (!tracer.is_none()) {
    Term now = tracer_of(self);
    if (!now.is_none() && now != tracer && !living_tracer_of(self).is_none()) return false;
  }
  const uint32_t flags = (self.trace_flags_ & flag::kAll & ~off) | on;
  if (tracer.is_none() && self.extra_if_any()) tracer = self.extra().tracer;
  set_flags(self, tracer.is_none() ? 0 : flags, tracer);
  return true;
}

FlagChange* begin_change(Process& asker, uint32_t off, uint32_t on, Term tracer, const uint64_t reference[3], uint32_t made_already) {
  auto* change = new FlagChange;
  change->runtime = &asker.runtime();
  change->made.store(made_already, std::memory_order_relaxed);
  if (reference) change->asker = asker.pid();
  for (int i = 0; reference && i < 3; ++i) change->reference[i] = reference[i];
  change->off = off;
  change->on = on;
  change->tracer = tracer;
  asker.runtime().tracing->in_use.store(true, std::memory_order_relaxed);
  return change;
}

void change(Process& asker, FlagChange* change, Term target) {
  if (target == asker.pid()) {
    if (apply_flags(asker, change->off, change->on, change->tracer)) change->made.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  change->holders.fetch_add(1, std::memory_order_relaxed);
  if (!process::request(asker.runtime(), target, SignalKind::TraceFlags, asker.pid(), nullptr, {}, reinterpret_cast<uint64_t>(change), receive,
                        asker.priority())) {
    let_go(change);
  }
}

void end_change(FlagChange* change) { let_go(change); }

void change_flags_of(Process& asker, Term target, uint32_t off, uint32_t on, Term tracer) {
  FlagChange* one = begin_change(asker, off, on, tracer, nullptr);
  one->takes_over = true;
  change(asker, one, target);
  end_change(one);
}

}  // namespace athanor::trace
