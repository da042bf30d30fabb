// SPDX-License-Identifier: Apache-2.0
#include "match_spec/machine.hpp"

#include <memory>

#include "heap/copy.hpp"
#include "match_spec/quick.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/map.hpp"

namespace athanor::match_spec {
namespace {

class Machine {
 public:
  Machine(const Program& program, Environment& environment, Result result)
      : program_(program), environment_(environment), result_(result) {
    size_t words = size_t{program.variables} + program.cursors + program.stack_words;
    auto* memory = reinterpret_cast<Term*>(inline_);
    if (words > kInlineWords) {
      large_ = std::make_unique<Term[]>(words);
      memory = large_.get();
    }
    variables_ = memory;
    cursors_ = reinterpret_cast<Word*>(memory + program.variables);
    stack_end_ = memory + words;
  }
  Outcome run(Term subject, const Term* arguments, size_t count);

 private:
  bool match_head(const Instruction& instruction);
  bool evaluate(const Instruction& instruction);
  bool call(const Instruction& instruction);
  bool logic(const Instruction& instruction);
  void make(const Instruction& instruction);
  Term variable(uint32_t slot);
  Term constant(Term t) { return body_ && !t.is_immediate() ? heap::copy(t, environment_.heap(), nullptr) : t; }
  Term arguments_as_list();
  void push(Term t) { *--top_ = t; }

  static constexpr size_t kInlineWords = 96;
  const Program& program_;
  Environment& environment_;
  Result result_;
  Term subject_;
  const Term* arguments_ = nullptr;
  size_t argument_count_ = 0;
  const Instruction* next_ = nullptr;
  const Term* cursor_ = nullptr;
  Word* cursor_top_ = nullptr;
  Term* top_ = nullptr;
  bool body_ = false;
  uint64_t copied_ = 0;          // variables below 64 that were copied to the heap already
  Outcome outcome_;
  Term* variables_;
  Word* cursors_;
  Term* stack_end_;
  std::unique_ptr<Term[]> large_;
  Word inline_[kInlineWords];   // left uninitialised: a run writes before it reads
};

Outcome Machine::run(Term subject, const Term* arguments, size_t count) {
  subject_ = subject;
  arguments_ = arguments;
  argument_count_ = count;
  const Instruction* code = program_.code.data();
  const Instruction* other_clause = code;
  while (other_clause) {
    next_ = other_clause;
    other_clause = nullptr;
    cursor_ = &subject_;
    cursor_top_ = cursors_;
    top_ = stack_end_;
    body_ = false;
    copied_ = 0;
    outcome_ = {atoms::true_, 0};
    for (bool good = true; good;) {
      const Instruction& instruction = *next_++;
      if (instruction.op == Op::Halt) return outcome_;
      if (instruction.op == Op::Try) other_clause = code + instruction.number;
      else if (instruction.op <= Op::EqualImmediate) good = match_head(instruction);
      else good = evaluate(instruction);
    }
  }
  return {};
}

bool Machine::match_head(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::Array:
      cursor_ = arguments_;
      return argument_count_ == instruction.number;
    case Op::ArrayBind:
      variables_[instruction.number] = arguments_as_list();
      return true;
    case Op::Tuple: {
      Term t = *cursor_++;
      if (!is_tuple_of(t, instruction.number)) return false;
      *cursor_top_++ = reinterpret_cast<Word>(cursor_);
      cursor_ = tuple_elements(t);
      return true;
    }
    case Op::Cons: {
      Term t = *cursor_++;
      if (!t.is_list_cell()) return false;
      *cursor_top_++ = reinterpret_cast<Word>(cursor_);
      cursor_ = t.pointer();
      return true;
    }
    case Op::ConsTail: {
      Term t = *cursor_;
      if (!t.is_list_cell()) return false;
      cursor_ = t.pointer();
      return true;
    }
    case Op::Map: {
      Term t = *cursor_++;
      if (!is_map(t) || map_size(t) < instruction.number) return false;
      *cursor_top_++ = reinterpret_cast<Word>(cursor_);
      *cursor_top_++ = t.raw;
      return true;
    }
    case Op::MapValue:
      cursor_ = map::find(Term{cursor_top_[-1]}, Term{instruction.term});
      return cursor_ != nullptr;
    case Op::Leave:
      cursor_ = reinterpret_cast<const Term*>(*--cursor_top_);
      return true;
    case Op::LeaveMap:
      cursor_top_ -= 2;
      cursor_ = reinterpret_cast<const Term*>(*cursor_top_);
      return true;
    case Op::Bind:
      variables_[instruction.number] = *cursor_++;
      return true;
    case Op::Same:
      return equal_exact(variables_[instruction.number], *cursor_++);
    case Op::Skip:
      ++cursor_;
      return true;
    case Op::Equal:
      return equal_exact(Term{instruction.term}, *cursor_++);
    case Op::EqualImmediate:
      return (cursor_++)->raw == instruction.term;
    default:
      return false;
  }
}

bool Machine::evaluate(const Instruction& instruction) {
  switch (instruction.op) {
    case Op::PushConstant:
      push(constant(Term{instruction.term}));
      return true;
    case Op::PushVariable:
      push(variable(instruction.number));
      return true;
    case Op::PushSubject:
      push(body_ && result_ == Result::Copied ? heap::copy(subject_, environment_.heap(), nullptr) : subject_);
      return true;
    case Op::PushArray:
      push(arguments_as_list());
      return true;
    case Op::PushBindings: {
      Term list = Term::nil();
      const std::vector<uint32_t>& slots = program_.binding_lists[instruction.number];
      for (size_t i = slots.size(); i-- > 0;) list = make_cons(environment_.heap().allocate(2), variable(slots[i]), list);
      push(list);
      return true;
    }
    case Op::MakeList:
    case Op::MakeTuple:
    case Op::MakeMap:
      make(instruction);
      return true;
    case Op::Call:
      return call(instruction);
    case Op::And:
    case Op::Or:
    case Op::AndAlso:
    case Op::OrElse:
      return logic(instruction);
    case Op::Jump:
      next_ = program_.code.data() + instruction.number;
      return true;
    case Op::Self:
      push(environment_.self());
      return true;
    case Op::Action: {
      Term value = environment_.action(static_cast<Action>(instruction.quick), top_, instruction.number);
      if (value.is_none()) {
        if (!body_) return false;
        value = atoms::EXIT_;
      }
      top_ += instruction.number;
      push(value);
      return true;
    }
    case Op::SetReturnTrace:
      outcome_.flags |= kReturnTrace;
      push(atoms::true_);
      return true;
    case Op::SetExceptionTrace:
      outcome_.flags |= kExceptionTrace;
      push(atoms::true_);
      return true;
    case Op::True:
      return *top_++ == atoms::true_;
    case Op::Body:
      body_ = true;
      return true;
    case Op::Drop:
      ++top_;
      return true;
    case Op::Return:
      outcome_.value = *top_++;
      return true;
    default:
      return false;
  }
}

// A variable used in the body belongs to the result: it is copied once.
Term Machine::variable(uint32_t slot) {
  Term t = variables_[slot];
  if (!body_ || result_ == Result::Shares || t.is_immediate()) return t;
  if (slot < 64 && (copied_ >> slot & 1)) return t;
  t = heap::copy(t, environment_.heap(), nullptr);
  if (slot < 64) {
    copied_ |= uint64_t{1} << slot;
    variables_[slot] = t;
  }
  return t;
}

Term Machine::arguments_as_list() {
  Term list = Term::nil();
  for (size_t i = argument_count_; i-- > 0;) list = make_cons(environment_.heap().allocate(2), arguments_[i], list);
  return list;
}

void Machine::make(const Instruction& instruction) {
  size_t count = instruction.number;
  Allocator& heap = environment_.heap();
  if (instruction.op == Op::MakeTuple) {
    Term* place = heap.allocate(count + 1);
    place[0].raw = tuple_header(count);
    for (size_t i = 0; i < count; ++i) place[1 + i] = top_[i];
    top_ += count;
    push(Term::boxed(place));
  } else if (instruction.op == Op::MakeList) {   // tail, last element … first element
    Term list = *top_++;
    for (size_t i = 0; i < count; ++i) list = make_cons(heap.allocate(2), *top_++, list);
    push(list);
  } else {
    Term map = map::from_pairs(heap, top_, count);
    top_ += 2 * count;
    push(map);
  }
}

bool Machine::call(const Instruction& instruction) {
  Term value = quick_call(static_cast<Quick>(instruction.quick), top_);
  if (value.is_none()) value = environment_.call(instruction.function, top_);
  if (value.is_none()) {
    if (!body_) return false;
    value = atoms::EXIT_;
  }
  top_ += instruction.number;
  push(value);
  return true;
}

bool Machine::logic(const Instruction& instruction) {
  if (instruction.op == Op::AndAlso || instruction.op == Op::OrElse) {
    Term decides = boolean(instruction.op == Op::OrElse), goes_on = boolean(instruction.op == Op::AndAlso);
    if (*top_ == goes_on) {
      ++top_;
      return true;
    }
    if (*top_ != decides) {
      if (!body_) return false;
      *top_ = atoms::EXIT_;
    }
    next_ = program_.code.data() + instruction.number;
    return true;
  }
  Term decides = boolean(instruction.op == Op::Or), value = boolean(instruction.op == Op::And);
  bool bad = false;
  for (uint32_t i = 0; i < instruction.number; ++i) {
    if (top_[i] == decides) value = decides;
    else if (top_[i] != atoms::true_ && top_[i] != atoms::false_) bad = true;
  }
  if (bad) {
    if (!body_) return false;
    value = atoms::EXIT_;
  }
  top_ += instruction.number;
  push(value);
  return true;
}

}  // namespace

Outcome run(const Program& program, Environment& environment, Term subject, Result result) {
  return Machine(program, environment, result).run(subject, nullptr, 0);
}

Outcome run_on_arguments(const Program& program, Environment& environment, const Term* arguments, size_t count, Result result) {
  return Machine(program, environment, result).run(Term::nil(), arguments, count);
}

}  // namespace athanor::match_spec
