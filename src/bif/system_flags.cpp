// SPDX-License-Identifier: Apache-2.0
// erlang:system_flag/2.
#include "bif/bif.hpp"
#include "bif/max_heap.hpp"
#include "bif/processor_info.hpp"
#include "bif/system.hpp"
#include "bif/time.hpp"
#include "code/code_server.hpp"
#include "heap/collector/collector.hpp"
#include "process/tracing.hpp"
#include "sched/scheduling.hpp"
#include "term/map.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

using process::Runtime;

uint32_t default_min_heap_words(Runtime& runtime) {
  uint32_t words = runtime.min_heap_words.load(std::memory_order_relaxed);
  return words ? words : 233;
}

Term system_logger(Runtime& runtime) {
  Term logger(runtime.system_logger_raw.load(std::memory_order_acquire));
  return logger.is_none() ? atoms::logger : logger;
}

namespace {

bool count(Term value, int64_t least, int64_t most, uint32_t& out) {
  if (!value.is_small() || value.small_value() < least || value.small_value() > most) return false;
  out = static_cast<uint32_t>(value.small_value());
  return true;
}

BifResult set_max_heap_size(Process& self, Term value) {
  Runtime& runtime = self.runtime();
  process::MaxHeap limit = runtime.max_heap();
  Term before = max_heap_map(self.heap(), limit);
  if (!read_max_heap(runtime, value, limit)) return self.badarg();
  runtime.max_heap_words = limit.words;
  runtime.max_heap_kill = limit.kill;
  runtime.max_heap_error_logger = limit.error_logger;
  return before;
}

// The answer is given when whoever may no longer run has stopped, and where the process itself may.
BifResult when_settled(Process& self, Term answer) {
  return self.trap(self.runtime().code->export_of(atoms::erts_debug, intern("ath_settled"), 2), {answer, atoms::false_});
}

BifResult set_multi_scheduling(Process& self, Term value) {
  auto& scheduling = *self.runtime().scheduling;
  const auto which = value == atoms::block_normal || value == atoms::unblock_normal ? sched::Blocked::Normal : sched::Blocked::All;
  if (value == atoms::block || value == atoms::block_normal) {
    scheduling.block(self.pid(), which);
    return when_settled(self, multi_scheduling_state(scheduling.blocked()));
  }
  if (value != atoms::unblock && value != atoms::unblock_normal) return self.badarg();
  scheduling.unblock(self.pid(), which);
  return multi_scheduling_state(scheduling.blocked());
}

}  // namespace

Term multi_scheduling_state(sched::Blocked blocked) {
  return blocked == sched::Blocked::All ? atoms::blocked : blocked == sched::Blocked::Normal ? atoms::blocked_normal : atoms::enabled;
}

// (Answer, Has it given up its slice?)
BifResult erts_debug::ath_settled_2(Process& self, const Term* args) {
  if (args[1] == atoms::false_) return self.yield({args[0], atoms::true_});
  return self.runtime().scheduling->wait_until_settled(self.pid()) ? BifResult(args[0]) : self.wait({args[0], atoms::true_});
}

// The answer, once the process runs where it is bound to.
BifResult erts_debug::ath_moved_1(Process& self, const Term* args) {
  const bool is_there = self.bound_scheduler_ == 0 || self.runtime().scheduling->current_scheduler_id() == self.bound_scheduler_;
  return is_there ? BifResult(args[0]) : self.yield({args[0]});
}

BifResult erlang::system_flag_2(Process& self, const Term* args) {
  Runtime& runtime = self.runtime();
  auto& scheduling = *runtime.scheduling;
  auto& settings = scheduling.settings;
  Term flag = args[0], value = args[1];
  uint32_t n;
  if (flag == atoms::system_logger) {
    if (value != atoms::logger && value != atoms::undefined && !value.is_local_pid()) return self.badarg();
    Term before = system_logger(runtime);
    runtime.system_logger_raw.store(value.raw, std::memory_order_release);
    return before;
  }
  if (flag == atoms::backtrace_depth) {
    if (!value.is_small() || value.small_value() < 0) return self.badarg();
    return Term::small(runtime.backtrace_depth.exchange(static_cast<uint32_t>(std::min<int64_t>(value.small_value(), 64))));
  }
  if (flag == atoms::fullsweep_after) {
    if (!value.is_small() || value.small_value() < 0) return self.badarg();
    return Term::small(runtime.fullsweep_after.exchange(static_cast<uint32_t>(std::min<int64_t>(value.small_value(), 65535))));
  }
  if (flag == atoms::min_heap_size) {
    if (!count(value, 0, int64_t{1} << 30, n)) return self.badarg();
    uint32_t before = default_min_heap_words(runtime);
    runtime.min_heap_words.store(static_cast<uint32_t>(heap::next_heap_size(n)), std::memory_order_relaxed);
    return Term::small(before);
  }
  if (flag == atoms::min_bin_vheap_size) {
    if (!count(value, 0, int64_t{1} << 30, n)) return self.badarg();
    return Term::small(runtime.min_binary_heap_words.exchange(static_cast<uint32_t>(heap::next_heap_size(n))));
  }
  if (flag == atoms::max_heap_size) return set_max_heap_size(self, value);
  if (flag == atoms::outstanding_system_requests_limit) {
    if (!count(value, 1, (1 << 27) - 1, n)) return self.badarg();
    return Term::small(runtime.system_requests_limit.exchange(n));
  }
  if (flag == atoms::schedulers_online) {
    if (!count(value, 1, scheduling.scheduler_count(), n)) return self.badarg();
    uint32_t before = scheduling.schedulers_online();
    scheduling.set_schedulers_online(n);
    return when_settled(self, Term::small(before));
  }
  if (flag == atoms::dirty_cpu_schedulers_online) {
    if (!count(value, 1, std::min(scheduling.dirty_cpu_count(), scheduling.schedulers_online()), n)) return self.badarg();
    uint32_t before = scheduling.dirty_cpu_online();
    scheduling.set_dirty_cpu_online(n);
    return Term::small(before);
  }
  if (flag == atoms::multi_scheduling) return set_multi_scheduling(self, value);
  if (flag == atoms::scheduler_wall_time) {
    if (value != atoms::true_ && value != atoms::false_) return self.badarg();
    // Counts who wants it: Erlang code of kernel.
    return self.trap(runtime.code->export_of(atoms::erts_internal, atoms::system_flag_scheduler_wall_time, 1), {value});
  }
  if (flag == atoms::trace_control_word) {
    uint64_t word;
    if (!integer::to_uint64(value, word) || word > UINT32_MAX) return self.badarg();
    return Term::small(settings.trace_control_word.exchange(static_cast<uint32_t>(word)));
  }
  if (flag == atoms::time_offset) return value == atoms::finalize ? BifResult(time_offset_name(finalize_time_offset(runtime))) : self.badarg();
  if (flag == atoms::debug_flags) return atoms::true_;
  if (flag == atoms::reset_seq_trace || flag == atoms::sequential_tracer) {
    Term before = runtime.tracing->change_sequences(self, flag, value);
    return before.is_none() ? self.badarg() : BifResult(before);
  }
  if (flag == atoms::microstate_accounting) {
    using Change = sched::Scheduling::MicrostateChange;
    if (value == intern("reset")) return boolean(runtime.scheduling->change_microstates(Change::Reset));
    if (value != atoms::true_ && value != atoms::false_) return self.badarg();
    return boolean(runtime.scheduling->change_microstates(value == atoms::true_ ? Change::On : Change::Off));
  }
  if (flag == atoms::scheduler_bind_type) return set_scheduler_bind_type(self, value);
  if (flag == atoms::cpu_topology) return ask_for_topology(self, value);
  if (flag == atoms::internal_cpu_topology) return set_topology(self, value);
  if (flag == atoms::erts_alloc) return self.badarg();
  return self.badarg_because(atoms::badopt);
}

}  // namespace athanor::bif
