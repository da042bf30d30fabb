// SPDX-License-Identifier: Apache-2.0
// process_flag: each answers with the old value.
#include "bif/bif.hpp"
#include "bif/max_heap.hpp"
#include "bif/priority.hpp"
#include "bif/process_items.hpp"
#include "code/code_server.hpp"
#include "process/collect.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/runtime.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "sched/scheduling.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

void set_priority(Process& self, process::Priority priority) {
  uint32_t bits = static_cast<uint32_t>(priority) << process::kPriorityShift;
  uint32_t state = self.state_.load(std::memory_order_relaxed);
  while (!self.state_.compare_exchange_weak(state, (state & ~(3u << process::kPriorityShift)) | bits)) {
  }
}

bool read_boolean(Term t, bool& value) {
  value = t == atoms::true_;
  return value || t == atoms::false_;
}

bool read_count(Term t, uint64_t& value) {
  if (!t.is_small() || t.small_value() < 0) return false;
  value = static_cast<uint64_t>(t.small_value());
  return true;
}

constexpr uint64_t kMostSavedCalls = 10000;

// OTP: what was saved is gone, whatever the number was.
Term save_calls(Process& self, uint32_t most) {
  const process::Extra& extra = self.extra();
  const Term old = Term::small(extra.saved_calls ? static_cast<int64_t>(extra.saved_calls->most()) : 0);
  self.runtime().tracing->save_calls(self, most);
  return old;
}

}  // namespace

static BifResult set_max_heap(Process& self, Term value) {
  process::MaxHeap limit = self.runtime().max_heap();
  if (!read_max_heap(self.runtime(), value, limit)) return self.badarg();
  Term old = max_heap_map(self.heap(), max_heap_of(self));
  self.extra().max_heap = limit;
  return old;
}

// 0: to none. It goes on where it then belongs.
static BifResult bind_to_scheduler(Process& self, Term value) {
  uint64_t number;
  if (!read_count(value, number) || number > self.runtime().scheduling->scheduler_count()) return self.badarg();
  const Term old = Term::small(self.bound_scheduler_);
  self.bound_scheduler_ = static_cast<uint16_t>(number);
  return self.trap(self.runtime().code->export_of(atoms::erts_debug, intern("ath_moved"), 1), {old});
}

BifResult erlang::process_flag_2(Process& self, const Term* args) {
  Term flag = args[0], value = args[1];
  bool on;
  uint64_t count;
  if (flag == atoms::trap_exit) {
    if (!read_boolean(value, on)) return self.badarg();
    Term old = boolean(self.trap_exit_);
    // Exit signals sent before now meet the old flag.
    process::handle_signals(self);
    if (process::is_exiting(self)) return self.exit_now(Term::none());
    self.trap_exit_ = on;
    return old;
  }
  if (flag == atoms::error_handler) {
    if (!value.is_atom()) return self.badarg();
    Term old = self.error_handler_;
    self.error_handler_ = value;
    return old;
  }
  if (flag == atoms::priority) {
    process::Priority priority;
    if (!read_priority(value, priority)) return self.badarg();
    Term old = priority_atom(self.priority());
    set_priority(self, priority);
    return old;
  }
  if (flag == atoms::min_heap_size) {
    if (!read_count(value, count)) return self.badarg();
    Term old = min_heap_size(self);
    self.heap().min_words_ = static_cast<uint32_t>(heap::next_heap_size(count));
    return old;
  }
  if (flag == atoms::min_bin_vheap_size) {
    if (!read_count(value, count)) return self.badarg();
    Term old = Term::small(process::min_binary_heap_words(self));
    self.extra().min_binary_heap_words = static_cast<uint32_t>(heap::next_heap_size(std::min<uint64_t>(count, UINT32_MAX / 2)));
    return old;
  }
  if (flag == atoms::max_heap_size) return set_max_heap(self, value);
  if (flag == atoms::fullsweep_after) {
    if (!read_count(value, count)) return self.badarg();
    process::Extra& extra = self.extra();
    Term old = Term::small(extra.fullsweep_set ? extra.fullsweep_after : self.runtime().fullsweep_after.load());
    extra.fullsweep_after = static_cast<uint32_t>(count > 65535 ? 65535 : count);
    extra.fullsweep_set = true;
    return old;
  }
  if (flag == atoms::message_queue_data) {
    if (value != atoms::off_heap && value != atoms::on_heap) return self.badarg();
    Term old = self.extra_if_any() && self.extra().off_heap_messages ? atoms::off_heap : atoms::on_heap;
    self.extra().off_heap_messages = value == atoms::off_heap;
    return old;
  }
  if (flag == atoms::sensitive) {
    if (!read_boolean(value, on)) return self.badarg();
    Term old = boolean(self.trace_flags_ & process::trace_flag::kSensitive);
    self.trace_flags_ = on ? self.trace_flags_ | process::trace_flag::kSensitive : self.trace_flags_ & ~process::trace_flag::kSensitive;
    return old;
  }
  if (flag == atoms::save_calls) {
    if (!read_count(value, count) || count > kMostSavedCalls) return self.badarg();
    return save_calls(self, static_cast<uint32_t>(count));
  }
  if (flag == atoms::monitor_nodes || (is_tuple_of(flag, 2) && tuple_element(flag, 0) == atoms::monitor_nodes)) {
    if (!read_boolean(value, on) || !self.runtime().monitor_nodes) return self.badarg();
    Term old = self.runtime().monitor_nodes(self, on, flag.is_atom() ? Term::nil() : tuple_element(flag, 1));
    return old.is_none() ? self.badarg() : BifResult(old);
  }
  if (flag == atoms::scheduler) return bind_to_scheduler(self, value);
  return self.badarg();
}

// erts_internal:process_flag(Pid, save_calls, N).
BifResult erts_internal::process_flag_3(Process& self, const Term* args) {
  if (!args[0].is_local_pid() || args[1] != atoms::save_calls) return atoms::badarg;
  uint64_t count;
  if (!read_count(args[2], count) || count > kMostSavedCalls) return atoms::badarg;
  if (args[0] == self.pid()) return save_calls(self, static_cast<uint32_t>(count));
  const Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  const bool is_asked = process::request(self.runtime(), args[0], process::SignalKind::Rpc, self.pid(), words, {}, count, [](Process& target, process::Signal& signal) {
    const bool is_gone = process::is_exiting(target);
    process::reply(target.runtime(), signal.from, signal.reference, is_gone ? Term(atoms::badarg) : save_calls(target, static_cast<uint32_t>(signal.number)));
  });
  return is_asked ? reference : Term(atoms::badarg);
}

}  // namespace athanor::bif
