// SPDX-License-Identifier: Apache-2.0
// erlang:statistics/1 and the measuring that it shows.
#include "bif/bif.hpp"
#include "os/clock.hpp"
#include "process/executor.hpp"
#include "sched/scheduling.hpp"
#include "term/map.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

Term number(Process& self, uint64_t value) { return integer::from_uint64(self.heap(), value); }

// {Total, SinceTheLastCall}
Term total_and_since(Process& self, int64_t total, std::atomic<int64_t>& last) {
  int64_t before = last.exchange(total, std::memory_order_relaxed);
  return make_tuple(self.heap(), integer::from_int64(self.heap(), total), integer::from_int64(self.heap(), total - before));
}

// Reductions of the running slice are not yet in the schedulers' total.
int64_t reductions_now(Process& self, bool exact) {
  auto total = static_cast<int64_t>(self.runtime().scheduling->total_reductions());
  if (exact && self.reductions_left_ < process::kReductionsPerSlice) total += process::kReductionsPerSlice - self.reductions_left_;
  return total;
}

enum class Count : bool { Waiting, Active };
enum class Include : bool { CpuBound, All };

// Schedulers' queues, then the queue of dirty CPU, then that of dirty IO where all are asked for.
std::vector<uint32_t> queues(Process& self, Count count, Include include) {
  sched::Scheduling& s = *self.runtime().scheduling;
  std::vector<uint32_t> lengths = count == Count::Active ? s.active_tasks() : s.run_queue_lengths();
  for (bool io : {false, true}) {
    if (io && include == Include::CpuBound) break;
    lengths.push_back(s.dirty_queue_length(io) + (count == Count::Active ? s.dirty_busy(io) : 0));
  }
  return lengths;
}

Term list_of(Process& self, const std::vector<uint32_t>& values) {
  std::vector<Term> items;
  for (uint32_t value : values) items.push_back(Term::small(value));
  return make_list(self.heap(), items.data(), items.size());
}

Term sum_of(const std::vector<uint32_t>& values) {
  int64_t sum = 0;
  for (uint32_t value : values) sum += value;
  return Term::small(sum);
}

Term wall_times(Process& self, Include include) {
  sched::Scheduling& s = *self.runtime().scheduling;
  std::vector<sched::Scheduling::WallTime> times = s.wall_times();
  if (times.empty()) return atoms::undefined;
  size_t count = include == Include::All ? times.size() : s.scheduler_count() + s.dirty_cpu_count();
  std::vector<Term> items;
  for (size_t i = 0; i < count && i < times.size(); ++i)
    items.push_back(make_tuple(self.heap(), Term::small(times[i].id), integer::from_int64(self.heap(), times[i].active_ns),
                               integer::from_int64(self.heap(), times[i].total_ns)));
  return make_list(self.heap(), items.data(), items.size());
}

// [#{type, id, counters => #{State => Time}}] of the threads there are, in units of os:perf_counter/0.
Term microstates(Process& self) {
  static constexpr Term kTypes[] = {atoms::scheduler, atoms::dirty_cpu_scheduler, atoms::dirty_io_scheduler, atoms::poll};
  static constexpr Term kStates[base::kMicrostates] = {atoms::aux, atoms::check_io, atoms::emulator, atoms::gc, atoms::other, atoms::port, atoms::sleep};
  Allocator& heap = self.heap();
  Term list = Term::nil();
  const auto threads = self.runtime().scheduling->microstates();
  for (size_t i = threads.size(); i-- > 0;) {
    Term counters[2 * base::kMicrostates];
    for (size_t state = 0; state < base::kMicrostates; ++state) {
      counters[2 * state] = kStates[state];
      counters[2 * state + 1] = integer::from_int64(heap, threads[i].ns[state]);
    }
    Term pairs[] = {atoms::counters, map::from_pairs(heap, counters, base::kMicrostates), atoms::id, Term::small(threads[i].id), atoms::type, kTypes[threads[i].kind]};
    list = cons(heap, map::from_pairs(heap, pairs, 3), list);
  }
  return list;
}

}  // namespace

BifResult erlang::statistics_1(Process& self, const Term* args) {
  process::Runtime& runtime = self.runtime();
  sched::Scheduling& s = *runtime.scheduling;
  Allocator& heap = self.heap();
  Term key = args[0];
  if (key == atoms::runtime) return total_and_since(self, athanor::os::process_cpu_ns() / 1'000'000, runtime.last_runtime_ms);
  if (key == atoms::wall_clock)
    return total_and_since(self, (runtime.clock->monotonic_ns() - runtime.start_monotonic_ns) / 1'000'000, runtime.last_wall_ms);
  if (key == atoms::reductions) return total_and_since(self, reductions_now(self, false), runtime.last_reductions);
  if (key == atoms::exact_reductions) return total_and_since(self, reductions_now(self, true), s.settings.last_exact_reductions);
  if (key == atoms::context_switches) return make_tuple(heap, number(self, s.context_switches()), Term::small(0));
  if (key == atoms::garbage_collection)
    return make_tuple(heap, number(self, runtime.collections.load(std::memory_order_relaxed)),
                      number(self, runtime.words_reclaimed.load(std::memory_order_relaxed)), Term::small(0));
  if (key == atoms::io) {
    Term input = make_tuple(heap, atoms::input, number(self, runtime.bytes_in.load(std::memory_order_relaxed)));
    return make_tuple(heap, input, make_tuple(heap, atoms::output, number(self, runtime.bytes_out.load(std::memory_order_relaxed))));
  }
  if (key == atoms::run_queue) return Term::small(s.run_queue_length());
  if (key == atoms::run_queues) {
    Term list = list_of(self, queues(self, Count::Waiting, Include::All));
    auto arity = static_cast<size_t>(list_length(list));
    Term* place = heap.allocate(arity + 1);
    place[0].raw = tuple_header(arity);
    for (size_t i = 1; i <= arity; ++i, list = list.tail()) place[i] = list.head();
    return Term::boxed(place);
  }
  if (key == atoms::run_queue_lengths) return list_of(self, queues(self, Count::Waiting, Include::CpuBound));
  if (key == atoms::run_queue_lengths_all) return list_of(self, queues(self, Count::Waiting, Include::All));
  if (key == atoms::active_tasks) return list_of(self, queues(self, Count::Active, Include::CpuBound));
  if (key == atoms::active_tasks_all) return list_of(self, queues(self, Count::Active, Include::All));
  if (key == atoms::total_run_queue_lengths) return sum_of(queues(self, Count::Waiting, Include::CpuBound));
  if (key == atoms::total_run_queue_lengths_all) return sum_of(queues(self, Count::Waiting, Include::All));
  if (key == atoms::total_active_tasks) return sum_of(queues(self, Count::Active, Include::CpuBound));
  if (key == atoms::total_active_tasks_all) return sum_of(queues(self, Count::Active, Include::All));
  if (key == atoms::scheduler_wall_time) return wall_times(self, Include::CpuBound);
  if (key == atoms::scheduler_wall_time_all) return wall_times(self, Include::All);
  if (key == atoms::microstate_accounting) return microstates(self);
  return self.badarg();
}

// erts_internal:scheduler_wall_time(Boolean): switches measuring; the old state.
BifResult erts_internal::scheduler_wall_time_1(Process& self, const Term* args) {
  if (args[0] != atoms::true_ && args[0] != atoms::false_) return self.badarg();
  bool on = args[0] == atoms::true_;
  bool before = self.runtime().wall_time_measured.exchange(on);
  self.runtime().scheduling->set_wall_time_measuring(on);
  return boolean(before);
}

BifResult erts_internal::system_check_1(Process& self, const Term* args) {
  return args[0] == atoms::schedulers ? BifResult(atoms::ok) : self.badarg();
}

// Threads that work beside processes: the schedulers and the poller.
BifResult erts_internal::no_aux_work_threads_0(Process& self, const Term*) {
  return Term::small(int64_t{self.runtime().scheduling->scheduler_count()} + 1);
}

}  // namespace athanor::bif
