// SPDX-License-Identifier: Apache-2.0
// erlang:system_info/1, statistics/1, system_flag/2.
#include <sys/resource.h>
#include <unistd.h>

#include "bif/bif.hpp"
#include "os/calendar.hpp"
#include "os/processors.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"
#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

Term text(Process& self, std::string_view words) { return latin1_list(self.heap(), words); }
Term number(uint64_t value) { return Term::small(static_cast<int64_t>(value)); }

std::string system_version(Process& self) {
  process::Runtime& runtime = self.runtime();
  sched::Scheduling& s = *runtime.scheduling;
  return "Erlang/OTP " + std::to_string(runtime.identity.otp_release) + " [erts-" + runtime.identity.erts_version + "] [source] [64-bit] [smp:" +
         std::to_string(s.scheduler_count()) + ":" + std::to_string(s.schedulers_online()) + "] [ds:" + std::to_string(s.dirty_cpu_count()) + ":" +
         std::to_string(s.dirty_cpu_count()) + ":" + std::to_string(s.dirty_io_count()) + "] [async-threads:1]\n";
}

Term emulator_arguments(Process& self) {
  std::vector<Term> words;
  for (const std::string& word : self.runtime().identity.emulator_arguments) words.push_back(code_point_list(self.heap(), word));
  return make_list(self.heap(), words.data(), words.size());
}

Term scheduler_tuple(Process& self, int64_t each) {
  uint32_t count = self.runtime().scheduling->scheduler_count();
  Term* place = self.allocate(count + 1);
  place[0].raw = tuple_header(count);
  for (uint32_t i = 1; i <= count; ++i) place[i] = each >= 0 ? Term::small(each) : atoms::unbound;
  return Term::boxed(place);
}

// Keys whose answer is one number or atom. none(): another kind of key.
Term plain_info(Process& self, Term key) {
  process::Runtime& runtime = self.runtime();
  sched::Scheduling& s = *runtime.scheduling;
  if (key == atoms::atom_count) return number(atom_table().count());
  if (key == atoms::atom_limit) return number(atom_table().limit());
  if (key == atoms::process_count) return number(runtime.processes->count());
  if (key == atoms::process_limit) return number(runtime.processes->limit());
  if (key == atoms::port_count) return number(runtime.port_count ? runtime.port_count(runtime) : 0);
  if (key == atoms::port_limit) return number(runtime.identity.port_limit);
  if (key == atoms::ets_count) return number(runtime.ets_count ? runtime.ets_count(runtime) : 0);
  if (key == atoms::ets_limit) return number(runtime.identity.ets_limit);
  if (key == atoms::schedulers || key == atoms::schedulers_total) return number(s.scheduler_count());
  if (key == atoms::schedulers_online) return number(s.schedulers_online());
  if (key == atoms::schedulers_active) return number(s.schedulers_online());
  if (key == atoms::scheduler_id) return number(s.current_scheduler_id() ? s.current_scheduler_id() : 1);
  if (key == atoms::dirty_cpu_schedulers || key == atoms::dirty_cpu_schedulers_online) return number(s.dirty_cpu_count());
  if (key == atoms::dirty_io_schedulers) return number(s.dirty_io_count());
  if (key == atoms::logical_processors) return number(static_cast<uint64_t>(athanor::os::configured_processors()));
  if (key == atoms::logical_processors_online) return number(static_cast<uint64_t>(athanor::os::online_processors()));
  if (key == atoms::logical_processors_available) return number(static_cast<uint64_t>(athanor::os::available_processors()));
  if (key == atoms::wordsize) return Term::small(8);
  if (key == atoms::context_reductions) return Term::small(process::kReductionsPerSlice);
  if (key == atoms::thread_pool_size) return Term::small(1);
  if (key == atoms::dist_buf_busy_limit) return Term::small(1048576);
  if (key == atoms::delayed_node_table_gc) return Term::small(60);
  if (key == atoms::compat_rel) return number(static_cast<uint64_t>(runtime.identity.otp_release));
  if (key == atoms::creation) return number(runtime.terms.creation);
  if (key == atoms::outstanding_system_requests_limit) return number(runtime.system_requests_limit.load());
  if (key == atoms::start_time) return Term::small(-576460752000000000);
  if (key == atoms::smp_support || key == atoms::threads || key == atoms::kernel_poll) return atoms::true_;
  if (key == atoms::port_parallelism || key == atoms::debug_compiled || key == atoms::lock_checking || key == atoms::lock_counting || key == atoms::eager_check_io || key == atoms::ethread_used_tse) return atoms::false_;
  if (key == atoms::multi_scheduling) return atoms::enabled;
  if (key == atoms::multi_scheduling_blockers || key == atoms::normal_multi_scheduling_blockers || key == atoms::dist_ctrl) return Term::nil();
  if (key == atoms::time_correction) return atoms::true_;
  if (key == atoms::time_offset) return atoms::final;
  if (key == atoms::time_warp_mode) return atoms::no_time_warp;
  if (key == atoms::tolerant_timeofday) return atoms::enabled;
  if (key == atoms::dynamic_trace) return atoms::none;
  if (key == atoms::dynamic_trace_probes || key == atoms::sequential_tracer) return atoms::false_;
  if (key == atoms::heap_type) return atoms::private_;
  if (key == atoms::endian) return atoms::little;
  if (key == atoms::build_type || key == atoms::emu_type) return atoms::opt;
  if (key == atoms::emu_flavor) return atoms::athanor;
  if (key == atoms::trace_control_word) return Term::small(0);
  if (key == atoms::constant_pool_support) return atoms::true_;
  if (key == atoms::scheduler_bind_type) return atoms::unbound;
  if (key == atoms::message_queue_data) return atoms::on_heap;
  if (key == atoms::cpu_quota) {
    int quota = athanor::os::quota_processors();
    return quota > 0 ? Term::small(quota) : atoms::undefined;
  }
  if (key == atoms::system_logger) {
    Term logger(runtime.system_logger_raw.load());
    return logger.is_none() ? atoms::logger : logger;
  }
  if (key == atoms::cpu_topology) return atoms::undefined;
  if (key == atoms::fullsweep_after) return make_tuple(self.heap(), atoms::fullsweep_after, number(runtime.fullsweep_after.load()));
  if (key == atoms::min_heap_size) return make_tuple(self.heap(), atoms::min_heap_size, Term::small(233));
  if (key == atoms::min_bin_vheap_size) return make_tuple(self.heap(), atoms::min_bin_vheap_size, Term::small(46422));
  return Term::none();
}

Term text_info(Process& self, Term key) {
  process::Runtime& runtime = self.runtime();
  if (key == atoms::otp_release) return text(self, std::to_string(runtime.identity.otp_release));
  if (key == atoms::version) return text(self, runtime.identity.erts_version);
  if (key == atoms::system_version) return text(self, system_version(self));
  if (key == atoms::system_architecture) return text(self, "x86_64-pc-linux-gnu");
  if (key == atoms::machine) return text(self, "BEAM");
  if (key == atoms::nif_version) return text(self, "2.16");
  if (key == atoms::driver_version) return text(self, "3.3");
  if (key == atoms::emu_args) return emulator_arguments(self);
  return Term::none();
}

Term tuple_info(Process& self, Term key) {
  Allocator& heap = self.heap();
  if (key == atoms::os_type) return make_tuple(heap, atoms::unix_, atoms::linux_);
  if (key == atoms::os_version) {
    auto v = athanor::os::kernel_version();
    return make_tuple(heap, Term::small(v.major), Term::small(v.minor), Term::small(v.patch));
  }
  if (key == atoms::c_compiler_used) {
    return make_tuple(heap, atoms::clang, make_tuple(heap, Term::small(__clang_major__), Term::small(__clang_minor__), Term::small(__clang_patchlevel__)));
  }
  if (key == atoms::schedulers_state) {
    sched::Scheduling& s = *self.runtime().scheduling;
    return make_tuple(heap, number(s.scheduler_count()), number(s.schedulers_online()), number(s.schedulers_online()));
  }
  if (key == atoms::scheduler_bindings) return scheduler_tuple(self, -1);
  if (key == atoms::max_heap_size) {
    return make_tuple(heap, atoms::max_heap_size, Term::small(0));
  }
  if (key == atoms::garbage_collection) {
    Term items[] = {make_tuple(heap, atoms::max_heap_size, Term::small(0)), make_tuple(heap, atoms::fullsweep_after, number(self.runtime().fullsweep_after.load())),
                    make_tuple(heap, atoms::min_bin_vheap_size, Term::small(46422)), make_tuple(heap, atoms::min_heap_size, Term::small(233))};
    return make_list(heap, items, 4);
  }
  if (key == atoms::os_monotonic_time_source || key == atoms::os_system_time_source) {
    Term items[] = {make_tuple(heap, atoms::function, atoms::clock_gettime), make_tuple(heap, atoms::resolution, Term::small(1000000000)), make_tuple(heap, atoms::extended, atoms::no), make_tuple(heap, atoms::parallel, atoms::yes)};
    return make_list(heap, items, 4);
  }
  if (key == atoms::end_time) return integer::from_int64(heap, 8646911283000000000);
  if (key == atoms::procs || key == atoms::info || key == atoms::loaded) return Term::none();
  if (is_tuple_of(key, 2) && tuple_element(key, 0) == atoms::wordsize && (tuple_element(key, 1) == atoms::internal || tuple_element(key, 1) == atoms::external)) return Term::small(8);
  if (is_tuple_of(key, 2) && tuple_element(key, 0) == atoms::cpu_topology) return atoms::undefined;
  if (key == atoms::alloc_util_allocators || key == atoms::allocated_areas) return Term::nil();
  return Term::none();
}

int64_t processor_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

// {Total, SinceLastCall}
Term total_and_since(Process& self, int64_t total, std::atomic<int64_t>& last) {
  int64_t before = last.exchange(total);
  return make_tuple(self.heap(), Term::small(total), Term::small(total - before));
}

Term wall_times(Process& self) {
  if (!self.runtime().wall_time_measured.load()) return atoms::undefined;
  std::vector<Term> items;
  for (const auto& w : self.runtime().scheduling->wall_times()) {
    items.push_back(make_tuple(self.heap(), Term::small(w.id), Term::small(w.active_ns), Term::small(w.total_ns)));
  }
  return make_list(self.heap(), items.data(), items.size());
}

Term queue_lengths(Process& self) {
  std::vector<Term> items;
  for (uint32_t n : self.runtime().scheduling->run_queue_lengths()) items.push_back(Term::small(n));
  return make_list(self.heap(), items.data(), items.size());
}

}  // namespace

namespace erlang {

BifResult system_info_1(Process& self, const Term* args) {
  Term answer = plain_info(self, args[0]);
  if (answer.is_none()) answer = text_info(self, args[0]);
  if (answer.is_none()) answer = tuple_info(self, args[0]);
  return answer.is_none() ? self.badarg() : BifResult(answer);
}

BifResult statistics_1(Process& self, const Term* args) {
  process::Runtime& runtime = self.runtime();
  sched::Scheduling& s = *runtime.scheduling;
  Term key = args[0];
  if (key == atoms::runtime) return total_and_since(self, processor_ms(), runtime.last_runtime_ms);
  if (key == atoms::wall_clock) {
    return total_and_since(self, (runtime.clock->monotonic_ns() - runtime.start_monotonic_ns) / 1000000, runtime.last_wall_ms);
  }
  if (key == atoms::reductions || key == atoms::exact_reductions) {
    int64_t own = process::kReductionsPerSlice - self.reductions_left_;
    return total_and_since(self, static_cast<int64_t>(s.total_reductions()) + (own > 0 ? own : 0), runtime.last_reductions);
  }
  if (key == atoms::context_switches) return make_tuple(self.heap(), number(s.context_switches()), Term::small(0));
  if (key == atoms::garbage_collection) {
    return make_tuple(self.heap(), number(runtime.collections.load()), number(runtime.words_reclaimed.load()), Term::small(0));
  }
  if (key == atoms::io) {
    return make_tuple(self.heap(), make_tuple(self.heap(), atoms::input, number(runtime.bytes_in.load())), make_tuple(self.heap(), atoms::output, number(runtime.bytes_out.load())));
  }
  if (key == atoms::run_queue) return number(s.run_queue_length());
  if (key == atoms::run_queue_lengths || key == atoms::run_queue_lengths_all || key == atoms::active_tasks || key == atoms::active_tasks_all) return queue_lengths(self);
  if (key == atoms::total_run_queue_lengths || key == atoms::total_run_queue_lengths_all || key == atoms::total_active_tasks || key == atoms::total_active_tasks_all) return number(s.run_queue_length());
  if (key == atoms::scheduler_wall_time || key == atoms::scheduler_wall_time_all) return wall_times(self);
  if (key == atoms::microstate_accounting) return atoms::undefined;
  return self.badarg();
}

BifResult system_flag_2(Process& self, const Term* args) {
  process::Runtime& runtime = self.runtime();
  Term flag = args[0], value = args[1];
  auto count = [&](uint32_t most, uint32_t& out) {
    if (!value.is_small() || value.small_value() < 0 || value.small_value() > most) return false;
    out = static_cast<uint32_t>(value.small_value());
    return true;
  };
  uint32_t n;
  if (flag == atoms::system_logger) {
    if (value != atoms::logger && value != atoms::undefined && !value.is_local_pid()) return self.badarg();
    Term before(runtime.system_logger_raw.exchange(value.raw));
    return before.is_none() ? atoms::logger : before;
  }
  if (flag == atoms::backtrace_depth) {
    if (!count(1024, n)) return self.badarg();
    return Term::small(runtime.backtrace_depth.exchange(n));
  }
  if (flag == atoms::fullsweep_after) {
    if (!count(UINT32_MAX, n)) return self.badarg();
    return Term::small(runtime.fullsweep_after.exchange(n > 65535 ? 65535 : n));
  }
  if (flag == atoms::min_heap_size) {
    if (!count(1 << 30, n)) return self.badarg();
    uint32_t before = runtime.min_heap_words.exchange(n);
    return Term::small(before == 0 ? 233 : before);
  }
  if (flag == atoms::min_bin_vheap_size) return count(UINT32_MAX, n) ? BifResult(Term::small(46422)) : self.badarg();
  if (flag == atoms::max_heap_size) return value.is_small() || is_map(value) ? BifResult(Term::small(0)) : self.badarg();
  if (flag == atoms::outstanding_system_requests_limit) {
    if (!count(134217727, n) || n == 0) return self.badarg();
    return Term::small(runtime.system_requests_limit.exchange(n));
  }
  if (flag == atoms::schedulers_online) {
    if (!count(runtime.scheduling->scheduler_count(), n) || n == 0) return self.badarg();
    uint32_t before = runtime.scheduling->schedulers_online();
    runtime.scheduling->set_schedulers_online(n);
    return Term::small(before);
  }
  if (flag == atoms::dirty_cpu_schedulers_online) return count(1024, n) && n > 0 ? BifResult(Term::small(runtime.scheduling->dirty_cpu_count())) : self.badarg();
  if (flag == atoms::scheduler_wall_time) return erts_internal::scheduler_wall_time_1(self, args + 1);
  if (flag == atoms::multi_scheduling) return atoms::enabled;
  if (flag == atoms::trace_control_word) return count(UINT32_MAX, n) ? BifResult(Term::small(0)) : self.badarg();
  if (flag == atoms::time_offset) return value == atoms::finalize ? BifResult(atoms::final) : self.badarg();
  if (flag == atoms::sequential_tracer) return atoms::false_;
  if (flag == atoms::scheduler_bind_type) return atoms::unbound;
  return self.badarg();
}

}  // namespace erlang
}  // namespace athanor::bif
