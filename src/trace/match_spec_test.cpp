// SPDX-License-Identifier: Apache-2.0
// erlang:match_spec_test/3: a match spec is tried, in either dialect; what its actions would change stays as it is.
#include <vector>

#include "bif/bif.hpp"
#include "trace/spec.hpp"
#define ATH_FAMILY "trace/trace.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

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
  match_spec::Program* program = match_spec::compile(args[1], options, NativeGuards(self), &problems);
  Term told = problems_list(self, problems);
  if (!program) return make_tuple(self.heap(), atoms::error, told);
  athanor::trace::TraceEnvironment environment(self, true);
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
