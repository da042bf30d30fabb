// SPDX-License-Identifier: Apache-2.0
// system_profile/2: who runs when. A message is made and sent under one lock, so that the profiler sees true order.
#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "term/external/external.hpp"
#include "trace/trace.hpp"
#define ATH_FAMILY "trace/trace.def"
#include "bif/declare.inc"

namespace athanor::trace {

using process::Process;
namespace profile = process::profile;

namespace {
struct Option { Term name; uint32_t bit; };
// In the order in which system_profile/0 tells them, last first.
constexpr Option kOptions[] = {
    {atoms::runnable_ports, profile::kPorts}, {atoms::runnable_procs, profile::kProcesses}, {atoms::scheduler, profile::kSchedulers}, {atoms::exclusive, profile::kExclusive}};
}  // namespace

bool Trace::set_profile(Term profiler, uint32_t what, uint32_t timestamp) {
  if (!profiler.is_local_pid() && !profiler.is_local_port()) return false;
  if (!is_alive(runtime_, profiler)) return false;
  std::lock_guard lock(profile_mutex_);
  profile_timestamp_ = timestamp;
  active_schedulers_ = static_cast<int>(runtime_.scheduling->awake_schedulers());
  profiler_raw_.store(profiler.raw, std::memory_order_relaxed);
  runtime_.profiled.store(what, std::memory_order_release);
  return true;
}

void Trace::forget_profiler() {
  runtime_.profiled.store(0, std::memory_order_release);
  profiler_raw_.store(0, std::memory_order_relaxed);
}

void Trace::clear_profile() {
  std::lock_guard lock(profile_mutex_);
  forget_profiler();
}

Term Trace::profile_term(Allocator& heap) {
  std::lock_guard lock(profile_mutex_);
  Term profiler(profiler_raw_.load(std::memory_order_relaxed));
  if (profiler.is_none()) return atoms::undefined;
  if (!is_alive(runtime_, profiler)) {
    forget_profiler();
    return atoms::undefined;
  }
  const uint32_t what = runtime_.profiled.load(std::memory_order_relaxed);
  Term list = Term::nil();
  for (const Option& option : kOptions) {
    if (what & option.bit) list = bif::cons(heap, option.name, list);
  }
  return bif::make_tuple(heap, profiler, list);
}

// {profile, Subject, …, Timestamp}. A port may be at work for this very thread: it is written to by another. So is a process of what
// schedulers do: their idleness would end by being told.
void Trace::tell_profiler(Term subject, Term* elements, size_t count, heap::FragmentAllocator& memory, int schedulers) {
  const Term profiler(profiler_raw_.load(std::memory_order_relaxed));
  if (profiler.is_none() || profiler == subject) return;
  std::lock_guard lock(profile_mutex_);
  active_schedulers_ += schedulers;
  if (schedulers != 0) elements[count - 1] = Term::small(active_schedulers_);
  elements[count++] = time_stamp(runtime_, memory, profile_timestamp_);
  Term* place = memory.allocate(count + 1);
  place[0].raw = tuple_header(count);
  std::copy_n(elements, count, place + 1);
  const Term message = Term::boxed(place);
  if (profiler.is_local_pid() && schedulers == 0) {
    if (process::send_parcel(runtime_, profiler, {message, memory.take()})) return;
    forget_profiler();   // it has ended
    return;
  }
  ProfileOutput output{{message, nullptr}, {}};
  if (profiler.is_local_pid()) output.parcel.fragments = memory.take();
  else external::encode(message, {}, output.bytes);
  profile_output_.push_back(std::move(output));
  if (profile_written_) return;
  profile_written_ = true;
  runtime_.scheduling->run_in_background(write_profile, this);
}

void Trace::write_profile(void* raw) {
  auto& trace = *static_cast<Trace*>(raw);
  process::ThreadScope scope(trace.runtime_);
  for (;;) {
    ProfileOutput output;
    Term profiler;
    {
      std::lock_guard lock(trace.profile_mutex_);
      profiler = Term(trace.profiler_raw_.load(std::memory_order_relaxed));
      if (trace.profile_output_.empty()) {
        trace.profile_written_ = false;
        return;
      }
      output = std::move(trace.profile_output_.front());
      trace.profile_output_.pop_front();
    }
    if (!output.bytes.empty() && profiler.is_local_port()) trace.runtime_.port_output(trace.runtime_, profiler, std::move(output.bytes));
    else if (output.bytes.empty() && profiler.is_local_pid()) process::send_parcel(trace.runtime_, profiler, output.parcel);
    else heap::discard(output.parcel);
  }
}

void Trace::profiled(Process& process, bool active) {
  if (profiler_raw_.load(std::memory_order_relaxed) == process.pid().raw) return;
  heap::FragmentAllocator memory(24);
  Term place = Term::small(0);
  if (!process::is_exiting(process)) {
    const Mfa mfa = engine::current_function(process);
    place = bif::make_tuple(memory, mfa.module, mfa.function, Term::small(mfa.arity));
  }
  Term elements[5] = {atoms::profile, process.pid(), active ? atoms::active : atoms::inactive, place};
  tell_profiler(process.pid(), elements, 4, memory, 0);
}

void Trace::port_profiled(Term port, bool active) {
  heap::FragmentAllocator memory(24);
  Term elements[5] = {atoms::profile, port, active ? atoms::active : atoms::inactive, Term::small(0)};
  tell_profiler(port, elements, 4, memory, 0);
}

void Trace::scheduler_profiled(uint32_t id, bool active) {
  heap::FragmentAllocator memory(24);
  Term elements[6] = {atoms::profile, atoms::scheduler, Term::small(id), active ? atoms::active : atoms::inactive, Term::small(0)};
  tell_profiler(Term::none(), elements, 5, memory, active ? 1 : -1);
}

}  // namespace athanor::trace

namespace athanor::bif {

BifResult erlang::system_profile_0(Process& self, const Term*) { return trace::trace_of(self.runtime()).profile_term(self.heap()); }

BifResult erlang::system_profile_2(Process& self, const Term* args) {
  trace::Trace& trace = trace::trace_of(self.runtime());
  if (args[0] == atoms::undefined || args[1].is_nil()) {
    const Term before = trace.profile_term(self.heap());
    trace.clear_profile();
    return before;
  }
  uint32_t what = 0, timestamp = process::trace_flag::kTimestamp;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    const Term name = list.head();
    uint32_t bit = 0;
    for (const trace::Option& option : trace::kOptions) {
      if (option.name == name) bit = option.bit;
    }
    what |= bit;
    if (name == atoms::timestamp) timestamp = process::trace_flag::kTimestamp;
    else if (name == atoms::monotonic_timestamp) timestamp = process::trace_flag::kMonotonicTimestamp;
    else if (name == atoms::strict_monotonic_timestamp) timestamp = process::trace_flag::kStrictTimestamp;
    else if (bit == 0) return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  const Term before = trace.profile_term(self.heap());
  if (!trace.set_profile(args[0], what, timestamp)) return self.badarg();
  return before;
}

}  // namespace athanor::bif
