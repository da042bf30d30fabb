// SPDX-License-Identifier: Apache-2.0
// system_monitor. Who monitors is told of long slices, and of long and large collections.
#include <algorithm>
#include <mutex>

#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "trace/trace.hpp"

#define ATH_FAMILY "trace/trace.def"
#include "bif/declare.inc"

namespace athanor::trace {

using process::Process;

namespace {

struct Figure { Term name; int64_t value; };

Term figures(Allocator& memory, const Figure* rows, size_t count) {
  Term list = Term::nil();
  for (size_t i = count; i-- > 0;) list = bif::cons(memory, bif::make_tuple(memory, rows[i].name, integer::from_int64(memory, rows[i].value)), list);
  return list;
}

// {monitor, Pid, What, Info}; not about the monitor itself.
void tell_monitor(Process& self, Term monitor, Term what, Term info, heap::FragmentAllocator& memory) {
  if (monitor == self.pid()) return;
  Term message = bif::make_tuple(memory, atoms::monitor, self.pid(), what, info);
  process::send_parcel(self.runtime(), monitor, {message, memory.take()});
}

sched::SystemMonitor settings_of(Process& self) {
  auto& settings = self.runtime().scheduling->settings;
  std::lock_guard lock(settings.monitor_mutex);
  return settings.monitor;
}

}  // namespace

void Trace::collected(Process& self, int64_t ns) {
  const sched::SystemMonitor monitor = settings_of(self);
  const heap::Heap& heap = self.heap();
  auto count = [](const Term* from, const Term* to) { return static_cast<int64_t>(to - from); };
  const Figure rows[] = {
      {atoms::timeout, ns / 1'000'000},
      {atoms::old_heap_block_size, count(heap.old_start_, heap.old_end_)},
      {atoms::heap_block_size, static_cast<int64_t>(heap.block_words())},
      {atoms::mbuf_size, heap.fragment_words_},
      {atoms::stack_size, count(heap.stack_top(), heap.end_)},
      {atoms::old_heap_size, count(heap.old_start_, heap.old_top_)},
      {atoms::heap_size, count(heap.start_, heap.top())},
  };
  if (monitor.long_gc_ms && ns / 1'000'000 > static_cast<int64_t>(monitor.long_gc_ms)) {
    heap::FragmentAllocator memory(64);
    tell_monitor(self, Term(monitor.pid_raw), atoms::long_gc, figures(memory, rows, std::size(rows)), memory);
  }
  if (monitor.large_heap_words && heap.block_words() + static_cast<size_t>(heap.old_end_ - heap.old_start_) >= monitor.large_heap_words) {
    heap::FragmentAllocator memory(64);
    tell_monitor(self, Term(monitor.pid_raw), atoms::large_heap, figures(memory, rows + 1, std::size(rows) - 1), memory);
  }
}

void Trace::ran_long(Process& self, int64_t ms, Mfa in) {
  heap::FragmentAllocator memory(64);
  auto place = [&](Mfa mfa) -> Term {
    return mfa.module.is_none() ? atoms::undefined : bif::make_tuple(memory, mfa.module, mfa.function, Term::small(mfa.arity));
  };
  Term info = Term::nil();
  info = bif::cons(memory, bif::make_tuple(memory, atoms::out, place(engine::current_function(self))), info);
  info = bif::cons(memory, bif::make_tuple(memory, atoms::in, place(in)), info);
  info = bif::cons(memory, bif::make_tuple(memory, atoms::timeout, integer::from_int64(memory, ms)), info);
  tell_monitor(self, Term(settings_of(self).pid_raw), atoms::long_schedule, info, memory);
}

}  // namespace athanor::trace

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
    if (name == atoms::long_gc) out.long_gc_ms = std::max<uint64_t>(limit, 1);
    else if (name == atoms::long_schedule) out.long_schedule_ms = std::max<uint64_t>(limit, 1);
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
  self.runtime().monitors_collections.store(next.long_gc_ms || next.large_heap_words, std::memory_order_relaxed);
  self.runtime().long_slice_ms.store(static_cast<int64_t>(next.long_schedule_ms), std::memory_order_relaxed);
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

}  // namespace athanor::bif
