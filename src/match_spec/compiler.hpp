// SPDX-License-Identifier: Apache-2.0
// The compiler's state while it works on one match spec. Heads are compiled in compiler.cpp, expressions in expressions.cpp.
#pragma once

#include <absl/container/inlined_vector.h>

#include "match_spec/program.hpp"

namespace athanor::match_spec {

class Compiler {
 public:
  Compiler(Program& program, const Options& options, const GuardFunctions& functions, std::vector<Problem>* problems)
      : program_(program), options_(options), functions_(functions), problems_(problems) {}
  bool compile(Term spec);

 private:
  // --- heads ---
  bool compile_clause(Term clause, bool last);
  bool compile_head(Term head);
  bool compile_pattern(Term pattern);
  void emit_leaf(Term pattern);
  struct Work;

  // --- expressions ---
  bool compile_sequence(Term expressions, bool guard);
  bool compile_expression(Term expression);
  struct Task;
  class Tasks;
  bool visit(Term expression, Tasks& tasks);
  bool visit_form(Term form, Tasks& tasks);
  bool visit_action(Term form, Tasks& tasks, bool& known);
  void visit_map(Term map, Tasks& tasks);
  void finish(const Task& task);
  bool fold_constants(Op op, size_t operands, size_t start);
  bool call_arguments(Term form, Tasks& tasks, Op op, uint8_t quick, GuardFunction function);
  bool require_arity(Term form, size_t least, size_t most, const char* words);

  // --- emitting ---
  size_t emit(Op op, uint32_t number = 0);
  void emit_term(Op op, Term term);
  void push(int64_t count);   // notes the depth of the value stack
  Term keep(Term t);          // copies into the program
  // Notes an error. True: go on to find more; false: give up.
  bool problem(std::string text);

  Program& program_;
  const Options& options_;
  const GuardFunctions& functions_;
  std::vector<Problem>* problems_;
  bool failed_ = false;
  bool guard_ = true;
  bool special_ = false;                     // the head is a single variable or '_'
  // Of the clause: N of '$N', at the place of its slot.
  absl::InlinedVector<int64_t, 16> variables_;
  int64_t depth_ = 0;
};

}  // namespace athanor::match_spec
