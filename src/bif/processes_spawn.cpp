// SPDX-License-Identifier: Apache-2.0
// Making processes: spawn and its options.
#include <algorithm>

#include "bif/bif.hpp"
#include "bif/max_heap.hpp"
#include "bif/spawn_options.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/tracing.hpp"
#include "sched/scheduling.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif {

bool read_spawn_monitor_options(Term list, process::SpawnOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    Term option = list.head();
    if (!is_tuple_of(option, 2)) return false;
    Term value = tuple_element(option, 1);
    if (tuple_element(option, 0) == atoms::tag) options.monitor_tag = value;
    else if (tuple_element(option, 0) == atoms::alias && (value == atoms::explicit_unalias || value == atoms::demonitor || value == atoms::reply_demonitor)) options.monitor_alias = value;
    else return false;
  }
  return list.is_nil();
}

namespace {

using process::Priority;
using process::Runtime;
using process::Spawned;
using process::SpawnOptions;

constexpr int64_t kMaxHeapWords = int64_t{1} << 40;

bool word_count(Term t, uint64_t& value) {
  if (!t.is_small() || t.small_value() < 0 || t.small_value() > kMaxHeapWords) return false;
  value = static_cast<uint64_t>(t.small_value());
  return true;
}

bool read_option(Runtime& runtime, Term option, SpawnOptions& options, RequestOptions* request) {
  if (option == atoms::link) { options.link = true; return true; }
  if (option == atoms::monitor) { options.monitor = true; return true; }
  if (!is_tuple_of(option, 2)) return false;
  Term name = tuple_element(option, 0), value = tuple_element(option, 1);
  uint64_t words;
  if (name == atoms::monitor) {
    options.monitor = true;
    return read_spawn_monitor_options(value, options);
  }
  if (name == atoms::priority) {
    if (value == atoms::max) options.priority = Priority::Max;
    else if (value == atoms::high) options.priority = Priority::High;
    else if (value == atoms::normal) options.priority = Priority::Normal;
    else if (value == atoms::low) options.priority = Priority::Low;
    else return false;
    return true;
  }
  if (name == atoms::message_queue_data) {
    options.off_heap_messages = value == atoms::off_heap;
    return value == atoms::off_heap || value == atoms::on_heap || value == atoms::mixed;
  }
  if (name == atoms::min_heap_size) {
    if (!word_count(value, words)) return false;
    options.min_heap_words = static_cast<uint32_t>(std::min<uint64_t>(words, UINT32_MAX));
    return true;
  }
  if (name == atoms::max_heap_size) return read_max_heap(runtime, value, options.max_heap.emplace(runtime.max_heap()));
  if (name == atoms::min_bin_vheap_size) {
    if (!word_count(value, words)) return false;
    options.min_binary_heap_words = static_cast<uint32_t>(heap::next_heap_size(std::min<uint64_t>(words, UINT32_MAX / 2)));
    return true;
  }
  if (name == atoms::fullsweep_after) {
    if (!word_count(value, words)) return false;
    options.fullsweep_after = static_cast<uint32_t>(std::min<uint64_t>(words, 65535));
    options.fullsweep_set = true;
    return true;
  }
  if (name == atoms::scheduler) {
    if (!value.is_small() || value.small_value() < 0 || value.small_value() > runtime.scheduling->scheduler_count()) return false;
    options.scheduler = static_cast<uint32_t>(value.small_value());
    return true;
  }
  if (request && name == atoms::reply) {
    if (value != atoms::yes && value != atoms::no && value != atoms::error_only && value != atoms::success_only) return false;
    request->reply = value;
    return true;
  }
  if (request && name == atoms::reply_tag) { request->reply_tag = value; return true; }
  return false;
}

bool is_call(const Term* args) { return args[0].is_atom() && args[1].is_atom() && list_length(args[2]) >= 0 && list_length(args[2]) <= 255; }

BifResult spawned_or_limit(Process& self, const Spawned& spawned) {
  if (spawned.pid.is_none()) return self.system_limit();
  return spawned.monitor.is_none() ? spawned.pid : make_tuple(self.heap(), spawned.pid, spawned.monitor);
}

BifResult spawn_plain(Process& self, const Term* args, bool link) {
  if (!is_call(args)) return self.badarg();
  SpawnOptions options;
  options.link = link;
  if (ATH_UNLIKELY(link && (self.trace_flags_ & process::trace_flag::kToken))) options.given = cons(self.heap(), atoms::link, Term::nil());
  return spawned_or_limit(self, process::spawn(self.runtime(), &self, args[0], args[1], args[2], options));
}

}  // namespace

bool read_spawn_options(Runtime& runtime, Term list, process::SpawnOptions& options, RequestOptions* request) {
  for (; list.is_list_cell(); list = list.tail()) {
    if (!read_option(runtime, list.head(), options, request)) return false;
  }
  return list.is_nil();
}

namespace erlang {

BifResult spawn_3(Process& self, const Term* args) { return spawn_plain(self, args, false); }
BifResult spawn_link_3(Process& self, const Term* args) { return spawn_plain(self, args, true); }

// erlang:spawn_opt/4 (Module, Function, Arguments, Options); a bad option is `badopt` in the error's cause.
BifResult spawn_opt_4(Process& self, const Term* args) {
  SpawnOptions options;
  if (!is_call(args)) return self.badarg();
  if (!read_spawn_options(self.runtime(), args[3], options, nullptr)) return list_length(args[3]) < 0 ? self.badarg() : self.badarg_because(atoms::badopt);
  options.given = args[3];
  return spawned_or_limit(self, process::spawn(self.runtime(), &self, args[0], args[1], args[2], options));
}

}  // namespace erlang

namespace erts_internal {

// Answers with a message {ReplyTag, Ref, ok, Pid} | {ReplyTag, Ref, error, Reason}; gives Ref, or badarg.
BifResult spawn_request_4(Process& self, const Term* args) {
  SpawnOptions options;
  RequestOptions request;
  if (!is_call(args)) return atoms::badarg;
  if (list_length(args[3]) < 0) return atoms::badarg;
  bool has_bad_option = false;   // what the others say of the reply holds all the same
  for (Term list = args[3]; list.is_list_cell(); list = list.tail()) has_bad_option |= !read_option(self.runtime(), list.head(), options, &request);
  if (!has_bad_option) {
    process::SpawnRequest answer{request.reply_tag, request.reply == atoms::yes || request.reply == atoms::success_only, Term::none()};
    options.given = args[3];
    options.request = &answer;
    options.initial_call = Mfa{args[0], args[1], static_cast<uint32_t>(list_length(args[2]))};
    // OTP: the child calls erts_internal:spawn_init/1, which calls what was asked for; traces show it.
    const Term begin = cons(self.heap(), make_tuple(self.heap(), args[0], args[1], args[2]), Term::nil());
    Spawned spawned = process::spawn(self.runtime(), &self, atoms::erts_internal, atoms::spawn_init, begin, options);
    if (!spawned.pid.is_none()) return answer.reference;
  }
  Term reference = process::make_reference(self.runtime(), self.heap());
  if (request.reply == atoms::yes || request.reply == atoms::error_only) {
    Term reply = make_tuple(self.heap(), request.reply_tag, reference, atoms::error, has_bad_option ? atoms::badopt : atoms::system_limit);
    process::send_message(self.runtime(), self.pid(), reply, self.pid());
  }
  return reference;
}

BifResult spawn_system_process_3(Process& self, const Term* args) {
  if (!is_call(args)) return self.badarg();
  SpawnOptions options;
  options.system_process = true;
  return spawned_or_limit(self, process::spawn(self.runtime(), &self, args[0], args[1], args[2], options));
}

}  // namespace erts_internal
}  // namespace athanor::bif
