// SPDX-License-Identifier: Apache-2.0
// Setting and clearing breakpoints by pattern.
#include "code/code_server.hpp"
#include "process/runtime.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

namespace {
Spec* retained(Spec* spec) {
  if (spec) spec->retain();
  return spec;
}
void replace(Spec*& place, Spec* spec) {
  Spec* before = place;
  place = retained(spec);
  if (before) before->release();
}
}  // namespace

PointData& PointData::operator=(const PointData& other) {
  kinds = other.kinds;
  counts = other.counts;
  times = other.times;
  replace(calls, other.calls);
  replace(meta, other.meta);
  meta_tracer = other.meta_tracer;
  return *this;
}

PointData::~PointData() {
  if (calls) calls->release();
  if (meta) meta->release();
}

void Point::set(process::Runtime& runtime, const PointData& next) {
  const PointData* before = current.exchange(new PointData(next), std::memory_order_acq_rel);
  runtime.epochs->retire(const_cast<PointData*>(before), [](void* old) { delete static_cast<PointData*>(old); });
  uint32_t watch = 0;
  if ((next.kinds & (kLocal | kGlobal)) || next.times) watch |= kTraced;
  if ((next.kinds & kMeta) || next.counts) watch |= kAlways;
  if (next.kinds & kDebug) watch |= kDiverts;
  if (next.kinds & kSaves) watch |= kSaved;
  watched.store(watch, std::memory_order_release);
}

Point::~Point() {
  if (auto* runtime = process::current_runtime; runtime && runtime->tracing) {
    Trace& trace = trace_of(*runtime);
    std::lock_guard lock(trace.ids_mutex_);
    trace.ids_.erase(id);
  }
  delete current.load();
}

void Point::add_time(Term pid, uint64_t calls, int64_t ns) {
  std::lock_guard lock(times_mutex);
  CallTime& entry = times_of[pid.raw];
  entry.calls += calls;
  entry.ns += ns;
}

Trace::~Trace() {
  delete sends_.load();
  delete receives_.load();
  if (default_.calls) default_.calls->release();
  if (default_.meta) default_.meta->release();
}

Point* Trace::new_point() {
  auto* point = new Point;
  std::lock_guard lock(ids_mutex_);
  point->id = next_id_++;
  ids_[point->id] = point;
  return point;
}

Point& Trace::point_of(code::Function& function) {
  if (auto* known = function.breakpoint.load(std::memory_order_acquire)) return static_cast<Point&>(*known);
  Point* point = new_point();
  point->mfa = function.mfa;
  point->function = &function;
  runtime_.code->stubs().make_breakpoint_cell(*point);
  function.breakpoint.store(point, std::memory_order_release);
  return *point;
}

Point& Trace::point_of(code::Export& exported) {
  if (auto* known = exported.breakpoint.load(std::memory_order_acquire)) return static_cast<Point&>(*known);
  Point* point = new_point();
  point->mfa = exported.mfa;
  point->exported = &exported;
  runtime_.code->stubs().make_breakpoint_cell(*point);
  exported.breakpoint.store(point, std::memory_order_release);
  return *point;
}

// The breakpoint stands while it is for something.
void Trace::settle(Point& point, const PointData& next) {
  point.set(runtime_, next);
  if (point.function) {
    if (next.kinds) runtime_.code->set_breakpoint(*point.function, point);
    else runtime_.code->clear_breakpoint(*point.function);
  } else {
    if (next.kinds) runtime_.code->set_breakpoint(*point.exported, point);
    else runtime_.code->clear_breakpoint(*point.exported);
  }
}

void Trace::set_points(code::Function& function, Switch on, const PatternFlags& flags, Spec* spec) {
  const bool is_set = on != Switch::Off;
  if (!is_set && !function.breakpoint.load(std::memory_order_acquire)) return;
  Point& point = point_of(function);
  // Code that was replaced lost its breakpoints: what they were for is over.
  PointData next = runtime_.code->has_breakpoint(function) ? *point.data() : PointData{};
  if (flags.kinds == 0) {           // global: nothing else that traces stays
    const uint32_t kept = next.kinds & kDebug;
    next = PointData{};
    next.kinds = kept;
  } else if (!is_set) {
    next.kinds &= ~flags.kinds;
    if (flags.kinds & kLocal) replace(next.calls, nullptr);
    if (flags.kinds & kMeta) replace(next.meta, nullptr);
  } else {
    // OTP: restart and pause are for what counts and times already.
    if (flags.kinds & kLocal) {
      next.kinds |= kLocal;
      replace(next.calls, spec);
    }
    if (flags.kinds & kMeta) {
      next.kinds |= kMeta;
      replace(next.meta, spec);
      next.meta_tracer = flags.meta_tracer;
    }
    next.kinds |= flags.kinds & kDebug;
    for (PointKind kind : {kCount, kTime}) {
      if (!(flags.kinds & kind)) continue;
      bool& active = kind == kCount ? next.counts : next.times;
      if (on == Switch::Pause) {
        active = false;
        continue;
      }
      if (on == Switch::Restart && !(next.kinds & kind)) continue;
      if (on == Switch::On || on == Switch::Restart) {
        if (kind == kCount) {
          point.count.store(0, std::memory_order_relaxed);
        } else {
          std::lock_guard lock(point.times_mutex);
          point.times_of.clear();
        }
      }
      next.kinds |= kind;
      active = true;
    }
  }
  if (!(next.kinds & kCount)) next.counts = false;
  if (!(next.kinds & kTime)) next.times = false;
  settle(point, next);
}

void Trace::set_global(code::Export& exported, bool on, Spec* spec) {
  if (!on && !exported.breakpoint.load(std::memory_order_acquire)) return;
  PointData next;
  if (savers_ != 0) next.kinds = kSaves;
  if (on) {
    next.kinds |= kGlobal;
    next.calls = retained(spec);
  }
  settle(point_of(exported), next);
}

void Trace::set_saving(code::Export& exported, bool on) {
  const bool is_yield = exported.mfa.module == atoms::erlang && exported.mfa.function == atoms::yield && exported.mfa.arity == 0;
  if (is_yield) return;   // OTP: an instruction of its own, no call
  if (!on && !exported.breakpoint.load(std::memory_order_acquire)) return;
  Point& point = point_of(exported);
  PointData next = runtime_.code->has_breakpoint(exported) ? *point.data() : PointData{};
  next.kinds = on ? next.kinds | kSaves : next.kinds & ~kSaves;
  settle(point, next);
}

// While some process saves its calls each export has a breakpoint, which the others pass by.
void Trace::count_savers(int by) {
  std::lock_guard lock(mutex_);
  const bool before = savers_ != 0;
  savers_ += by;
  if (before == (savers_ != 0)) return;
  for (code::Export* exported : runtime_.code->all_exports()) set_saving(*exported, !before);
}

void Trace::save_calls(process::Process& self, uint32_t most) {
  process::Extra& extra = self.extra();
  const bool before = extra.saved_calls != nullptr;
  extra.saved_calls = most ? std::make_unique<process::SavedCalls>(most) : nullptr;
  self.trace_flags_ = most ? self.trace_flags_ | flag::kSavesCalls : self.trace_flags_ & ~flag::kSavesCalls;
  if (before != (most != 0)) count_savers(before ? -1 : 1);
}

namespace {
bool matches(Mfa pattern, int specified, Mfa mfa) {
  return (specified < 1 || pattern.module == mfa.module) && (specified < 2 || pattern.function == mfa.function) &&
         (specified < 3 || pattern.arity == mfa.arity);
}
}  // namespace

size_t Trace::set_pattern(Mfa mfa, int specified, Switch on, const PatternFlags& flags, Spec* spec) {
  std::lock_guard lock(mutex_);
  const bool is_global = flags.kinds == 0;
  const bool leaves_global = on == Switch::Off || flags.kinds == kDebug;
  size_t exports = 0, functions = 0;
  const std::vector<code::Export*> candidates = specified == 0 ? runtime_.code->all_exports() : runtime_.code->exports_of(mfa.module);
  for (code::Export* exported : candidates) {
    if (!matches(mfa, specified, exported->mfa)) continue;
    ++exports;
    if (is_global) set_global(*exported, on != Switch::Off, spec);
    else if (!leaves_global) set_global(*exported, false, nullptr);
  }
  std::vector<Term> modules{mfa.module};
  if (specified == 0) modules = runtime_.code->loaded();
  for (Term name : modules) {
    code::Module* module = runtime_.code->find_module(name);
    code::ModuleCode* code = module ? module->current.load(std::memory_order_acquire) : nullptr;
    for (size_t i = 0; code && i < code->function_count; ++i) {
      code::Function& function = code->functions[i];
      if (!matches(mfa, specified, function.mfa)) continue;
      ++functions;
      if (!is_global || on != Switch::Off) set_points(function, is_global ? Switch::Off : on, flags, spec);
    }
  }
  return is_global ? exports : functions;
}

// trace_pattern(on_load, …): for code that becomes current.
void Trace::set_default_pattern(Switch on, PatternFlags flags, Spec* spec) {
  std::lock_guard lock(mutex_);
  const bool is_breakpoint = flags.kinds != 0;
  if ((flags.kinds & kLocal) || !is_breakpoint) replace(default_.calls, spec);
  if (flags.kinds & kMeta) {
    replace(default_.meta, spec);
    default_.meta_tracer = flags.meta_tracer;
  } else if (!is_breakpoint) {
    replace(default_.meta, nullptr);
    default_.meta_tracer = {};
  }
  if (on != Switch::On) flags.kinds &= on == Switch::Off ? ~0u : ~uint32_t{kCount | kTime};
  if (default_.kinds && is_breakpoint) {
    if (on != Switch::Off) default_.kinds |= flags.kinds;
    else default_.kinds &= ~flags.kinds;
    default_.on = default_.kinds != 0;
  } else if (!default_.kinds && !is_breakpoint) {
    default_.on = on != Switch::Off;
  } else if (on != Switch::Off) {
    default_.kinds = flags.kinds;
    default_.on = !is_breakpoint || flags.kinds != 0;
  }
}

void Trace::loaded(code::ModuleCode& code) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; savers_ != 0 && i < code.function_count; ++i) {
    const code::Function& function = code.functions[i];
    if (function.exported && function.exported->function.load() == &function) set_saving(*function.exported, true);
  }
  if (!default_.on) return;
  for (size_t i = 0; i < code.function_count; ++i) {
    code::Function& function = code.functions[i];
    if (default_.kinds == 0) {
      if (function.exported && function.exported->function.load() == &function) set_global(*function.exported, true, default_.calls);
      continue;
    }
    if (uint32_t kinds = default_.kinds & ~kMeta) set_points(function, Switch::On, {kinds, Term::none()}, default_.calls);
    if (default_.kinds & kMeta) set_points(function, Switch::On, {kMeta, default_.meta_tracer}, default_.meta);
  }
}

void Trace::set_event_pattern(Term event, bool on, Spec* spec) {
  auto* next = new EventPattern;
  next->on = on;
  next->spec = retained(spec);
  auto& place = event == atoms::send ? sends_ : receives_;
  const EventPattern* before = place.exchange(next, std::memory_order_acq_rel);
  runtime_.epochs->retire(const_cast<EventPattern*>(before), [](void* old) { delete static_cast<EventPattern*>(old); });
}

}  // namespace athanor::trace
