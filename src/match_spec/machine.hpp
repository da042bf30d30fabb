// SPDX-License-Identifier: Apache-2.0
// Runs match programs. No recursion; memory besides the result's: a few words a run.
#pragma once

#include "match_spec/program.hpp"
#include "term/allocator.hpp"

namespace athanor::match_spec {

// Where a program runs: a process, as a rule.
class Environment {
 public:
  virtual Allocator& heap() = 0;                                       // results and intermediate terms
  virtual Term call(GuardFunction function, const Term* arguments) = 0;  // none(): it failed
  virtual Term self() = 0;
  virtual Term action(Action action, const Term* arguments, uint32_t count) = 0;  // none(): it failed

 protected:
  ~Environment() = default;
};

// Whether what the result takes from the subject is copied to the environment's heap. Constants of the program always are.
enum class Result : uint8_t { Shares, Copied };

enum OutcomeFlag : uint32_t { kReturnTrace = 1, kExceptionTrace = 2 };
struct Outcome {
  Term value;           // none(): no clause matched
  uint32_t flags = 0;
};

Outcome run(const Program& program, Environment& environment, Term subject, Result result);
// Trace dialect: against the arguments of a call.
Outcome run_on_arguments(const Program& program, Environment& environment, const Term* arguments, size_t count, Result result);

}  // namespace athanor::match_spec
