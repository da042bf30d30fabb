// SPDX-License-Identifier: Apache-2.0
// What a process does to itself: raising, dictionary, names, references, rest.
#include <algorithm>
#include <vector>

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "process/dictionary.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/tracing.hpp"
#include "term/compare.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif::erlang {
namespace {

using process::Class;

// Raised on the program's behalf: the stack trace starts at the caller.
BifResult raise_for_program(Process& self, Class klass, Term value) {
  BifResult result = self.raise(klass, value);
  self.exception().by_program = true;
  return result;
}

BifResult error_with(Process& self, Term reason, Term arguments) {
  BifResult result = raise_for_program(self, Class::Error, reason);
  if (arguments.is_list()) {
    self.exception().has_arguments = true;
    self.exception().arguments = arguments;
  }
  return result;
}

// An item of a stack trace as erlang:raise/3 takes it, without and with a location: {M, F, A | Args}, {Fun, Args}.
enum class TraceItem : uint8_t { None, WithoutLocation, WithLocation };
TraceItem trace_item(Term item) {
  if (!is_tuple(item)) return TraceItem::None;
  size_t arity = tuple_arity(item);
  size_t plain = 0;
  if (arity >= 3 && tuple_element(item, 0).is_atom() && tuple_element(item, 1).is_atom()) plain = 3;
  else if (arity >= 2 && is_fun(tuple_element(item, 0))) plain = 2;
  if (plain == 0 || arity > plain + 1) return TraceItem::None;
  if (arity == plain) return TraceItem::WithoutLocation;
  // OTP: whether the location is a proper list is not looked at.
  return tuple_element(item, arity - 1).is_list() ? TraceItem::WithLocation : TraceItem::None;
}

Term with_empty_location(Allocator& to, Term item) {
  size_t arity = tuple_arity(item);
  Term* place = to.allocate(arity + 2);
  place[0].raw = tuple_header(arity + 1);
  for (size_t i = 0; i < arity; ++i) place[i + 1] = tuple_element(item, i);
  place[arity + 1] = Term::nil();
  return Term::boxed(place);
}

// The trace with a location in each item, the list itself where all have one; none: no stack trace.
Term stacktrace_with_locations(Allocator& to, Term list) {
  bool complete = true;
  size_t count = 0;
  Term rest = list;
  for (; rest.is_list_cell(); rest = rest.tail(), ++count) {
    TraceItem item = trace_item(rest.head());
    if (item == TraceItem::None) return Term::none();
    complete = complete && item == TraceItem::WithLocation;
  }
  if (!rest.is_nil()) return Term::none();
  if (complete) return list;
  std::vector<Term> items;
  items.reserve(count);
  for (rest = list; rest.is_list_cell(); rest = rest.tail()) {
    Term item = rest.head();
    items.push_back(trace_item(item) == TraceItem::WithLocation ? item : with_empty_location(to, item));
  }
  return make_list(to, items.data(), items.size());
}

}  // namespace

BifResult self_0(Process& self, const Term*) { return self.pid(); }

BifResult error_1(Process& self, const Term* args) { return raise_for_program(self, Class::Error, args[0]); }
BifResult error_2(Process& self, const Term* args) { return error_with(self, args[0], args[1]); }
// erlang:error/3: [{error_info, Map}] travels in the first item of the stack trace. Other options make it error/2.
BifResult error_3(Process& self, const Term* args) {
  Term info;
  Term options = args[2];
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::error_info || !is_map(tuple_element(option, 1))) break;
    info = tuple_element(option, 1);
  }
  if (!options.is_nil()) info = Term::none();
  BifResult result = error_with(self, args[0], args[1]);
  if (!info.is_none()) self.exception().error_info = info;
  return result;
}
BifResult exit_1(Process& self, const Term* args) { return raise_for_program(self, Class::Exit, args[0]); }
BifResult throw__1(Process& self, const Term* args) { return raise_for_program(self, Class::Throw, args[0]); }
// erlang:raise/3: badarg is returned, not raised, where the arguments are none.
BifResult raise_3(Process& self, const Term* args) {
  Class klass;
  if (args[0] == atoms::error) klass = Class::Error;
  else if (args[0] == atoms::exit) klass = Class::Exit;
  else if (args[0] == atoms::throw_) klass = Class::Throw;
  else return atoms::badarg;
  Term trace = stacktrace_with_locations(self.heap(), args[2]);
  if (trace.is_none()) return atoms::badarg;
  BifResult result = raise_for_program(self, klass, args[1]);
  self.exception().trace_given = true;
  self.exception().trace = trace;
  return result;
}

BifResult make_ref_0(Process& self, const Term*) { return process::make_reference(self.runtime(), self.heap()); }

BifResult unique_integer_0(Process& self, const Term*) {
  uint64_t count = self.runtime().counters.unique_positive.fetch_add(1, std::memory_order_relaxed);
  return integer::from_int64(self.heap(), static_cast<int64_t>(count) + Term::kSmallMin);
}
BifResult unique_integer_1(Process& self, const Term* args) {
  bool positive = false, monotonic = false;
  Term list = args[0];
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::positive) positive = true;
    else if (list.head() == atoms::monotonic) monotonic = true;
    else return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  auto& counters = self.runtime().counters;
  uint64_t count = monotonic ? counters.unique_monotonic.fetch_add(1, std::memory_order_seq_cst)
                             : counters.unique_positive.fetch_add(1, std::memory_order_relaxed);
  // OTP: integers that may be negative start at the bottom of the small ones.
  return integer::from_int64(self.heap(), positive ? static_cast<int64_t>(count) : static_cast<int64_t>(count) + Term::kSmallMin);
}

// --- process dictionary ---

BifResult put_2(Process& self, const Term* args) {
  if (!self.dictionary_) self.dictionary_ = new process::Dictionary;
  Term old = self.dictionary_->put(args[0], args[1]);
  return old.is_none() ? atoms::undefined : old;
}
BifResult get_1(Process& self, const Term* args) {
  Term value = self.dictionary_ ? self.dictionary_->get(args[0]) : Term::none();
  return value.is_none() ? atoms::undefined : value;
}
BifResult erase_1(Process& self, const Term* args) {
  Term old = self.dictionary_ ? self.dictionary_->erase(args[0]) : Term::none();
  return old.is_none() ? atoms::undefined : old;
}
BifResult get_0(Process& self, const Term*) {
  Term list = Term::nil();
  if (!self.dictionary_) return list;
  for (size_t i = self.dictionary_->count(); i-- > 0;) {
    list = cons(self.heap(), make_tuple(self.heap(), self.dictionary_->key(i), self.dictionary_->value(i)), list);
  }
  return list;
}
BifResult erase_0(Process& self, const Term* args) {
  BifResult all = get_0(self, args);
  if (self.dictionary_) self.dictionary_->clear();
  return all;
}
BifResult get_keys_0(Process& self, const Term*) {
  Term list = Term::nil();
  if (!self.dictionary_) return list;
  for (size_t i = self.dictionary_->count(); i-- > 0;) list = cons(self.heap(), self.dictionary_->key(i), list);
  return list;
}
BifResult get_keys_1(Process& self, const Term* args) {
  Term list = Term::nil();
  if (!self.dictionary_) return list;
  for (size_t i = self.dictionary_->count(); i-- > 0;) {
    if (equal_exact(self.dictionary_->value(i), args[0])) list = cons(self.heap(), self.dictionary_->key(i), list);
  }
  return list;
}

// --- names ---

// The flag procs tells of names; the tracee's thread does it.
static void tell_name(Process& self, Term who, Term what, Term name) {
  process::Runtime& runtime = self.runtime();
  auto tell = [](Process& tracee, Term event, Term told) {
    if (process::is_traced(tracee, process::trace_flag::kProcs)) tracee.runtime().tracing->told(tracee, event, told);
  };
  if (who == self.pid()) {
    tell(self, what, name);
  } else if (who.is_local_port() && runtime.tracing->in_use.load(std::memory_order_relaxed)) {
    struct Named { process::Runtime* runtime; Term port, what, name; } named{&runtime, who, what, name};
    runtime.with_port_trace(runtime, who, [](process::PortTrace& trace, void* context) {
      const auto& event = *static_cast<Named*>(context);
      if (trace.is_traced(process::trace_flag::kPorts)) event.runtime->tracing->port_told(event.port, trace, event.what, event.name);
    }, &named);
  } else if (who.is_local_pid() && runtime.tracing->in_use.load(std::memory_order_relaxed)) {
    process::request(runtime, who, process::SignalKind::Rpc, self.pid(), nullptr, {name, nullptr}, what.raw, [](Process& tracee, process::Signal& signal) {
      if (process::is_traced(tracee, process::trace_flag::kProcs)) tracee.runtime().tracing->told(tracee, Term(signal.number), signal.parcel.term);
    });
  }
}

// erlang:register/2: the cause says whether the name or the process is taken, or the process gone.
BifResult register__2(Process& self, const Term* args) {
  if (!args[0].is_atom() || args[0] == atoms::undefined) return self.badarg_because(atoms::none);
  if (args[1].is_local_port()) {
    if (!self.runtime().registry->add(args[0], args[1])) return self.badarg_because(atoms::registered_name);
    tell_name(self, args[1], atoms::register_, args[0]);
    return atoms::true_;
  }
  if (!args[1].is_local_pid()) return self.badarg_because(atoms::none);
  Process* target = self.runtime().processes->find(args[1]);
  if (!target) return self.badarg_because(atoms::notalive);
  if (!process::register_name(*target, args[0])) return self.badarg_because(atoms::registered_name);
  tell_name(self, args[1], atoms::register_, args[0]);
  return atoms::true_;
}
BifResult unregister_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  Term who = self.runtime().registry->find(args[0]);
  if (!process::unregister_name(self.runtime(), args[0])) return self.badarg();
  tell_name(self, who, atoms::unregister, args[0]);
  return atoms::true_;
}
BifResult whereis_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  Term found = self.runtime().registry->find(args[0]);
  return found.is_none() ? atoms::undefined : found;
}
BifResult registered_0(Process& self, const Term*) {
  std::vector<Term> names = self.runtime().registry->names();
  return make_list(self.heap(), names.data(), names.size());
}
BifResult processes_0(Process& self, const Term*) {
  std::vector<Term> pids = self.runtime().processes->all();
  self.charge(pids.size() / 16);
  return make_list(self.heap(), pids.data(), pids.size());
}

BifResult group_leader_0(Process& self, const Term*) { return self.group_leader_; }

BifResult hibernate_3(Process& self, const Term* args) {
  if (!args[0].is_atom() || !args[1].is_atom()) return self.badarg();
  int64_t arity = list_length(args[2]);
  if (arity < 0) return self.badarg();
  if (arity > 255) return self.system_limit();
  self.hibernated_ = true;
  return self.trap(self.runtime().code->export_of(atoms::erlang, atoms::apply, 3), {args[0], args[1], args[2]});
}

BifResult yield_0(Process& self, const Term*) {
  // The rest of the slice is given up, not used.
  self.reductions_done_ -= static_cast<uint64_t>(self.reductions_left_);
  self.reductions_left_ = 0;
  return atoms::true_;
}

}  // namespace athanor::bif::erlang
