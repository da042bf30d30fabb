// SPDX-License-Identifier: Apache-2.0
#include "trace/tracer.hpp"

#include "bif/bif.hpp"
#include "bif/time.hpp"
#include "os/clock.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "term/external/external.hpp"
#include "term/map.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

using process::Process;
using process::Runtime;

namespace {
struct FlagRow { Term name; uint32_t bits; };
constexpr FlagRow kFlags[] = {
#define X(name, atom) {atoms::atom, flag::k##name},
    ATH_TRACE_FLAGS(X)
#undef X
};
constexpr uint32_t kTimestamps = flag::kTimestamp | flag::kStrictTimestamp | flag::kMonotonicTimestamp;
}  // namespace

uint32_t flag_of(Term name) {
  if (name == atoms::all) return flag::kAll;
  for (const FlagRow& row : kFlags) {
    if (row.name == name) return row.bits;
  }
  return 0;
}

Term flag_list(Allocator& heap, uint32_t flags) {
  Term list = Term::nil();
  for (const FlagRow& row : kFlags) {
    if (flags & row.bits) list = bif::cons(heap, row.name, list);
  }
  return list;
}

TracerHandle module_tracer(Runtime& runtime, Term module, Term state) {
  if (!runtime.call_tracer) return {};
  if (module == atoms::erl_tracer) return state.is_local_pid() || state.is_local_port() ? TracerHandle(state) : TracerHandle();
  if (!runtime.call_tracer(runtime, nullptr, module, {})) return {};
  return TracerHandle::adopt(trace_of(runtime).modules.hold(module, state));
}

TracerHandle parse_tracer(Runtime& runtime, Term option, Term tag) {
  if (is_tuple_of(option, 2) && tuple_element(option, 0) == tag) {
    Term tracer = tuple_element(option, 1);
    return tracer.is_local_pid() || tracer.is_local_port() ? TracerHandle(tracer) : TracerHandle();
  }
  if (!is_tuple_of(option, 3) || tuple_element(option, 0) != tag || !tuple_element(option, 1).is_atom()) return {};
  return module_tracer(runtime, tuple_element(option, 1), tuple_element(option, 2));
}

FlagOptions parse_flags(Runtime& runtime, Term list) {
  FlagOptions out;
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (uint32_t bits = item.is_atom() ? flag_of(item) : 0) {
      out.flags |= bits;
    } else if (item == atoms::cpu_timestamp) {
      out.cpu_timestamp = true;
    } else {
      out.tracer = parse_tracer(runtime, item, atoms::tracer);
      out.is_bad = out.tracer.is_none();
      if (out.is_bad) return out;
    }
  }
  out.is_bad = !list.is_nil();
  return out;
}

Term tracer_term(Runtime& runtime, Allocator& heap, Term tracer) {
  if (!is_module_tracer(tracer)) return tracer;
  const std::shared_ptr<const ModuleTracer> known = trace_of(runtime).modules.find(tracer);
  return known ? bif::make_tuple(heap, known->module, heap::copy(known->state, heap, nullptr)) : Term::nil();
}

namespace {

// Which of a module's functions are for an event: trace_NAME and enabled_NAME, or the general ones.
struct Functions { const char* enabled; const char* trace; };
Functions functions_of(Term event, Term tracee) {
  const bool is_port = tracee.is_local_port();
  for (Term of_calls : {atoms::call, atoms::return_to, atoms::return_from, atoms::exception_from}) {
    if (event == of_calls) return {"enabled_call", "trace_call"};
  }
  if (event == atoms::send || event == atoms::send_to_non_existing_process) return {"enabled_send", "trace_send"};
  if (event == atoms::receive) return {"enabled_receive", "trace_receive"};
  for (Term of_slices : {atoms::in, atoms::out, atoms::in_exiting, atoms::out_exiting, atoms::out_exited}) {
    if (event == of_slices) return is_port ? Functions{"enabled_running_ports", "trace_running_ports"} : Functions{"enabled_running_procs", "trace_running_procs"};
  }
  for (Term of_collections : {atoms::gc_minor_start, atoms::gc_minor_end, atoms::gc_major_start, atoms::gc_major_end}) {
    if (event == of_collections) return {"enabled_garbage_collection", "trace_garbage_collection"};
  }
  if (event == atoms::trace_status || event == atoms::seq_trace) return {nullptr, nullptr};
  return is_port ? Functions{"enabled_ports", "trace_ports"} : Functions{"enabled_procs", "trace_procs"};
}

// OTP: whoever does not answer trace is not told; the status is asked for apart.
Told ask_module(Runtime& runtime, Term tracer, Term tracee, Term event) {
  const bool is_status = event == atoms::trace_status;
  const std::shared_ptr<const ModuleTracer> known = trace_of(runtime).modules.find(tracer);
  if (!known) return is_status ? Told::Remove : Told::Discard;
  const Term arguments[] = {event, known->state, tracee};
  Term answer = atoms::remove;
  const process::TracerCall call{functions_of(event, tracee).enabled, "enabled", arguments, 3, &answer};
  const bool was_called = runtime.call_tracer(runtime, nullptr, known->module, call);
  if (is_status) return was_called && answer != atoms::remove ? Told::Yes : Told::Remove;
  return was_called && answer == atoms::trace ? Told::Yes : Told::Discard;
}

}  // namespace

Told look(Runtime& runtime, Term tracer, Term tracee, Term event) {
  if (is_module_tracer(tracer)) return ask_module(runtime, tracer, tracee, event);
  if (tracer == tracee) return Told::Discard;
  if (tracer.is_local_pid()) {
    Process* process = runtime.processes->find(tracer);
    return process && !process::is_exiting(*process) ? Told::Yes : Told::Remove;
  }
  return runtime.port_is_open && runtime.port_is_open(runtime, tracer) ? Told::Yes : Told::Remove;
}

// OTP: where several are asked for, the first of these counts.
Term time_stamp(Runtime& runtime, Allocator& heap, uint32_t flags) {
  if (flags & flag::kTimestamp) {
    if (runtime.trace_cpu_time.load(std::memory_order_relaxed)) return bif::timestamp_tuple(heap, athanor::os::process_cpu_ns() / 1000);
    return bif::timestamp_tuple(heap, bif::next_now_us(runtime));
  }
  Term time = integer::from_int64(heap, bif::erlang_monotonic_ns(runtime));
  if (flags & flag::kMonotonicTimestamp && !(flags & flag::kStrictTimestamp)) return time;
  // As erlang:unique_integer([monotonic]).
  const int64_t unique = static_cast<int64_t>(runtime.counters.unique_monotonic.fetch_add(1, std::memory_order_seq_cst)) + Term::kSmallMin;
  return bif::make_tuple(heap, time, integer::from_int64(heap, unique));
}

namespace {

void deliver(Runtime& runtime, Term tracer, Term* elements, size_t count, heap::FragmentAllocator& to, Term from) {
  Term* place = to.allocate(count + 1);
  place[0].raw = tuple_header(count);
  for (size_t i = 0; i < count; ++i) place[1 + i] = elements[i];
  Term message = Term::boxed(place);
  if (tracer.is_local_pid()) {
    process::send_parcel(runtime, tracer, {message, to.take()}, from);
  } else if (runtime.port_output) {
    std::string bytes;
    external::encode(message, {}, bytes);
    runtime.port_output(runtime, tracer, std::move(bytes));
  }
}

// What the message would say goes to the module as arguments and options; the stamp is left to it.
void tell_module(Runtime& runtime, Term tracer, uint32_t flags, const Event& event, Term from) {
  const std::shared_ptr<const ModuleTracer> known = trace_of(runtime).modules.find(tracer);
  if (!known) return;
  heap::FragmentAllocator memory(16);
  Term pairs[8];
  size_t count = 0;
  auto option = [&](Term key, Term value) {
    pairs[count++] = key;
    pairs[count++] = value;
  };
  if (!event.extra.is_none()) option(atoms::extra, event.extra);
  if (!event.result.is_none() && event.result != atoms::true_) option(atoms::match_spec_result, event.result);
  if (flags & flag::kSchedulerId) option(atoms::scheduler_id, Term::small(runtime.scheduling->current_scheduler_id()));
  if (flags & flag::kTimestamp) option(atoms::timestamp, runtime.trace_cpu_time.load(std::memory_order_relaxed) ? atoms::cpu_timestamp : atoms::timestamp);
  else if (flags & flag::kStrictTimestamp) option(atoms::timestamp, atoms::strict_monotonic);
  else if (flags & flag::kMonotonicTimestamp) option(atoms::timestamp, atoms::monotonic);
  const Term arguments[] = {event.tag, known->state, event.subject, event.data, map::from_pairs(memory, pairs, count / 2)};
  Term answer;
  const process::TracerCall call{functions_of(event.tag, event.subject).trace, "trace", arguments, 5, &answer};
  Process* runs = from.is_local_pid() ? runtime.processes->find(from) : nullptr;
  (void)runtime.call_tracer(runtime, runs, known->module, call);
}

}  // namespace

void tell(Runtime& runtime, Term tracer, uint32_t flags, const Event& event, Term from) {
  if (is_module_tracer(tracer)) {
    tell_module(runtime, tracer, flags, event, from);
    return;
  }
  heap::FragmentAllocator to(64);
  auto copied = [&](Term t) { return t.is_immediate() ? t : heap::copy(t, to, runtime.literals); };
  Term elements[8];
  size_t count = 0;
  const bool is_stamped = (flags & kTimestamps) != 0;
  elements[count++] = is_stamped ? atoms::trace_ts : atoms::trace;
  elements[count++] = copied(event.subject);
  elements[count++] = event.tag;
  elements[count++] = copied(event.data);
  if (!event.extra.is_none()) elements[count++] = copied(event.extra);
  if (!event.result.is_none() && event.result != atoms::true_) elements[count++] = copied(event.result);
  if (flags & flag::kSchedulerId) elements[count++] = Term::small(runtime.scheduling->current_scheduler_id());
  if (is_stamped) elements[count++] = time_stamp(runtime, to, flags);
  deliver(runtime, tracer, elements, count, to, from);
}

void tell_sequential(Runtime& runtime, Term tracer, uint32_t flags, Term label, Term data, Term from) {
  if (is_module_tracer(tracer)) {
    tell_module(runtime, tracer, flags, {label, atoms::seq_trace, data, Term::none(), Term::none()}, from);
    return;
  }
  heap::FragmentAllocator to(64);
  Term elements[4] = {atoms::seq_trace, heap::copy(label, to, runtime.literals), heap::copy(data, to, runtime.literals), Term::none()};
  size_t count = 3;
  if (flags & kTimestamps) elements[count++] = time_stamp(runtime, to, flags);
  deliver(runtime, tracer, elements, count, to, from);
}

void set_flags(Process& self, uint32_t flags, Term tracer) {
  constexpr uint32_t kOwn = ~(flag::kAll | flag::kAsksTracer);
  if (flags == 0 && !self.extra_if_any()) return;
  const uint32_t asks = flags != 0 && is_module_tracer(tracer) ? flag::kAsksTracer : 0;
  self.trace_flags_ = (self.trace_flags_ & kOwn) | (flags & flag::kAll) | asks;
  process::Extra& extra = self.extra();
  const Term before = extra.tracer, next = flags == 0 ? Term::none() : tracer;
  if (next == before) return;
  ModuleTracers& modules = trace_of(self.runtime()).modules;
  modules.retain(next);
  extra.tracer = next;
  modules.release(before);
}

Term tracer_of(Process& self) {
  if (!(self.trace_flags_ & flag::kAll)) return Term::none();
  Term tracer = self.extra().tracer;
  return is_module_tracer(tracer) ? tracer : living_tracer_of(self);
}

Term living_tracer_of(Process& self) {
  if (!(self.trace_flags_ & flag::kAll)) return Term::none();
  Term tracer = self.extra().tracer;
  if (!tracer.is_none() && look(self.runtime(), tracer, self.pid()) != Told::Remove) return tracer;
  set_flags(self, 0, Term::none());
  return Term::none();
}

}  // namespace athanor::trace
