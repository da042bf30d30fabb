// SPDX-License-Identifier: Apache-2.0
// Compiled match specs as terms: ets:match_spec_compile/1, match_spec_run_r/3, is_compiled_ms/1, erlang:match_spec_test/3.
#include <vector>

#include "bif/magic.hpp"
#include "ets/process_environment.hpp"
#include "bif/bif.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {

BifResult match_spec_compile_1(Process& self, const Term* args) {
  match_spec::Program* program = athanor::ets::compile_for_table(self, args[0]);
  if (!program) return self.badarg();
  Term reference = make_magic_reference(self, program);
  program->release();
  return reference;
}

BifResult is_compiled_ms_1(Process&, const Term* args) { return boolean(magic_as<match_spec::Program>(args[0]) != nullptr); }

// ets:match_spec_run_r/3 (List, Compiled, Accumulator): results in reverse order in front of the accumulator.
BifResult match_spec_run_r_3(Process& self, const Term* args) {
  auto* program = magic_as<match_spec::Program>(args[1]);
  if (!args[0].is_list() || !program) return self.badarg();
  athanor::ets::ProcessEnvironment environment(self);
  Term list = args[0], result = args[2];
  for (; list.is_list_cell(); list = list.tail()) {
    if (self.charge(1)) return self.yield({list, args[1], result});
    auto mark = environment.mark();
    Term value = match_spec::run(*program, environment, list.head(), match_spec::Result::Shares).value;
    if (value.is_none()) environment.roll_back(mark);
    else result = cons(self.heap(), value, result);
  }
  return list.is_nil() ? BifResult(result) : self.badarg();
}

}  // namespace athanor::bif::ets

namespace athanor::bif {
namespace {

// What trace actions answer while a spec is merely tried: nothing is traced, nothing changes.
class TrialEnvironment final : public athanor::ets::ProcessEnvironment {
 public:
  using ProcessEnvironment::ProcessEnvironment;
  Term action(match_spec::Action action, const Term* arguments, uint32_t count) override {
    using match_spec::Action;
    switch (action) {
      case Action::IsSeqTrace: return atoms::false_;
      case Action::GetSeqToken: return Term::nil();
      case Action::SetSeqToken:
      case Action::SetSeqTokenFake: return Term::nil();
      case Action::Caller:
      case Action::CallerLine: return atoms::undefined;
      case Action::GetControlWord: return Term::small(0);
      case Action::SetControlWord:
      case Action::SetControlWordFake: return is_integer(arguments[0]) ? Term::small(0) : Term::none();
      case Action::Silent: return atoms::true_;
      case Action::EnableTrace:
      case Action::DisableTrace:
      case Action::Trace:
      case Action::Display:
      case Action::ProcessDump: return Term::none();   // needs tracing proper
    }
    return Term::none();
  }
};

Term problems_list(Process& self, const std::vector<match_spec::Problem>& problems) {
  Term list = Term::nil();
  for (size_t i = problems.size(); i-- > 0;) {
    Term text = code_point_list(self.heap(), problems[i].text);
    list = cons(self.heap(), make_tuple(self.heap(), problems[i].is_error ? atoms::error : atoms::warning, text), list);
  }
  return list;
}

}  // namespace

// erlang:match_spec_test/3 (Subject or Arguments, Spec, table | trace): {ok, Result, Flags, Warnings} or {error, Problems}.
BifResult erlang::match_spec_test_3(Process& self, const Term* args) {
  bool trace = args[2] == atoms::trace;
  if (!trace && args[2] != atoms::table) return self.badarg();
  std::vector<Term> arguments;
  if (trace) {
    if (!args[0].is_list()) return self.badarg();
    for (Term list = args[0]; list.is_list_cell(); list = list.tail()) arguments.push_back(list.head());
  }
  match_spec::Options options;
  options.dialect = trace ? match_spec::Dialect::Trace : match_spec::Dialect::Table;
  options.fake_destructive = true;
  options.call_trace = options.trace_actions = trace;
  std::vector<match_spec::Problem> problems;
  match_spec::Program* program = match_spec::compile(args[1], options, athanor::ets::NativeGuards(self), &problems);
  Term told = problems_list(self, problems);
  if (!program) return make_tuple(self.heap(), atoms::error, told);
  TrialEnvironment environment(self);
  match_spec::Outcome outcome =
      trace ? match_spec::run_on_arguments(*program, environment, arguments.data(), arguments.size(), match_spec::Result::Shares)
            : match_spec::run(*program, environment, args[0], match_spec::Result::Shares);
  program->release();
  Term flags = Term::nil();
  if (outcome.flags & match_spec::kExceptionTrace) flags = cons(self.heap(), atoms::exception_trace, flags);
  if (outcome.flags & match_spec::kReturnTrace) flags = cons(self.heap(), atoms::return_trace, flags);
  return make_tuple(self.heap(), atoms::ok, outcome.value.is_none() ? atoms::false_ : outcome.value, flags, told);
}

}  // namespace athanor::bif
