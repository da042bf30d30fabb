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

void parse_tracer(Term option, Term tag, FlagOptions& out) {
  using Fault = FlagOptions::Fault;
  out.fault = Fault::BadOption;
  if (is_tuple_of(option, 2) && tuple_element(option, 0) == tag) {
    Term tracer = tuple_element(option, 1);
    if (!tracer.is_local_pid() && !tracer.is_local_port()) return;
    out.tracer = tracer;
    out.fault = Fault::None;
  } else if (is_tuple_of(option, 3) && tuple_element(option, 0) == tag && tuple_element(option, 1).is_atom()) {
    Term state = tuple_element(option, 2);
    if (tuple_element(option, 1) == atoms::erl_tracer && (state.is_local_pid() || state.is_local_port())) {
      out.tracer = state;
      out.fault = Fault::None;
    } else {
      out.fault = Fault::NoTracerModule;
    }
  }
}

FlagOptions parse_flags(Term list) {
  FlagOptions out;
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (uint32_t bits = item.is_atom() ? flag_of(item) : 0) {
      out.flags |= bits;
    } else if (item == atoms::cpu_timestamp) {
      out.cpu_timestamp = true;
    } else {
      parse_tracer(item, atoms::tracer, out);
      if (out.fault != FlagOptions::Fault::None) return out;
    }
  }
  if (!list.is_nil()) out.fault = FlagOptions::Fault::BadOption;
  return out;
}

Told look(Runtime& runtime, Term tracer, Term tracee) {
  if (tracer == tracee) return Told::Discard;
  if (tracer.is_local_pid()) {
    Process* process = runtime.processes->find(tracer);
    return process && !process::is_exiting(*process) ? Told::Yes : Told::Remove;
  }
  return runtime.port_is_open && runtime.port_is_open(runtime, tracer) ? Told::Yes : Told::Remove;
}

namespace {

// OTP: where several are asked for, the first of these counts.
Term stamp(Runtime& runtime, Allocator& heap, uint32_t flags) {
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

}  // namespace

void tell(Runtime& runtime, Term tracer, uint32_t flags, const Event& event, Term from) {
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
  if (is_stamped) elements[count++] = stamp(runtime, to, flags);
  deliver(runtime, tracer, elements, count, to, from);
}

void tell_sequential(Runtime& runtime, Term tracer, uint32_t flags, Term label, Term data, Term from) {
  heap::FragmentAllocator to(64);
  Term elements[4] = {atoms::seq_trace, heap::copy(label, to, runtime.literals), heap::copy(data, to, runtime.literals), Term::none()};
  size_t count = 3;
  if (flags & kTimestamps) elements[count++] = stamp(runtime, to, flags);
  deliver(runtime, tracer, elements, count, to, from);
}

void set_flags(Process& self, uint32_t flags, Term tracer) {
  constexpr uint32_t kOwn = ~flag::kAll;
  if (flags == 0 && !self.extra_if_any()) return;
  self.trace_flags_ = (self.trace_flags_ & kOwn) | (flags & flag::kAll);
  process::Extra& extra = self.extra();
  extra.tracer = flags == 0 ? Term::none() : tracer;
}

Term tracer_of(Process& self) {
  if (!(self.trace_flags_ & flag::kAll)) return Term::none();
  Term tracer = self.extra().tracer;
  if (!tracer.is_none() && look(self.runtime(), tracer, self.pid()) != Told::Remove) return tracer;
  set_flags(self, 0, Term::none());
  return Term::none();
}

}  // namespace athanor::trace
