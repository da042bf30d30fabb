// SPDX-License-Identifier: Apache-2.0
// erlang:trace/3, trace_pattern/3, trace_info/2 and their kin.
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "term/map.hpp"
#include "trace/flag_signals.hpp"
#include "trace/trace.hpp"
#define ATH_FAMILY "trace/trace.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace flag = process::trace_flag;
using trace::FlagOptions;
using trace::Switch;
using process::Runtime;
using trace::Trace;

namespace {

// OTP: flags that ports have, that processes have, and those that go with both.
constexpr uint32_t kModifiers = flag::kSilent | flag::kTimestamp | flag::kStrictTimestamp | flag::kMonotonicTimestamp | flag::kSchedulerId |
                                flag::kReceive | flag::kSend;
constexpr uint32_t kOfPorts = kModifiers | flag::kPorts | flag::kRunningPorts;
constexpr uint32_t kOfProcesses = (flag::kAll & ~kOfPorts) | kModifiers;

BifResult bad_option(Process& self) { return self.badarg_because(atoms::badopt); }

// Whom the first argument names.
struct Whom { bool is_valid = false, existing = false, coming = false, processes = true, ports = true; };
Whom whom(Term who) {
  Whom result;
  for (auto [all, existing, coming, processes, ports] : {std::tuple{atoms::all, atoms::existing, atoms::new_, true, true},
                                                         std::tuple{atoms::processes, atoms::existing_processes, atoms::new_processes, true, false},
                                                         std::tuple{atoms::ports, atoms::existing_ports, atoms::new_ports, false, true}}) {
    if (who != all && who != existing && who != coming) continue;
    result = {true, who != coming, who != existing, processes, ports};
  }
  return result;
}

BifResult await(Process& self, Term reference) {
  return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::await_result, 1), {reference});
}

BifResult tell_taken(Process& self) {
  process::log_event(self.runtime(), atoms::error, "** can only have one tracer per process\n~n", Term::nil(), self.group_leader_, Term::none());
  return self.badarg();
}

BifResult trace_port(Process& self, Term port, uint32_t off, uint32_t on, Term tracer) {
  bool is_taken = false;
  if (trace::trace_of(self.runtime()).change_port(port, off, on, tracer, is_taken)) return Term::small(1);
  return is_taken ? tell_taken(self) : self.badarg();
}

BifResult trace_process(Process& self, Term who, uint32_t off, uint32_t on, Term tracer) {
  process::Process* target = self.runtime().processes->find(who);
  if (!target || process::is_exiting(*target)) return self.badarg();
  if (target == &self) {
    self.runtime().tracing->in_use.store(true, std::memory_order_relaxed);
    if (trace::apply_flags(self, off, on, tracer)) return Term::small(1);
    return tell_taken(self);
  }
  Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  auto* change = trace::begin_change(self, off, on, tracer, words);
  trace::change(self, change, who);
  trace::end_change(change);
  // 0 is badarg: erts_internal:await_result/1 cannot raise it, so a native looks at the answer.
  return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::ath_await_trace, 2), {reference, atoms::undefined});
}

}  // namespace

// Takes {Reference, Count} out of the mailbox; badarg where the process has another tracer or went away.
BifResult erts_internal::ath_await_trace_2(Process& self, const Term* args) {
  process::handle_signals(self);
  if (process::is_exiting(self)) return self.exit_now(Term::none());
  uint64_t wanted[3], found[3];
  process::reference_words(args[0], wanted);
  self.mailbox().restart();
  while (process::Signal* message = self.mailbox().peek()) {
    Term t = message->parcel.term;
    if (is_tuple_of(t, 2) && is_local_reference(tuple_element(t, 0))) {
      process::reference_words(tuple_element(t, 0), found);
      if (found[0] == wanted[0] && found[1] == wanted[1]) {
        Term made = tuple_element(t, 1);
        process::Signal::destroy(self.mailbox().remove_current());
        if (made == Term::small(1)) return made;
        return tell_taken(self);
      }
    }
    self.mailbox().advance();
  }
  self.mailbox().restart();
  return self.wait({args[0], args[1]});
}

BifResult erts_internal::trace_3(Process& self, const Term* args) {
  FlagOptions options = trace::parse_flags(self.runtime(), args[2]);
  if (options.is_bad) return bad_option(self);
  if (args[1] != atoms::true_ && args[1] != atoms::false_) return self.badarg();
  const bool is_on = args[1] == atoms::true_;
  if (is_on && options.tracer.is_none()) options.tracer = self.pid();
  const uint32_t on = is_on ? options.flags : 0, off = is_on ? 0 : options.flags;
  Runtime& runtime = self.runtime();
  Term who = args[0];
  if (who.is_local_pid()) return options.cpu_timestamp ? self.badarg() : trace_process(self, who, off, on, options.tracer);
  if (who.is_local_port()) return options.cpu_timestamp ? self.badarg() : trace_port(self, who, off, on, options.tracer);
  if (options.cpu_timestamp && who != atoms::all) return self.badarg();
  const Whom wanted = whom(who);
  if (!wanted.is_valid) return self.badarg();
  if (options.cpu_timestamp) runtime.trace_cpu_time.store(is_on, std::memory_order_relaxed);
  Trace& trace = trace::trace_of(runtime);
  if (wanted.coming && wanted.processes && (options.flags & kOfProcesses)) trace.change_new(off & kOfProcesses, on & kOfProcesses, options.tracer);
  if (wanted.coming && wanted.ports && (options.flags & kOfPorts)) trace.change_new_ports(off & kOfPorts, on & kOfPorts, options.tracer);
  if (!wanted.existing) return Term::small(0);
  int64_t ports = 0;
  bool is_taken = false;
  if (wanted.ports && (options.flags & kOfPorts)) {
    for (Term port : runtime.all_ports(runtime)) ports += trace.change_port(port, off, on, options.tracer, is_taken);
  }
  if (!wanted.processes || !(options.flags & kOfProcesses)) return Term::small(ports);
  Term reference = process::make_reference(runtime, self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  auto* change = trace::begin_change(self, off, on, options.tracer, words, static_cast<uint32_t>(ports));
  for (Term pid : runtime.processes->all()) trace::change(self, change, pid);
  trace::end_change(change);
  return await(self, reference);
}

// Trace messages are delivered as they arise, so those of what happened before this call are there already.
BifResult erlang::trace_delivered_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid() && args[0] != atoms::all) return self.badarg();
  Term reference = process::make_reference(self.runtime(), self.heap());
  process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), atoms::trace_delivered, args[0], reference), Term::none());
  return reference;
}

// --- patterns ---

namespace {

// False: bad option.
bool parse_pattern_flags(Process& self, Term list, trace::PatternFlags& flags) {
  bool is_global = false;
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (item == atoms::global) {
      if (flags.kinds) return false;
      is_global = true;
      continue;
    }
    if (is_tuple(item)) {
      flags.meta_tracer = trace::parse_tracer(self.runtime(), item, atoms::meta);
      if (flags.meta_tracer.is_none()) return false;
      flags.kinds |= trace::kMeta;
      continue;
    }
    if (is_global) return false;
    if (item == atoms::local) flags.kinds |= trace::kLocal;
    else if (item == atoms::call_count) flags.kinds |= trace::kCount;
    else if (item == atoms::call_time) flags.kinds |= trace::kTime;
    else if (item == atoms::meta) {
      flags.kinds |= trace::kMeta;
      if (flags.meta_tracer.is_none()) flags.meta_tracer = self.pid();
    } else return false;
  }
  return list.is_nil();
}

// {Module, Function, Arity}, each '_' only where those behind are too. -1: no such pattern.
int parse_mfa(Term pattern, Mfa& mfa) {
  if (!is_tuple_of(pattern, 3)) return -1;
  Term module = tuple_element(pattern, 0), function = tuple_element(pattern, 1), arity = tuple_element(pattern, 2);
  if (!module.is_atom() || !function.is_atom() || (!arity.is_small() && arity != atoms::underscore)) return -1;
  const Term parts[] = {module, function, arity};
  int specified = 0;
  while (specified < 3 && parts[specified] != atoms::underscore) ++specified;
  for (int i = specified; i < 3; ++i) {
    if (parts[i] != atoms::underscore) return -1;
  }
  mfa = {module, function, specified == 3 ? static_cast<uint32_t>(arity.small_value()) : 0};
  return specified;
}

BifResult set_pattern(Process& self, const Term* args, Switch on, trace::Spec* spec) {
  trace::PatternFlags flags;
  if (!parse_pattern_flags(self, args[2], flags)) return bad_option(self);
  Term what = args[0];
  if (spec && flags.kinds && !(flags.kinds & (trace::kLocal | trace::kMeta))) return self.badarg_because(atoms::call_count);
  Trace& trace = trace::trace_of(self.runtime());
  Mfa mfa;
  if (what == atoms::on_load) {
    trace.set_default_pattern(on, flags, spec);
    return Term::small(0);
  }
  if (what == atoms::send || what == atoms::receive) {
    if (flags.kinds || !args[2].is_nil() || on == Switch::Restart || on == Switch::Pause) return self.badarg_because(atoms::none);
    trace.set_event_pattern(what, on != Switch::Off, spec);
    return Term::small(1);
  }
  const int specified = parse_mfa(what, mfa);
  if (specified < 0) return self.badarg_because(atoms::none);
  return Term::small(static_cast<int64_t>(trace.set_pattern(mfa, specified, on, flags, spec)));
}

}  // namespace

BifResult erts_internal::trace_pattern_3(Process& self, const Term* args) {
  Term pattern = args[1];
  Switch on = Switch::On;
  trace::Spec* spec = nullptr;
  if (pattern == atoms::false_) on = Switch::Off;
  else if (pattern == atoms::restart) on = Switch::Restart;
  else if (pattern == atoms::pause) on = Switch::Pause;
  else if (pattern != atoms::true_ && !pattern.is_nil()) {
    using trace::Sees;
    spec = trace::compile(self, pattern, args[0] == atoms::send ? Sees::Sends : args[0] == atoms::receive ? Sees::Receives : Sees::Calls);
    if (!spec) return self.badarg_because(atoms::match_spec);
  }
  BifResult result = set_pattern(self, args, on, spec);
  if (spec) spec->release();
  return result;
}

// OTP: for the debugger, whose modules are interpreted from their abstract code. How many functions the pattern matched.
BifResult erts_debug::breakpoint_2(Process& self, const Term* args) {
  Mfa mfa;
  const int specified = parse_mfa(args[0], mfa);
  if (specified < 0 || !(args[1] == atoms::true_ || args[1] == atoms::false_)) return self.badarg();
  const Switch on = args[1] == atoms::true_ ? Switch::On : Switch::Off;
  return Term::small(static_cast<int64_t>(trace::trace_of(self.runtime()).set_pattern(mfa, specified, on, {trace::kDebug, Term::none()}, nullptr)));
}

// --- questions ---

namespace {

Term tracee_info(Process& tracee, Allocator& heap, Term key) {
  Term tracer = trace::living_tracer_of(tracee);
  if (key == atoms::tracer) return make_tuple(heap, key, tracer.is_none() ? Term::nil() : trace::tracer_term(tracee.runtime(), heap, tracer));
  return make_tuple(heap, key, trace::flag_list(heap, tracee.trace_flags_ & flag::kAll));
}

void answer_request(process::Process& target, process::Signal& signal) {
  heap::FragmentAllocator heap(64);
  Term result = process::is_exiting(target) ? atoms::undefined : tracee_info(target, heap, signal.parcel.term);
  process::reply(target.runtime(), signal.from, signal.reference, result);
}

BifResult process_trace_info(Process& self, Term pid, Term key) {
  if (key != atoms::flags && key != atoms::tracer) return self.badarg();
  if (pid == self.pid()) return tracee_info(self, self.heap(), key);
  Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  if (!process::request(self.runtime(), pid, process::SignalKind::Rpc, self.pid(), words, {key, nullptr}, 0, answer_request, self.priority())) return atoms::undefined;
  return await(self, reference);
}

BifResult or_badarg(Process& self, Term value) { return value.is_none() ? self.badarg() : BifResult(value); }

}  // namespace

BifResult erlang::trace_info_2(Process& self, const Term* args) {
  Trace& trace = trace::trace_of(self.runtime());
  Term what = args[0], key = args[1];
  if (what == atoms::on_load) return or_badarg(self, trace.default_info(self.heap(), key));
  if (what == atoms::send || what == atoms::receive) return key == atoms::match_spec ? BifResult(trace.event_info(self.heap(), what)) : self.badarg();
  if (what == atoms::new_ || what == atoms::new_processes) return or_badarg(self, trace.new_info(self.heap(), key));
  if (what == atoms::new_ports) return or_badarg(self, trace.new_port_info(self.heap(), key));
  if (what.is_local_pid()) return process_trace_info(self, what, key);
  if (what.is_local_port()) return or_badarg(self, trace.port_info(self.heap(), what, key));
  if (is_tuple_of(what, 3)) {
    Term module = tuple_element(what, 0), function = tuple_element(what, 1), arity = tuple_element(what, 2);
    if (!module.is_atom() || !function.is_atom() || !arity.is_small()) return self.badarg();
    return or_badarg(self, trace.function_info(self.heap(), {module, function, static_cast<uint32_t>(arity.small_value())}, key));
  }
  return is_tuple(what) ? self.badarg() : bad_option(self);
}

// --- erl_tracer: the tracer that processes and ports have ---

BifResult erl_tracer::enabled_3(Process& self, const Term* args) {
  Term state = args[1];
  Term gone = args[0] == atoms::trace_status ? atoms::remove : atoms::discard;
  if (!state.is_local_pid() && !state.is_local_port()) return gone;
  if (!trace::is_alive(self.runtime(), state)) return gone;
  return state == args[2] ? atoms::discard : atoms::trace;
}

// erl_tracer:trace(Tag, Pid | Port, Tracee, Message, #{extra, match_spec_result, scheduler_id, timestamp}): tells it as the machine would.
BifResult erl_tracer::trace_5(Process& self, const Term* args) {
  Term tracer = args[1];
  if (!tracer.is_local_pid() && !tracer.is_local_port()) return atoms::ok;
  auto option = [&](Term key) { return is_map(args[4]) ? map::get(args[4], key) : Term::none(); };
  Term stamp = option(atoms::timestamp);
  uint32_t flags = 0;
  if (stamp == atoms::monotonic) flags = flag::kMonotonicTimestamp;
  else if (stamp == atoms::strict_monotonic) flags = flag::kStrictTimestamp;
  else if (stamp == atoms::timestamp || stamp == atoms::cpu_timestamp) flags = flag::kTimestamp;
  if (args[0] == atoms::seq_trace) {
    trace::tell_sequential(self.runtime(), tracer, flags, args[2], args[3], self.pid());
    return atoms::ok;
  }
  if (!option(atoms::scheduler_id).is_none()) flags |= flag::kSchedulerId;
  trace::tell(self.runtime(), tracer, flags, {args[2], args[0], args[3], option(atoms::extra), option(atoms::match_spec_result)}, self.pid());
  return atoms::ok;
}

}  // namespace athanor::bif
