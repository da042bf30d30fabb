// SPDX-License-Identifier: Apache-2.0
#include "engine/interp/exceptions.hpp"

#include <algorithm>

#include "engine/interp/breakpoints.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/raw_trace.hpp"
#include "process/spawn.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/map.hpp"

namespace athanor::engine {

using process::Class;
using process::Process;

namespace {

Term list_of(Allocator& to, const Term* items, size_t count) {
  Term list = Term::nil();
  for (size_t i = count; i-- > 0;) list = make_cons(to.allocate(2), items[i], list);
  return list;
}

Term nocatch(Process& self, Term value) {
  Term* place = self.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = atoms::nocatch;
  place[2] = value;
  return Term::boxed(place);
}

// Goes on at the nearest catch; without one the process ends.
const Word* unwind(Interpreter& vm, Class klass, Term value, Term raw) {
  Process& self = *vm.self;
  if (ATH_UNLIKELY(self.is_matching_)) {   // only in hostile code: what is raised may be a part of the message
    self.before_collection();
    self.is_matching_ = false;
  }
  Term* base = self.heap().stack_top();
  Term* end = self.heap().end();
  const bool has_cells = (self.trace_flags_ & process::trace_flag::kReturnCells) != 0;
  // OTP: tracers hear of a throw that nothing will catch as of the error that it becomes.
  const bool is_uncaught = ATH_UNLIKELY(has_cells) && klass == Class::Throw && std::none_of(base, end, [](Term t) { return !is_address(t) && t.is_catch_mark(); });
  PassedCells cells(vm, class_atom(is_uncaught ? Class::Error : klass), is_uncaught ? nocatch(self, value) : value);
  for (Term* p = base; p < end; ++p) {
    if (is_address(*p)) {
      if (ATH_UNLIKELY(has_cells)) cells.pass(p);
      base = p + 1;
    } else if (p->is_catch_mark()) {
      const Word* handler = p->catch_handler();
      *p = Term::nil();
      if (ATH_UNLIKELY(has_cells)) cells.caught();
      self.heap().set_stack_top(base);
      vm.x[0] = Term::none();
      vm.x[1] = value;
      vm.x[2] = raw;
      vm.x[3] = class_atom(klass);
      return handler;
    }
  }
  Term trace = klass == Class::Exit ? Term::nil() : build_stacktrace(self, self.heap(), raw);
  return exit_with(vm, process::report_uncaught(self, klass, value, trace));
}

uint32_t depth(Process& self) { return std::max(1u, self.runtime().backtrace_depth.load(std::memory_order_relaxed)); }

const Word* raise_frames(Interpreter& vm, Class klass, Term value, Term arguments, Term error_info, Frames& frames) {
  Process& self = *vm.self;
  frames.scan(self.heap().stack_top(), self.heap().end());
  return unwind(vm, klass, value, make_raw_trace(self.heap(), 0, klass, arguments, error_info, &frames));
}

Term error_info_list(Allocator& to, Term map) {
  Term* place = to.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = atoms::error_info;
  place[2] = map;
  return make_cons(to.allocate(2), Term::boxed(place), Term::nil());
}

// OTP: which module's format_error/2 explains errors of a built-in.
Term format_module(Term module) {
  if (module == atoms::erlang || module == atoms::atomics || module == atoms::counters || module == atoms::erts_internal ||
      module == atoms::persistent_term) {
    return atoms::erl_erts_errors;
  }
  if (module == atoms::os) return atoms::erl_kernel_errors;
  if (module == atoms::binary || module == atoms::ets || module == atoms::lists || module == atoms::maps || module == atoms::math ||
      module == atoms::re || module == atoms::unicode) {
    return atoms::erl_stdlib_errors;
  }
  return Term::none();
}

Term bif_error_info(Allocator& to, Term module, Term cause) {
  Term formatter = format_module(module);
  if (formatter.is_none()) return Term::nil();
  Term pairs[4] = {atoms::module, formatter, atoms::cause, cause};
  return error_info_list(to, map::from_pairs(to, pairs, cause.is_none() ? 1 : 2));
}

}  // namespace

const Word* raise(Interpreter& vm, const CallSite* site, Class klass, Term value) {
  Frames frames(depth(*vm.self));
  frames.add_site(site);
  return raise_frames(vm, klass, value, atoms::true_, Term::nil(), frames);
}

const Word* raise_tagged(Interpreter& vm, const CallSite* site, Term tag, Term value) {
  Term* place = vm.self->allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = tag;
  place[2] = value;
  return raise_error(vm, site, Term::boxed(place));
}

const Word* raise_uncallable(Interpreter& vm, const CallSite* site, FunCaller caller, Term tag, Term value) {
  Frames frames(depth(*vm.self));
  if (caller == FunCaller::Apply) frames.add_mfa({atoms::erlang, atoms::apply, 2});
  frames.add_site(site);
  if (caller == FunCaller::Body) frames.add_site(site);
  Term* place = vm.self->allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = tag;
  place[2] = value;
  return raise_frames(vm, Class::Error, Term::boxed(place), atoms::true_, Term::nil(), frames);
}

const Word* raise_function_clause(Interpreter& vm, const CallSite* site) {
  Frames frames(depth(*vm.self));
  frames.add_site(site);
  Term arguments = list_of(vm.self->heap(), vm.x, site->function->mfa.arity);
  frames.scan(vm.self->heap().stack_top(), vm.self->heap().end());
  return unwind(vm, Class::Error, atoms::function_clause,
                make_raw_trace(vm.self->heap(), kFunctionClause, Class::Error, arguments, Term::nil(), &frames));
}

const Word* raise_undefined(Interpreter& vm, Mfa mfa, Term arguments) {
  Frames frames(depth(*vm.self));
  frames.add_mfa(mfa);
  return raise_frames(vm, Class::Error, atoms::undef, arguments, Term::nil(), frames);
}

Mfa mfa_of(const process::NativeRow& row) { return Mfa{intern(row.module), intern(row.name), row.arity}; }

const Word* raise_from_bif(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args) {
  Process& self = *vm.self;
  process::Exception exception = self.exception();
  self.exception() = process::Exception{};
  self.pending_ = process::Pending::None;
  if (exception.trace_given) {
    return unwind(vm, exception.klass, exception.value,
                  make_raw_trace(self.heap(), kTraceGiven, exception.klass, exception.trace, Term::nil(), nullptr));
  }
  Frames frames(depth(self));
  if (!site) frames.expect_return_of_native();
  if (exception.by_program) {
    frames.add_site(site);
    Term info = exception.error_info.is_none() ? Term::nil() : error_info_list(self.heap(), exception.error_info);
    return raise_frames(vm, exception.klass, exception.value, exception.has_arguments ? exception.arguments : atoms::true_, info, frames);
  }
  if (!exception.first_item.is_none()) {
    frames.add_site(site);
    frames.scan(self.heap().stack_top(), self.heap().end());
    return unwind(vm, exception.klass, exception.value,
                  make_raw_trace(self.heap(), kFirstItemGiven, exception.klass, exception.first_item, Term::nil(), &frames));
  }
  frames.add_mfa(mfa);
  frames.add_failed(site);
  Term info = exception.error_info.is_none() ? bif_error_info(self.heap(), mfa.module, exception.error_info_cause)
                                             : error_info_list(self.heap(), exception.error_info);
  return raise_frames(vm, exception.klass, exception.value, list_of(self.heap(), args, mfa.arity), info, frames);
}

const Word* raise_as_bif(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args, Term value) {
  (void)vm.self->error(value);
  return raise_from_bif(vm, site, mfa, args);
}

const Word* raise_apply(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args, Term reason) {
  Allocator& heap = vm.self->heap();
  Frames frames(depth(*vm.self));
  frames.add_mfa(mfa);
  frames.add_site(site);
  return raise_frames(vm, Class::Error, reason, list_of(heap, args, mfa.arity), bif_error_info(heap, mfa.module, Term::none()), frames);
}

const Word* raise_with_info(Interpreter& vm, const CallSite* site, Term value, Term error_info) {
  Frames frames(depth(*vm.self));
  frames.add_site(site);
  Term info = error_info.is_none() ? Term::nil() : error_info_list(vm.self->heap(), error_info);
  return raise_frames(vm, Class::Error, value, atoms::true_, info, frames);
}

const Word* raise_again(Interpreter& vm, Class klass, Term value, Term raw) {
  return unwind(vm, klass, value, with_class(vm.self->heap(), raw, klass));
}

const Word* raise_badfile(Interpreter& vm, const CallSite* site) {
  Term* place = vm.self->allocate(4 + 3);
  Mfa mfa = site->function ? site->function->mfa : Mfa{};
  place[0].raw = tuple_header(3);
  place[1] = mfa.module.is_none() ? atoms::undefined : mfa.module;
  place[2] = mfa.function.is_none() ? atoms::undefined : mfa.function;
  place[3] = Term::small(mfa.arity);
  place[4].raw = tuple_header(2);
  place[5] = atoms::badfile;
  place[6] = Term::boxed(place);
  return exit_with(vm, Term::boxed(place + 4));
}

}  // namespace athanor::engine
