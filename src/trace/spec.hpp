// SPDX-License-Identifier: Apache-2.0
// Match specs of traces: compiled, with their source, shared by count.
#pragma once

#include "bif/match_environment.hpp"
#include "heap/fragment.hpp"
#include "match_spec/program.hpp"

namespace athanor::trace {

struct Spec : MagicObject {
  match_spec::Program* program = nullptr;
  heap::FragmentAllocator memory{0};
  Term source;                              // lives in `memory`
  ~Spec() override { if (program) program->release(); }
};
// Null: no match spec. One count is the caller's. What it will see decides what its bodies may do.
enum class Sees : uint8_t { Calls, Sends, Receives };
Spec* compile(process::Process& self, Term source, Sees what);

// What a call or message gave.
struct Verdict {
  Term value;                               // false: not told; true; or what {message, Term} says
  uint32_t flags = 0;                       // match_spec::kReturnTrace, kExceptionTrace
};
// `spec` may be null: true.
Verdict judge(process::Process& self, const Spec* spec, const Term* arguments, size_t count);

// The actions of bodies. `is_trial`: match_spec_test/3, where nothing happens.
class TraceEnvironment final : public bif::ProcessEnvironment {
 public:
  TraceEnvironment(process::Process& self, bool is_trial) : ProcessEnvironment(self), is_trial_(is_trial) {}
  Term action(match_spec::Action action, const Term* arguments, uint32_t count) override;

 private:
  Term caller(bool with_line);
  Term change_flags(Term target, uint32_t off, uint32_t on, Term tracer);
  bool is_trial_;
};

}  // namespace athanor::trace
