// SPDX-License-Identifier: Apache-2.0
// Compiled match specs as terms: ets:match_spec_compile/1, match_spec_run_r/3, is_compiled_ms/1.
#include <vector>

#include "bif/magic.hpp"
#include "bif/match_environment.hpp"
#include "bif/bif.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {

BifResult match_spec_compile_1(Process& self, const Term* args) {
  match_spec::Program* program = compile_for_table(self, args[0]);
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
  ProcessEnvironment environment(self);
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
