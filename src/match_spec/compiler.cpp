// SPDX-License-Identifier: Apache-2.0
// Match spec compiler: clauses and heads.
#include "match_spec/compiler.hpp"

#include <algorithm>

#include "heap/copy.hpp"
#include "match_spec/analysis.hpp"
#include "term/context.hpp"
#include "term/map.hpp"
#include "term/print.hpp"
#include "term/work_stack.hpp"

namespace athanor::match_spec {

Program* compile(Term spec, const Options& options, const GuardFunctions& functions, std::vector<Problem>* problems) {
  auto* program = new Program;
  program->code.reserve(24);
  Compiler compiler(*program, options, functions, problems);
  if (compiler.compile(spec)) return program;
  program->release();
  return nullptr;
}

bool Compiler::problem(std::string text) {
  failed_ = true;
  if (problems_) problems_->push_back({true, std::move(text)});
  return problems_ != nullptr;
}

size_t Compiler::emit(Op op, uint32_t number) {
  Instruction instruction{};
  instruction.op = op;
  instruction.number = number;
  program_.code.push_back(instruction);
  return program_.code.size() - 1;
}

void Compiler::emit_term(Op op, Term term) {
  Term kept = keep(term);
  program_.code[emit(op)].term = kept.raw;
}

void Compiler::push(int64_t count) {
  depth_ += count;
  if (depth_ > static_cast<int64_t>(program_.stack_words)) program_.stack_words = static_cast<uint32_t>(depth_);
}

Term Compiler::keep(Term t) {
  return t.is_immediate() ? t : heap::copy(t, program_.constants, nullptr);
}

bool Compiler::compile(Term spec) {
  if (!spec.is_list_cell()) {
    problem("Match programs are not in a list.");
    return false;
  }
  Term rest = spec;
  while (rest.is_list_cell()) rest = rest.tail();
  if (!rest.is_nil()) {
    problem("Match programs are not in a proper list.");
    return false;
  }
  // All clauses are looked at for their shape before any is compiled.
  for (rest = spec; rest.is_list_cell(); rest = rest.tail()) {
    Term clause = rest.head();
    if (!is_tuple_of(clause, 3)) {
      problem("Match program part is not a tuple of arity 3.");
      return false;
    }
    Term head = tuple_element(clause, 0);
    if (options_.dialect == Dialect::Trace && head.is_list_cell()) {
      Term end = head;
      while (end.is_list_cell()) end = end.tail();
      if (!end.is_nil()) {
        problem("Match expression part " + to_text(head) + " is not a proper list.");
        return false;
      }
    }
  }
  for (rest = spec; rest.is_list_cell(); rest = rest.tail()) {
    if (!compile_clause(rest.head(), rest.tail().is_nil()) || failed_) return false;
  }
  return true;
}

bool Compiler::compile_clause(Term clause, bool last) {
  variables_.clear();
  depth_ = 0;
  size_t try_at = last ? 0 : emit(Op::Try);
  if (!compile_head(tuple_element(clause, 0))) return false;
  Term body = tuple_element(clause, 2);
  if (!compile_sequence(tuple_element(clause, 1), true)) return false;
  if (options_.dialect == Dialect::Table && !body.is_list_cell()) {
    problem("Body clause does not return anything.");
    return false;
  }
  if (!compile_sequence(body, false)) return false;
  emit(Op::Halt);
  if (!last) program_.code[try_at].number = static_cast<uint32_t>(program_.code.size());
  return true;
}

struct Compiler::Work {
  enum Kind : uint8_t { Pattern, Tail, Key, Leave, LeaveMap } kind;
  Term term;
};

bool Compiler::compile_head(Term head) {
  special_ = head == atoms::underscore || variable_number(head) >= 0;
  if (options_.dialect == Dialect::Table) return compile_pattern(head);
  if (head == atoms::underscore) return true;
  if (special_) {
    variables_.push_back(variable_number(head));
    program_.variables = std::max(program_.variables, 1u);
    emit(Op::ArrayBind, 0);
    return true;
  }
  std::vector<Term> patterns;
  if (head.is_list()) {
    for (; head.is_list_cell(); head = head.tail()) patterns.push_back(head.head());
  } else if (is_tuple(head)) {
    patterns.assign(tuple_elements(head), tuple_elements(head) + tuple_arity(head));
  } else {
    problem("Match head is invalid in this context.");
    return false;
  }
  emit(Op::Array, static_cast<uint32_t>(patterns.size()));
  for (Term pattern : patterns) {
    if (!compile_pattern(pattern)) return false;
  }
  return true;
}

void Compiler::emit_leaf(Term pattern) {
  if (pattern == atoms::underscore) {
    emit(Op::Skip);
    return;
  }
  int64_t number = variable_number(pattern);
  if (number < 0) {
    emit_term(pattern.is_immediate() ? Op::EqualImmediate : Op::Equal, pattern);
    return;
  }
  auto place = std::find(variables_.begin(), variables_.end(), number);
  const auto slot = static_cast<uint32_t>(place - variables_.begin());
  const bool is_new = place == variables_.end();
  if (is_new) variables_.push_back(number);
  program_.variables = std::max(program_.variables, static_cast<uint32_t>(variables_.size()));
  emit(is_new ? Op::Bind : Op::Same, slot);
}

bool Compiler::compile_pattern(Term pattern) {
  // Parts of a head that are data (a certificate, a state) are compared as a whole. So deep they are looked for: what is found to have variables
  // is looked at again from each level below.
  constexpr uint32_t kLookedAt = 4;
  WorkStack<Work> works;
  works.push({Work::Pattern, pattern});
  uint32_t cursors = 0;
  auto entered = [&](uint32_t words) {
    cursors += words;
    program_.cursors = std::max(program_.cursors, cursors);
  };
  while (!works.empty()) {
    Work work = works.pop();
    Term t = work.term;
    switch (work.kind) {
      case Work::Leave:
        emit(Op::Leave);
        --cursors;
        continue;
      case Work::LeaveMap:
        emit(Op::LeaveMap);
        cursors -= 2;
        continue;
      case Work::Key:
        emit_term(Op::MapValue, t);
        continue;
      case Work::Tail:
        if (t.is_list_cell()) {
          emit(Op::ConsTail);
          works.push({Work::Tail, t.tail()});
          works.push({Work::Pattern, t.head()});
          continue;
        }
        break;
      case Work::Pattern:
        if (t.is_pointer() && cursors > 0 && cursors < kLookedAt && matches_equal_only(t)) {
          emit_leaf(t);
          continue;
        }
        break;
    }
    if (t.is_list_cell()) {
      emit(Op::Cons);
      entered(1);
      works.push({Work::Leave, Term::none()});
      works.push({Work::Tail, t.tail()});
      works.push({Work::Pattern, t.head()});
    } else if (is_tuple(t)) {
      emit(Op::Tuple, static_cast<uint32_t>(tuple_arity(t)));
      entered(1);
      works.push({Work::Leave, Term::none()});
      for (size_t i = tuple_arity(t); i-- > 0;) works.push({Work::Pattern, tuple_element(t, i)});
    } else if (is_map(t)) {
      emit(Op::Map, static_cast<uint32_t>(map_size(t)));
      entered(2);
      works.push({Work::LeaveMap, Term::none()});
      map::Iterator iterator(t);
      Term key, value;
      while (iterator.next(key, value)) {
        if (variable_number(key) >= 0 || key == atoms::underscore) {
          problem(key == atoms::underscore ? "Underscore found in map key." : "Variable found in map key.");
          return false;
        }
        works.push({Work::Pattern, value});
        works.push({Work::Key, key});
      }
    } else {
      emit_leaf(t);
    }
  }
  return true;
}

}  // namespace athanor::match_spec
