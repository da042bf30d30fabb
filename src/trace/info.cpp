// SPDX-License-Identifier: Apache-2.0
// What trace_info/2 tells.
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "heap/copy.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

namespace {
Term source_of(Allocator& heap, const Spec* spec, bool is_set) {
  if (!is_set) return atoms::false_;
  return spec ? heap::copy(spec->source, heap, nullptr) : Term::nil();
}
Term pair(Allocator& heap, Term key, Term value) { return bif::make_tuple(heap, key, value); }
}  // namespace

Term Trace::event_info(Allocator& heap, Term event) {
  const EventPattern& pattern = *(event == atoms::send ? sends_ : receives_).load(std::memory_order_acquire);
  Term value = !pattern.on ? atoms::false_ : pattern.spec ? source_of(heap, pattern.spec, true) : atoms::true_;
  return pair(heap, atoms::match_spec, value);
}

// [{Pid, Count, Seconds, Microseconds}]
Term Trace::timed_list(Allocator& heap, Point& point) {
  std::lock_guard lock(point.times_mutex);
  Term list = Term::nil();
  for (const auto& [pid, time] : point.times_of) {
    const int64_t us = time.ns / 1000;
    list = bif::cons(heap, bif::make_tuple(heap, Term(pid), integer::from_uint64(heap, time.calls), Term::small(us / 1'000'000), Term::small(us % 1'000'000)), list);
  }
  return list;
}

Term Trace::function_info(Allocator& heap, Mfa mfa, Term key) {
  std::lock_guard lock(mutex_);
  code::Export* exported = runtime_.code->find_export(mfa.module, mfa.function, mfa.arity);
  Point* point = exported && runtime_.code->has_breakpoint(*exported) ? static_cast<Point*>(exported->breakpoint.load()) : nullptr;
  code::Module* module = runtime_.code->find_module(mfa.module);
  code::ModuleCode* code = module ? module->current.load(std::memory_order_acquire) : nullptr;
  code::Function* function = code ? code->find(mfa.function, mfa.arity) : nullptr;
  if (!function && !(exported && exported->is_defined())) return pair(heap, key, atoms::undefined);
  if (point && point->data()->kinds == kSaves) point = nullptr;
  if (!point && function && runtime_.code->has_breakpoint(*function)) point = static_cast<Point*>(function->breakpoint.load());
  if (!point) return pair(heap, key, atoms::false_);
  const PointData& data = *point->data();
  auto answer = [&](Term wanted) -> Term {
    if (wanted == atoms::traced) return data.kinds & kGlobal ? atoms::global : data.kinds & kLocal ? atoms::local : atoms::false_;
    if (wanted == atoms::match_spec) return source_of(heap, data.calls, data.kinds & (kLocal | kGlobal));
    if (wanted == atoms::meta) return data.kinds & kMeta ? (data.meta_tracer.is_none() ? Term::nil() : tracer_term(runtime_, heap, data.meta_tracer)) : atoms::false_;
    if (wanted == atoms::meta_match_spec) return source_of(heap, data.meta, data.kinds & kMeta);
    if (wanted == atoms::call_count) return data.kinds & kCount ? integer::from_uint64(heap, point->count.load()) : atoms::false_;
    if (wanted == atoms::call_time) return data.kinds & kTime ? timed_list(heap, *point) : atoms::false_;
    return Term::none();
  };
  if (key != atoms::all) {
    Term value = answer(key);
    // OTP: no meta tracer is [] here and false among all.
    if (key == atoms::meta && value == atoms::false_) value = Term::nil();
    return value.is_none() ? value : pair(heap, key, value);
  }
  Term list = Term::nil();
  for (Term name : {atoms::call_count, atoms::call_time, atoms::meta_match_spec, atoms::meta, atoms::match_spec, atoms::traced}) {
    list = bif::cons(heap, pair(heap, name, answer(name)), list);
  }
  return pair(heap, key, list);
}

Term Trace::default_info(Allocator& heap, Term key) {
  std::lock_guard lock(mutex_);
  if (!default_.on) return pair(heap, key, atoms::false_);
  const bool is_global = default_.kinds == 0;
  auto answer = [&](Term wanted) -> Term {
    if (wanted == atoms::traced) return is_global ? atoms::global : default_.kinds & kLocal ? atoms::local : atoms::false_;
    if (wanted == atoms::match_spec) return source_of(heap, default_.calls, is_global || (default_.kinds & kLocal));
    if (wanted == atoms::meta) return default_.kinds & kMeta ? tracer_term(runtime_, heap, default_.meta_tracer) : atoms::false_;
    if (wanted == atoms::meta_match_spec) return source_of(heap, default_.meta, default_.kinds & kMeta);
    if (wanted == atoms::call_count) return boolean(default_.kinds & kCount);
    if (wanted == atoms::call_time) return boolean(default_.kinds & kTime);
    return Term::none();
  };
  if (key != atoms::all) {
    Term value = answer(key);
    return value.is_none() ? value : pair(heap, key, value);
  }
  Term list = Term::nil();   // OTP: without call_time
  for (Term name : {atoms::call_count, atoms::meta_match_spec, atoms::meta, atoms::match_spec, atoms::traced}) {
    list = bif::cons(heap, pair(heap, name, answer(name)), list);
  }
  return pair(heap, key, list);
}

}  // namespace athanor::trace
