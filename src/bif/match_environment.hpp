// SPDX-License-Identifier: Apache-2.0
// Match programs on behalf of a process: guard functions are its machine's natives, results go to its heap.
#pragma once

#include "match_spec/machine.hpp"
#include "process/process.hpp"

namespace athanor::bif {

class NativeGuards final : public match_spec::GuardFunctions {
 public:
  explicit NativeGuards(process::Process& self) : self_(self) {}
  match_spec::GuardFunction find(Term name, uint32_t arity) const override;

 private:
  process::Process& self_;
};

class ProcessEnvironment : public match_spec::Environment {
 public:
  explicit ProcessEnvironment(process::Process& self) : self_(self) {}
  Allocator& heap() override { return self_.heap(); }
  Term call(match_spec::GuardFunction function, const Term* arguments) override;
  Term self() override { return self_.pid(); }
  Term action(match_spec::Action, const Term*, uint32_t) override { return Term::none(); }

  // Gives back what a run without a result left on the heap, where that is at its end still.
  struct Mark {
    Term* top;
    heap::Fragment* fragments;
    uint32_t fragment_used, fragment_words;
    Term* off_heap;
  };
  Mark mark() const;
  void roll_back(const Mark& mark);

 protected:
  process::Process& self_;
};

// Null: not a match spec. One count is the caller's.
match_spec::Program* compile_for_table(process::Process& self, Term spec);

}  // namespace athanor::bif
