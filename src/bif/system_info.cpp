// SPDX-License-Identifier: Apache-2.0
// erlang:system_info/1: a row a key. Release facts are told as the release does, figures as they are here.
#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "bif/allocators.hpp"
#include "bif/bif.hpp"
#include "bif/build_flags.hpp"
#include "bif/max_heap.hpp"
#include "bif/processor_info.hpp"
#include "bif/system.hpp"
#include "bif/time.hpp"
#include "code/code_server.hpp"
#include "heap/collector/collector.hpp"
#include "os/clock.hpp"
#include "os/processors.hpp"
#include "os/system.hpp"
#include "process/executor.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/tracing.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

using process::Runtime;

Term number(Process& self, uint64_t value) { return integer::from_uint64(self.heap(), value); }
Term text(Process& self, std::string_view words) { return latin1_list(self.heap(), words); }
sched::Scheduling& scheduling(Process& self) { return *self.runtime().scheduling; }
Term pair(Process& self, Term name, Term value) { return make_tuple(self.heap(), name, value); }
template <class... Terms>
Term list(Process& self, Terms... items) {
  Term array[] = {items...};
  return make_list(self.heap(), array, sizeof...(items));
}

Term time_warp_mode(process::Identity::TimeWarp mode) {
  using TimeWarp = process::Identity::TimeWarp;
  return mode == TimeWarp::Multi ? atoms::multi_time_warp : mode == TimeWarp::Single ? atoms::single_time_warp : atoms::no_time_warp;
}

Term system_version(Process& self) {
  const process::Identity& identity = self.runtime().identity;
  sched::Scheduling& s = scheduling(self);
  return text(self, fmt::format("Erlang/OTP {} [erts-{}] [source] [64-bit] [smp:{}:{}] [ds:{}:{}:{}] [async-threads:{}]\n", identity.otp_release,
                                identity.erts_version, s.scheduler_count(), s.schedulers_online(), s.dirty_cpu_count(), s.dirty_cpu_online(),
                                s.dirty_io_count(), identity.async_threads));
}

Term emulator_arguments(Process& self) {
  std::vector<Term> words;
  for (const std::string& word : self.runtime().identity.emulator_arguments) words.push_back(code_point_list(self.heap(), word));
  return make_list(self.heap(), words.data(), words.size());
}

using Kind = sched::Scheduling::Kind;

Term schedulers_state(Process& self) {
  const auto counts = scheduling(self).counts(Kind::Normal);
  return make_tuple(self.heap(), Term::small(counts.total), Term::small(counts.online), Term::small(counts.active));
}

Term all_schedulers_state(Process& self) {
  auto row = [&](Term name, Kind kind) {
    const auto counts = scheduling(self).counts(kind);
    return make_tuple(self.heap(), name, Term::small(counts.total), Term::small(counts.online), Term::small(counts.active));
  };
  return list(self, row(atoms::normal, Kind::Normal), row(atoms::dirty_cpu, Kind::DirtyCpu), row(atoms::dirty_io, Kind::DirtyIo));
}

Term clock_source(Process& self, Term clock, int64_t now, bool tells_extended) {
  Term extended = pair(self, atoms::extended, atoms::no), parallel = pair(self, atoms::parallel, atoms::yes);
  Term function = pair(self, atoms::function, atoms::clock_gettime), id = pair(self, atoms::clock_id, clock);
  Term resolution = pair(self, atoms::resolution, number(self, static_cast<uint64_t>(athanor::os::monotonic_resolution_hz())));
  Term time = pair(self, atoms::time, integer::from_int64(self.heap(), now));
  return tells_extended ? list(self, function, id, resolution, extended, parallel, time) : list(self, function, id, resolution, parallel, time);
}

Term heap_sizes(Process& self) {
  std::vector<Term> sizes;
  for (size_t words = heap::next_heap_size(0); sizes.size() < 200;) {
    sizes.push_back(number(self, words));
    size_t next = heap::next_heap_size(words + 1);
    if (next <= words || next > (size_t{1} << 59)) break;
    words = next;
  }
  return make_list(self.heap(), sizes.data(), sizes.size());
}

Term garbage_collection(Process& self) {
  Runtime& runtime = self.runtime();
  return list(self, pair(self, atoms::max_heap_size, number(self, runtime.max_heap_words)),
              pair(self, atoms::min_bin_vheap_size, Term::small(runtime.min_binary_heap_words)),
              pair(self, atoms::min_heap_size, Term::small(default_min_heap_words(runtime))),
              pair(self, atoms::fullsweep_after, Term::small(runtime.fullsweep_after)));
}

// What dist/ knows.
Term asked_of_nodes(Process& self, Term key) {
  const process::NativeRow* row = self.runtime().code->native(atoms::erts_debug, intern("ath_dist_state"), 1);
  return row ? row->function(self, &key).value : Term::nil();
}

// OTP also tells memory_size and active_fds; the poller does not count them, so they are left out. Schedulers without work wait for part of what
// its thread waits for: no threads of its own, as OTP has it.
Term check_io(Process& self) {
  const auto set = [&](uint64_t descriptors, int threads) {
    return list(self, pair(self, atoms::name, atoms::erts_poll), pair(self, atoms::primary, atoms::epoll), pair(self, atoms::kernel_poll, atoms::epoll),
                pair(self, atoms::total_poll_set_size, number(self, descriptors)), pair(self, atoms::lazy_updates, atoms::false_),
                pair(self, atoms::pending_updates, Term::small(0)), pair(self, atoms::batch_updates, atoms::false_),
                pair(self, atoms::concurrent_updates, atoms::true_), pair(self, atoms::fallback, atoms::false_),
                pair(self, atoms::max_fds, number(self, static_cast<uint64_t>(athanor::os::descriptor_limit()))),
                pair(self, atoms::poll_threads, Term::small(threads)));
  };
  const Term of_thread = set(scheduling(self).polled_descriptors(), 1);
  const std::optional<size_t> by_schedulers = scheduling(self).polled_by_schedulers();
  return by_schedulers ? list(self, set(*by_schedulers, 0), of_thread) : list(self, of_thread);
}

Term allocated_areas(Process& self) {
  MemoryFigures m = memory_figures(self.runtime());
  return list(self, pair(self, atoms::atom_table, Term::small(m.atom)), pair(self, atoms::loaded_code, Term::small(m.code)),
              pair(self, atoms::process_table, number(self, self.runtime().processes->limit() * sizeof(void*))),
              pair(self, atoms::bif_timer, number(self, scheduling(self).timer_count())));
}

// OTP: also the text of config.h, which is the stock VM's way to know its system.
Term build_information(Process& self) {
  Allocator& heap = self.heap();
  const Term items[] = {make_tuple(heap, intern("ldflags"), latin1_list(heap, link_flags())), make_tuple(heap, intern("cflags"), latin1_list(heap, compile_flags())),
                        make_tuple(heap, intern("config_h"), Term::nil())};
  return make_list(heap, items, std::size(items));
}

// The crash dump's first sections, as text.
Term info_text(Process& self) {
  MemoryFigures m = memory_figures(self.runtime());
  return binary::from_text(self.heap(),
                           fmt::format("=memory\ntotal: {}\nprocesses: {}\nprocesses_used: {}\nsystem: {}\natom: {}\natom_used: {}\nbinary: {}\n"
                                       "code: {}\nets: {}\n=index_table:atom_tab\nlimit: {}\nentries: {}\n",
                                       m.total, m.processes, m.processes, m.system, m.atom, m.atom, m.binary, m.code, m.ets, atom_table().limit(),
                                       atom_table().count()));
}

Term loaded_text(Process& self) {
  std::string out;
  for (Term name : self.runtime().code->loaded()) {
    code::Module* module = self.runtime().code->find_module(name);
    code::ModuleCode* current = module ? module->current.load(std::memory_order_acquire) : nullptr;
    if (current && current->file) out += fmt::format("{} {}\n", to_text(name), current->file->bytes.size());
  }
  return binary::from_text(self.heap(), out);
}

Term processes_text(Process& self) {
  std::string out;
  for (Term pid : self.runtime().processes->all()) out += fmt::format("=proc:{}\n", pid_text(pid));
  return binary::from_text(self.heap(), out);
}

// Every built-in of the release as {Module, Name, Arity}: what is_builtin/3 knows.
Term built_ins(Process& self) {
  Term found = Term::nil();
  for (const code::Export* exported : self.runtime().code->built_ins())
    found = cons(self.heap(), make_tuple(self.heap(), exported->mfa.module, exported->mfa.function, Term::small(exported->mfa.arity)), found);
  return found;
}

// Atomic operations are the compiler's own for words; double words and spin locks of one's own are not used.
Term thread_library(Process& self) {
  auto operations = [&](std::string_view name, std::string_view answer) {
    return make_tuple(self.heap(), text(self, name), text(self, answer), Term::nil());
  };
  return list(self, operations("32-bit native atomics", "clang"), operations("64-bit native atomics", "clang"),
              operations("Double word native atomics", "no"));
}

Term distribution_text(Process& self) {
  return binary::from_text(self.heap(), fmt::format("=node:{}\n=no_distribution\n", to_text(self.runtime().terms.node_name)));
}

Term blockers(Process& self, sched::Blocked which) {
  const std::vector<Term> pids = scheduling(self).blockers(which);
  return make_list(self.heap(), pids.data(), pids.size());
}

struct Row {
  Term key;
  Term (*answer)(Process& self);
};

#define CONSTANT(key, value) {atoms::key, [](Process&) -> Term { return value; }},
#define COUNT(key, value) {atoms::key, [](Process& self) -> Term { return number(self, static_cast<uint64_t>(value)); }},
#define ANSWER(key, value) {atoms::key, [](Process& self) -> Term { return value; }},

constexpr Row kRows[] = {
    // --- counts and limits ---
    COUNT(atom_count, atom_table().count())
    COUNT(atom_limit, atom_table().limit())
    COUNT(ets_count, self.runtime().ets_count ? self.runtime().ets_count(self.runtime()) : 0)
    COUNT(ets_limit, self.runtime().identity.ets_limit)
    COUNT(port_count, self.runtime().port_count ? self.runtime().port_count(self.runtime()) : 0)
    COUNT(port_limit, self.runtime().identity.port_limit)
    COUNT(process_count, self.runtime().processes->count())
    COUNT(process_limit, self.runtime().processes->limit())
    COUNT(outstanding_system_requests_limit, self.runtime().system_requests_limit.load())
    // --- schedulers and processors ---
    COUNT(schedulers, scheduling(self).scheduler_count())
    COUNT(schedulers_total, scheduling(self).scheduler_count())
    COUNT(schedulers_online, scheduling(self).schedulers_online())
    COUNT(schedulers_active, scheduling(self).counts(Kind::Normal).active)
    ANSWER(schedulers_state, schedulers_state(self))
    ANSWER(all_schedulers_state, all_schedulers_state(self))
    COUNT(scheduler_id, std::max(1u, scheduling(self).current_scheduler_id()))
    ANSWER(scheduler_bindings, scheduler_bindings(self))
    ANSWER(scheduler_bind_type, scheduler_bind_type(self))
    COUNT(dirty_cpu_schedulers, scheduling(self).dirty_cpu_count())
    COUNT(dirty_cpu_schedulers_online, scheduling(self).dirty_cpu_online())
    COUNT(dirty_io_schedulers, scheduling(self).dirty_io_count())
    COUNT(run_queues, scheduling(self).scheduler_count())
    // As they were when last looked at: at start, or for update_cpu_info.
    COUNT(logical_processors, scheduling(self).bindings().figures().configured)
    COUNT(logical_processors_online, scheduling(self).bindings().figures().online)
    COUNT(logical_processors_available, scheduling(self).bindings().figures().available)
    {atoms::cpu_quota, [](Process& self) -> Term {
       const int quota = scheduling(self).bindings().figures().quota;
       return quota > 0 ? Term::small(quota) : atoms::unknown;
     }},
    ANSWER(update_cpu_info, update_processor_info(self))
    ANSWER(multi_scheduling, multi_scheduling_state(scheduling(self).blocked()))
    ANSWER(multi_scheduling_blockers, blockers(self, sched::Blocked::All))
    ANSWER(normal_multi_scheduling_blockers, blockers(self, sched::Blocked::Normal))
    CONSTANT(context_reductions, Term::small(process::kReductionsPerSlice))
    CONSTANT(smp_support, atoms::true_)
    CONSTANT(threads, atoms::true_)
    COUNT(thread_pool_size, self.runtime().identity.async_threads)
    // --- time ---
    CONSTANT(start_time, Term::small(kErlangStartNs))
    ANSWER(end_time, integer::from_int64(self.heap(), kErlangEndNs))
    ANSWER(time_correction, boolean(self.runtime().identity.correct_time))
    ANSWER(time_offset, time_offset_name(self.runtime().time_offset_state.load()))
    ANSWER(time_warp_mode, time_warp_mode(self.runtime().identity.time_warp))
    CONSTANT(tolerant_timeofday, atoms::enabled)
    ANSWER(os_monotonic_time_source, clock_source(self, intern("CLOCK_MONOTONIC"), self.runtime().clock->monotonic_ns(), true))
    ANSWER(os_system_time_source, clock_source(self, intern("CLOCK_REALTIME"), self.runtime().clock->system_ns(), false))
    // --- release and build ---
    ANSWER(otp_release, text(self, std::to_string(self.runtime().identity.otp_release)))
    ANSWER(version, text(self, self.runtime().identity.erts_version))
    ANSWER(system_version, system_version(self))
    ANSWER(system_architecture, text(self, athanor::os::machine_name() + "-pc-linux-gnu"))
    ANSWER(machine, text(self, "BEAM"))
    ANSWER(nif_version, text(self, "2.16"))
    ANSWER(driver_version, text(self, "3.3"))
    COUNT(compat_rel, self.runtime().identity.otp_release)
    CONSTANT(build_type, atoms::opt)
    CONSTANT(emu_type, atoms::opt)
    CONSTANT(emu_flavor, atoms::athanor)
    ANSWER(emu_args, emulator_arguments(self))
    ANSWER(c_compiler_used, pair(self, atoms::clang, make_tuple(self.heap(), Term::small(__clang_major__), Term::small(__clang_minor__), Term::small(__clang_patchlevel__))))
    CONSTANT(wordsize, Term::small(8))
    CONSTANT(endian, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? atoms::little : atoms::big)
    CONSTANT(debug_compiled, atoms::false_)
    CONSTANT(lock_checking, atoms::false_)
    CONSTANT(lock_counting, atoms::false_)
    CONSTANT(constant_pool_support, atoms::true_)
    CONSTANT(hipe_architecture, atoms::undefined)
    CONSTANT(ethread_used_tse, Term::small(0))
    ANSWER(ethread_info, thread_library(self))
    ANSWER(snifs, built_ins(self))
    CONSTANT(dynamic_trace, atoms::none)
    CONSTANT(dynamic_trace_probes, atoms::false_)
    {atoms::taints, [](Process& self) -> Term {
       const std::vector<Term> names = self.runtime().taints.all();
       return make_list(self.heap(), names.data(), names.size());
     }},
    // --- the system ---
    ANSWER(os_type, pair(self, atoms::unix_, intern(athanor::os::kernel_name())))
    {atoms::os_version, [](Process& self) -> Term {
       auto v = athanor::os::kernel_version();
       return make_tuple(self.heap(), Term::small(v.major), Term::small(v.minor), Term::small(v.patch));
     }},
    // --- input and output, nodes ---
    ANSWER(break_ignored, self.runtime().identity.break_key == process::Identity::BreakKey::Ignored ? atoms::true_ : atoms::false_)
    CONSTANT(kernel_poll, atoms::true_)
    CONSTANT(eager_check_io, atoms::true_)
    ANSWER(check_io, check_io(self))
    CONSTANT(io_thread, atoms::false_)
    CONSTANT(port_parallelism, atoms::false_)
    ANSWER(dist_buf_busy_limit, asked_of_nodes(self, atoms::dist_buf_busy_limit))
    CONSTANT(delayed_node_table_gc, Term::small(60))
    ANSWER(dist_ctrl, asked_of_nodes(self, atoms::dist_ctrl))
    COUNT(creation, self.runtime().terms.creation)
    // --- memory ---
    CONSTANT(heap_type, atoms::private_)
    ANSWER(heap_sizes, heap_sizes(self))
    ANSWER(garbage_collection, garbage_collection(self))
    ANSWER(fullsweep_after, pair(self, atoms::fullsweep_after, Term::small(self.runtime().fullsweep_after)))
    ANSWER(min_heap_size, pair(self, atoms::min_heap_size, Term::small(default_min_heap_words(self.runtime()))))
    ANSWER(min_bin_vheap_size, pair(self, atoms::min_bin_vheap_size, Term::small(self.runtime().min_binary_heap_words)))
    ANSWER(max_heap_size, max_heap_map(self.heap(), self.runtime().max_heap()))
    ANSWER(message_queue_data, self.runtime().off_heap_messages ? atoms::off_heap : atoms::on_heap)
    CONSTANT(alloc_util_allocators, Term::nil())
    ANSWER(allocator, make_tuple(self.heap(), atoms::undefined, Term::nil(), Term::nil(), Term::nil()))
    ANSWER(allocated_areas, allocated_areas(self))
    // --- settings ---
    ANSWER(system_logger, system_logger(self.runtime()))
    COUNT(trace_control_word, scheduling(self).settings.trace_control_word.load())
    ANSWER(sequential_tracer, pair(self, atoms::sequential_tracer, self.runtime().tracing->sequence_tracer(self.heap())))
    CONSTANT(modified_timing_level, atoms::undefined)
    ANSWER(ets_always_compress, boolean(self.runtime().identity.ets_compressed))
    // --- texts ---
    ANSWER(info, info_text(self))
    ANSWER(compile_info, build_information(self))
    ANSWER(loaded, loaded_text(self))
    ANSWER(procs, processes_text(self))
    ANSWER(dist, distribution_text(self))
};
#undef CONSTANT
#undef COUNT
#undef ANSWER

// {Key, Argument}. none(): no such.
Term answer_pair(Process& self, Term key, Term argument) {
  if (key == atoms::wordsize && (argument == atoms::internal || argument == atoms::external)) return Term::small(8);
  if (key == atoms::allocator || (key.is_atom() && atom_text(key) == "allocator_sizes")) return allocators::figures(self.heap(), argument);
  return Term::none();
}

}  // namespace

BifResult erlang::system_info_1(Process& self, const Term* args) {
  Term key = args[0];
  if (key.is_atom()) {
    for (const Row& row : kRows)
      if (row.key == key) return row.answer(self);
    if (key == atoms::cpu_topology) return topology_info(self, atoms::used);
    if (atom_text(key) == "beam_jump_table") return atoms::true_;   // no switch stands between two instructions
  } else if (is_tuple_of(key, 2)) {
    if (tuple_element(key, 0) == atoms::cpu_topology) return topology_info(self, tuple_element(key, 1));
    Term answer = answer_pair(self, tuple_element(key, 0), tuple_element(key, 1));
    if (!answer.is_none()) return answer;
  } else if (is_tuple_of(key, 3)) {
    Term what = tuple_element(key, 0);
    if (what == atoms::memory_internal || what == atoms::allocator || (what.is_atom() && atom_text(what) == "allocator_sizes")) {
      return allocators::tell(self, tuple_element(key, 1), tuple_element(key, 2));
    }
  }
  return self.badarg();
}

}  // namespace athanor::bif
