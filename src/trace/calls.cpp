// SPDX-License-Identifier: Apache-2.0
// Calls: what a breakpoint does, and the ends of calls that it asked to see.
#include "bif/bif.hpp"
#include "match_spec/machine.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

using process::Process;

namespace {

constexpr uint32_t kMetaFlags = flag::kCall | flag::kTimestamp;   // OTP: meta traces look at no process's flags
constexpr size_t kMaxArguments = 256;
constexpr uint32_t kToldFlag = 1 << 16;                            // beside those of match_spec::Outcome: the call was told

// A match context stands for the rest of its binary.
Term plain(Process& self, Term argument) {
  if (!is_kind(argument, BoxedKind::MatchContext)) return argument;
  const Term* box = argument.pointer();
  return binary::part(self.heap(), box[4], box[1].raw, box[2].raw - box[1].raw);
}

Term argument_list(Process& self, const Term* args, uint32_t arity) {
  Term list = Term::nil();
  for (uint32_t i = arity; i-- > 0;) list = bif::cons(self.heap(), args[i], list);
  return list;
}

Term mfa_term(Process& self, Mfa mfa, Term arguments) { return bif::make_tuple(self.heap(), mfa.module, mfa.function, arguments); }

// OTP: a module is not asked whether it wants the end of a call that it was told of.
bool hears_of_ends(process::Runtime& runtime, Term tracer, Term tracee) {
  return !tracer.is_none() && (is_module_tracer(tracer) || look(runtime, tracer, tracee) == Told::Yes);
}

// What call_time knows of a process: Extra::trace.
struct Clock {
  uint64_t running = 0;     // id of the timed function that runs; 0: none
  int64_t since = 0;
};

}  // namespace

// Flags of match_spec::Outcome. `meta_tracer` none(): the process's own tracer and flags.
uint32_t Trace::tell_call(Process& self, Point& point, const Spec* spec, Term meta_tracer, const Term* args) {
  Term tracer = meta_tracer.is_none() ? tracer_of(self) : meta_tracer;
  if (tracer.is_none() || (self.trace_flags_ & flag::kSensitive) || look(runtime_, tracer, self.pid(), atoms::call) != Told::Yes) return 0;
  Term plain_args[kMaxArguments];
  const uint32_t arity = point.mfa.arity;
  for (uint32_t i = 0; i < arity; ++i) plain_args[i] = plain(self, args[i]);
  Verdict verdict = judge(self, spec, plain_args, arity);
  const bool is_meta = !meta_tracer.is_none();
  if (!is_meta && (self.trace_flags_ & flag::kSilent)) return 0;
  if (verdict.value == atoms::false_) return verdict.flags;
  const uint32_t flags = is_meta ? kMetaFlags : self.trace_flags_;
  Term arguments = flags & flag::kArity ? Term::small(arity) : argument_list(self, plain_args, arity);
  tell(runtime_, tracer, flags, {self.pid(), atoms::call, mfa_term(self, point.mfa, arguments), Term::none(), verdict.value}, self.pid());
  return verdict.flags | kToldFlag;
}

// It is gone, and whoever asks is told so from now on. OTP: as long as no call looks for it, it counts.
void Trace::forget_meta_tracer(Point& point, Term tracer) {
  std::lock_guard lock(mutex_);
  PointData next = *point.data();
  if (next.meta_tracer != tracer) return;
  next.meta_tracer = {};
  point.set(runtime_, next);
}

process::ReturnCells Trace::called(Process& self, code::Breakpoint& breakpoint, const Term* args) {
  Point& point = static_cast<Point&>(breakpoint);
  const PointData& data = *point.data();
  process::ReturnCells cells;
  using Tells = process::ReturnCells::Tells;
  auto wish = [](uint32_t flags) {
    return flags & match_spec::kExceptionTrace ? Tells::ReturnAndException : flags & match_spec::kReturnTrace ? Tells::Return : Tells::Nothing;
  };
  if ((data.kinds & kSaves) && (self.trace_flags_ & flag::kSavesCalls)) self.extra().saved_calls->note(point.mfa);
  const bool is_traced = process::is_traced(self, flag::kCall);
  if (is_traced && (data.kinds & (kLocal | kGlobal))) {
    const uint32_t flags = tell_call(self, point, data.calls, Term::none(), args);
    cells.own = wish(flags);
    if ((flags & kToldFlag) && (data.kinds & kLocal) && process::is_traced(self, flag::kReturnTo)) cells.tells_return_to = true;
  }
  if ((data.kinds & kMeta) && !data.meta_tracer.is_none() && look(runtime_, data.meta_tracer, self.pid()) == Told::Remove) {
    forget_meta_tracer(point, data.meta_tracer);
  } else if ((data.kinds & kMeta) && !data.meta_tracer.is_none()) {
    cells.meta = wish(tell_call(self, point, data.meta, data.meta_tracer, args));
    cells.meta_tracer = data.meta_tracer;
    if (cells.meta != Tells::Nothing) modules.keep(data.meta_tracer);
  }
  if (data.counts) point.count.fetch_add(1, std::memory_order_relaxed);
  if (data.times && is_traced && !tracer_of(self).is_none()) {
    cells.timed_before = time_switch(self, &point);
    point.add_time(self.pid(), 1, 0);
    cells.times = true;
  }
  return cells;
}

void Trace::returned(Process& self, Mfa mfa, Term meta_tracer, Term value) {
  Term tracer = meta_tracer.is_none() ? tracer_of(self) : meta_tracer;
  if (!hears_of_ends(runtime_, tracer, self.pid()) || (self.trace_flags_ & flag::kSensitive)) return;
  if (meta_tracer.is_none() && (!(self.trace_flags_ & flag::kCall) || (self.trace_flags_ & flag::kSilent))) return;
  tell(runtime_, tracer, meta_tracer.is_none() ? self.trace_flags_ : kMetaFlags,
       {self.pid(), atoms::return_from, mfa_term(self, mfa, Term::small(mfa.arity)), value, Term::none()}, self.pid());
}

void Trace::raised(Process& self, Mfa mfa, Term meta_tracer, Term klass, Term value) {
  Term tracer = meta_tracer.is_none() ? tracer_of(self) : meta_tracer;
  if (!hears_of_ends(runtime_, tracer, self.pid()) || (self.trace_flags_ & flag::kSensitive)) return;
  if (meta_tracer.is_none() && (!(self.trace_flags_ & flag::kCall) || (self.trace_flags_ & flag::kSilent))) return;
  tell(runtime_, tracer, meta_tracer.is_none() ? self.trace_flags_ : kMetaFlags,
       {self.pid(), atoms::exception_from, mfa_term(self, mfa, Term::small(mfa.arity)), bif::make_tuple(self.heap(), klass, value), Term::none()},
       self.pid());
}

void Trace::returned_to(Process& self, const Mfa* mfa) {
  if (self.trace_flags_ & flag::kSilent) return;
  Term place = mfa ? mfa_term(self, *mfa, Term::small(mfa->arity)) : atoms::undefined;
  tell_event(self, {self.pid(), atoms::return_to, place, Term::none(), Term::none()});
}

// --- call_time ---

// The time up to now belongs to what ran, if it `counts`; from now on to `to`. Null: the same goes on, its clock anew. What ran, 0 for nothing timed.
uint64_t Trace::time_switch(Process& self, Point* to, bool counts) {
  process::Extra& extra = self.extra();
  if (!extra.trace) extra.trace = new Clock;
  self.trace_flags_ |= flag::kTimed;
  Clock& clock = *static_cast<Clock*>(extra.trace);
  const int64_t now = runtime_.clock->monotonic_ns();
  const uint64_t before = clock.running;
  if (before != 0 && counts) {
    std::lock_guard lock(ids_mutex_);
    if (auto found = ids_.find(before); found != ids_.end()) found->second->add_time(self.pid(), 0, now - clock.since);
  }
  clock.since = now;
  if (to) clock.running = to->id;
  return before;
}

void Trace::time_returned(Process& self, uint64_t timed_before) {
  time_switch(self, nullptr);
  static_cast<Clock*>(self.extra().trace)->running = timed_before;
}

void Trace::ended(Process& self) {
  if (self.extra().saved_calls) save_calls(self, 0);
  modules.release(self.extra().tracer);
  self.extra().tracer = Term::none();
  delete static_cast<Clock*>(self.extra().trace);
  self.extra().trace = nullptr;
}

}  // namespace athanor::trace
