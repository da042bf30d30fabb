// SPDX-License-Identifier: Apache-2.0
// system_monitor, system_profile, seq_trace. Monitor settings are kept and told; no layer sends their messages yet.
#include <mutex>

#include "bif/bif.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

using sched::SystemMonitor;

namespace {

Term told(Process& self, const SystemMonitor& monitor) {
  Term pid(monitor.pid_raw);
  if (pid.is_none()) return atoms::undefined;
  if (!self.runtime().processes->find(pid)) return atoms::undefined;   // goes with its process
  Allocator& heap = self.heap();
  Term list = Term::nil();
  auto add = [&](Term item) { list = cons(heap, item, list); };
  // OTP: the order in which the stock VM tells them.
  if (monitor.long_gc_ms) add(make_tuple(heap, atoms::long_gc, integer::from_uint64(heap, monitor.long_gc_ms)));
  if (monitor.long_schedule_ms) add(make_tuple(heap, atoms::long_schedule, integer::from_uint64(heap, monitor.long_schedule_ms)));
  if (monitor.large_heap_words) add(make_tuple(heap, atoms::large_heap, integer::from_uint64(heap, monitor.large_heap_words)));
  if (monitor.busy_port) add(atoms::busy_port);
  if (monitor.busy_dist_port) add(atoms::busy_dist_port);
  return make_tuple(heap, pid, list);
}

bool parse(Term list, SystemMonitor& out) {
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (item == atoms::busy_port) { out.busy_port = true; continue; }
    if (item == atoms::busy_dist_port) { out.busy_dist_port = true; continue; }
    if (!is_tuple_of(item, 2)) return false;
    uint64_t limit;
    if (!integer::to_uint64(tuple_element(item, 1), limit)) return false;
    Term name = tuple_element(item, 0);
    if (name == atoms::long_gc) out.long_gc_ms = limit;
    else if (name == atoms::long_schedule) out.long_schedule_ms = limit;
    else if (name == atoms::large_heap) out.large_heap_words = limit < 16384 ? 16384 : limit;
    else return false;
  }
  return list.is_nil();
}

BifResult set(Process& self, Term pid, Term list) {
  SystemMonitor next;
  if (pid != atoms::undefined && !list.is_nil()) {
    if (!list.is_list_cell() || !pid.is_local_pid() || !self.runtime().processes->find(pid) || !parse(list, next)) return self.badarg();
    next.pid_raw = pid.raw;
  }
  auto& settings = self.runtime().scheduling->settings;
  std::lock_guard lock(settings.monitor_mutex);
  Term before = told(self, settings.monitor);
  settings.monitor = next;
  return before;
}

}  // namespace

BifResult erlang::system_monitor_0(Process& self, const Term*) {
  auto& settings = self.runtime().scheduling->settings;
  std::lock_guard lock(settings.monitor_mutex);
  return told(self, settings.monitor);
}

BifResult erlang::system_monitor_1(Process& self, const Term* args) {
  if (args[0] == atoms::undefined) return set(self, atoms::undefined, Term::nil());
  if (!is_tuple_of(args[0], 2)) return self.badarg();
  return set(self, tuple_element(args[0], 0), tuple_element(args[0], 1));
}

BifResult erlang::system_monitor_2(Process& self, const Term* args) { return set(self, args[0], args[1]); }

BifResult erlang::system_profile_0(Process&, const Term*) { return atoms::undefined; }

// Profiling is never on, so switching it off is all that works.
BifResult erlang::system_profile_2(Process& self, const Term* args) {
  if (args[0] == atoms::undefined || args[1].is_nil()) return atoms::undefined;
  if (!args[0].is_local_pid() && !args[0].is_local_port()) return self.badarg();
  return self.error(atoms::notsup);
}

// --- sequential tracing: no process carries a token until tracing exists ---

BifResult erlang::seq_trace_info_1(Process& self, const Term* args) {
  Term item = args[0];
  // Without a token flags are false, the rest is [].
  for (Term flag : {atoms::send, atoms::receive, atoms::print, atoms::timestamp, atoms::monotonic_timestamp, atoms::strict_monotonic_timestamp})
    if (item == flag) return make_tuple(self.heap(), item, atoms::false_);
  if (item == atoms::label || item == atoms::serial) return Term::nil();
  return self.badarg();
}

// Clearing the token that is not there works; setting one is not supported.
BifResult erlang::seq_trace_2(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  if (args[0] == atoms::sequential_trace_token && args[1].is_nil()) return Term::nil();
  return self.error(atoms::notsup);
}

BifResult erlang::seq_trace_print_1(Process&, const Term*) { return atoms::false_; }

BifResult erlang::seq_trace_print_2(Process&, const Term*) { return atoms::false_; }

}  // namespace athanor::bif
