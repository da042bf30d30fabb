// SPDX-License-Identifier: Apache-2.0
// What a process does to itself: raising, dictionary, names, references, rest.
#include <algorithm>

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "process/dictionary.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
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

// A stack trace as erlang:raise/3 takes it: {M, F, A | Args} or {M, F, A | Args, Location} or {Fun, Args}(, Location).
bool is_stacktrace(Term list) {
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (!is_tuple(item)) return false;
    size_t arity = tuple_arity(item);
    bool is_call = arity >= 3 && tuple_element(item, 0).is_atom() && tuple_element(item, 1).is_atom();
    bool is_fun_call = !is_call && (arity == 2 || arity == 3) && is_fun(tuple_element(item, 0));
    if (!is_call && !is_fun_call) return false;
    if (arity > (is_call ? 4u : 3u)) return false;
    if (arity == (is_call ? 4u : 3u) && list_length(tuple_element(item, arity - 1)) < 0) return false;
  }
  return list.is_nil();
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
  if (!is_stacktrace(args[2])) return atoms::badarg;
  Class klass;
  if (args[0] == atoms::error) klass = Class::Error;
  else if (args[0] == atoms::exit) klass = Class::Exit;
  else if (args[0] == atoms::throw_) klass = Class::Throw;
  else return atoms::badarg;
  BifResult result = raise_for_program(self, klass, args[1]);
  self.exception().trace_given = true;
  self.exception().trace = args[2];
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

// erlang:register/2: the cause says whether the name or the process is taken, or the process gone.
BifResult register__2(Process& self, const Term* args) {
  if (!args[0].is_atom() || args[0] == atoms::undefined) return self.badarg_because(atoms::none);
  if (args[1].is_local_port()) {
    if (!self.runtime().registry->add(args[0], args[1])) return self.badarg_because(atoms::registered_name);
    return atoms::true_;
  }
  if (!args[1].is_local_pid()) return self.badarg_because(atoms::none);
  Process* target = self.runtime().processes->find(args[1]);
  if (!target) return self.badarg_because(atoms::notalive);
  if (!process::register_name(*target, args[0])) return self.badarg_because(atoms::registered_name);
  return atoms::true_;
}
BifResult unregister_1(Process& self, const Term* args) {
  if (!args[0].is_atom() || !process::unregister_name(self.runtime(), args[0])) return self.badarg();
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
  self.reductions_left_ = 0;
  return atoms::true_;
}

}  // namespace athanor::bif::erlang
