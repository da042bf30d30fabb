// SPDX-License-Identifier: Apache-2.0
// Match spec compiler: guards and bodies. A stack of tasks replaces recursion. Operands are laid out last to first where the
// stock VM does so, which the order of told problems shows.
#include <algorithm>

#include "match_spec/analysis.hpp"
#include "match_spec/compiler.hpp"
#include "term/context.hpp"
#include "term/map.hpp"
#include "term/print.hpp"
#include "term/work_stack.hpp"

namespace athanor::match_spec {

struct Compiler::Task {
  enum Kind : uint8_t { Visit, Finish, Branch, Land } kind = Visit;
  Op op = Op::Halt;
  uint8_t quick = 0;
  uint32_t number = 0;            // operand count; Branch, Land: label
  size_t start = 0;               // where the operands' code begins
  Term term{};
  GuardFunction function = nullptr;
};

class Compiler::Tasks {
 public:
  WorkStack<Task> stack;
  std::vector<std::vector<size_t>> labels;   // branches that wait for their target
  void visit(Term t) { stack.push(Task{.term = t}); }
};

namespace {

struct GuardRow {
  Term name;
  uint32_t arity;
  Quick quick = Quick::None;
};
constexpr GuardRow kGuardRows[] = {
    {atoms::is_atom, 1, Quick::IsAtom}, {atoms::is_float, 1, Quick::IsFloat}, {atoms::is_integer, 1, Quick::IsInteger},
    {atoms::is_list, 1, Quick::IsList}, {atoms::is_number, 1, Quick::IsNumber}, {atoms::is_pid, 1, Quick::IsPid},
    {atoms::is_port, 1, Quick::IsPort}, {atoms::is_reference, 1, Quick::IsReference}, {atoms::is_tuple, 1, Quick::IsTuple},
    {atoms::is_map, 1, Quick::IsMap}, {atoms::is_binary, 1, Quick::IsBinary}, {atoms::is_function, 1, Quick::IsFunction},
    {atoms::is_record, 3}, {atoms::abs, 1}, {atoms::element, 2, Quick::Element}, {atoms::hd, 1, Quick::Head}, {atoms::length, 1},
    {atoms::node, 1}, {atoms::node, 0}, {atoms::round, 1}, {atoms::size, 1}, {atoms::map_size, 1},
    {atoms::map_get, 2, Quick::MapGet}, {atoms::is_map_key, 2, Quick::IsMapKey}, {atoms::bit_size, 1}, {atoms::byte_size, 1},
    {atoms::binary_part, 2}, {atoms::binary_part, 3}, {atoms::tl, 1, Quick::Tail}, {atoms::trunc, 1}, {atoms::float_, 1},
    {atoms::plus, 1}, {atoms::minus, 1}, {atoms::plus, 2, Quick::Add}, {atoms::minus, 2, Quick::Subtract}, {atoms::times, 2},
    {atoms::slash, 2}, {atoms::div, 2}, {atoms::rem, 2}, {atoms::band, 2}, {atoms::bor, 2}, {atoms::bxor, 2}, {atoms::bnot, 1},
    {atoms::bsl, 2}, {atoms::bsr, 2}, {atoms::greater, 2, Quick::Greater}, {atoms::greater_equals, 2, Quick::GreaterEqual},
    {atoms::less, 2, Quick::Less}, {atoms::equals_less, 2, Quick::LessEqual}, {atoms::equals_colon_equals, 2, Quick::ExactEqual},
    {atoms::equals_equals, 2, Quick::Equal}, {atoms::equals_slash_equals, 2, Quick::ExactNotEqual},
    {atoms::slash_equals, 2, Quick::NotEqual}, {atoms::not_, 1, Quick::Not}, {atoms::xor_, 2, Quick::Xor},
};

struct ActionRow {
  Term name;
  const char* text;              // as the stock VM's problems call it
  Action action;
  uint8_t least, most;           // operands
  bool in_guard = false;
  bool needs_trace = true;       // an event that allows trace actions
  bool needs_call = false;
  bool last_first = true;
};
constexpr ActionRow kActionRows[] = {
    {atoms::is_seq_trace, "is_seq_trace", Action::IsSeqTrace, 0, 0, true},
    {atoms::set_seq_token, "set_seq_trace", Action::SetSeqToken, 2, 2},
    {atoms::get_seq_token, "get_seq_token", Action::GetSeqToken, 0, 0},
    {atoms::display, "display", Action::Display, 1, 1, false, false},
    {atoms::process_dump, "process_dump", Action::ProcessDump, 0, 0},
    {atoms::enable_trace, "enable_trace", Action::EnableTrace, 1, 2},
    {atoms::disable_trace, "disable_trace", Action::DisableTrace, 1, 2},
    {atoms::trace, "trace", Action::Trace, 2, 3},
    {atoms::caller, "caller", Action::Caller, 0, 0, false, true, true},
    {atoms::caller_line, "caller_line", Action::CallerLine, 0, 0, false, true, true},
    {atoms::silent, "silent", Action::Silent, 1, 1},
};

}  // namespace

bool Compiler::compile_sequence(Term expressions, bool guard) {
  guard_ = guard;
  if (expressions.is_nil()) return true;
  if (!expressions.is_list_cell()) return problem("Match expression is not a list.");
  if (!guard) emit(Op::Body);
  for (; expressions.is_list_cell(); expressions = expressions.tail()) {
    if (!compile_expression(expressions.head())) return false;
    emit(guard ? Op::True : Op::Drop);
    push(-1);
  }
  if (!expressions.is_nil()) return problem("Match expression is not a proper list.");
  if (!guard && options_.dialect == Dialect::Table) program_.code.back().op = Op::Return;
  return true;
}

bool Compiler::compile_expression(Term expression) {
  Tasks tasks;
  tasks.visit(expression);
  while (!tasks.stack.empty()) {
    Task task = tasks.stack.pop();
    switch (task.kind) {
      case Task::Visit:
        if (!visit(task.term, tasks)) return false;
        break;
      case Task::Finish:
        finish(task);
        break;
      case Task::Branch:
        tasks.labels[task.number].push_back(emit(task.op));
        push(-1);
        break;
      case Task::Land:
        for (size_t branch : tasks.labels[task.number]) program_.code[branch].number = static_cast<uint32_t>(program_.code.size());
        break;
    }
  }
  return true;
}

bool Compiler::visit(Term t, Tasks& tasks) {
  if (t.is_list_cell()) {
    std::vector<Term> parts;
    for (; t.is_list_cell(); t = t.tail()) parts.push_back(t.head());
    tasks.stack.push(Task{.kind = Task::Finish, .op = Op::MakeList, .number = static_cast<uint32_t>(parts.size()),
                          .start = program_.code.size()});
    tasks.visit(t);
    for (size_t i = parts.size(); i-- > 0;) tasks.visit(parts[i]);
    return true;
  }
  if (is_map(t)) {
    visit_map(t, tasks);
    return true;
  }
  if (is_tuple(t)) {
    if (is_tuple_of(t, 1) && is_tuple(tuple_element(t, 0))) {
      Term inner = tuple_element(t, 0);
      size_t arity = tuple_arity(inner);
      tasks.stack.push(Task{.kind = Task::Finish, .op = Op::MakeTuple, .number = static_cast<uint32_t>(arity),
                            .start = program_.code.size()});
      for (size_t i = 0; i < arity; ++i) tasks.visit(tuple_element(inner, i));
      return true;
    }
    if (tuple_arity(t) >= 1 && tuple_element(t, 0).is_atom() && variable_number(tuple_element(t, 0)) < 0) {
      return visit_form(t, tasks);
    }
    return problem(to_text(t) + " is neither a function call, nor a tuple (tuples are written {{ ... }}).");
  }
  int64_t number = variable_number(t);
  if (number >= 0) {
    auto place = std::find(variables_.begin(), variables_.end(), number);
    if (place == variables_.end()) return problem("Variable $" + std::to_string(number) + " is unbound.");
    emit(Op::PushVariable, static_cast<uint32_t>(place - variables_.begin()));
  } else if (t == atoms::dollar) {
    emit(options_.dialect == Dialect::Trace ? Op::PushArray : Op::PushSubject);
  } else if (t == atoms::dollar_dollar) {
    std::vector<uint32_t> slots;
    for (uint32_t slot = 0; slot < variables_.size(); ++slot) slots.push_back(slot);
    std::sort(slots.begin(), slots.end(), [&](uint32_t a, uint32_t b) { return variables_[a] < variables_[b]; });
    emit(Op::PushBindings, static_cast<uint32_t>(program_.binding_lists.size()));
    program_.binding_lists.push_back(std::move(slots));
  } else {
    emit_term(Op::PushConstant, t);
  }
  push(1);
  return true;
}

void Compiler::visit_map(Term t, Tasks& tasks) {
  tasks.stack.push(Task{.kind = Task::Finish, .op = Op::MakeMap, .number = static_cast<uint32_t>(map_size(t)),
                        .start = program_.code.size()});
  map::Iterator iterator(t);
  Term key, value;
  while (iterator.next(key, value)) {   // laid out value first, so that the key lies above it
    tasks.visit(key);
    tasks.visit(value);
  }
}

bool Compiler::require_arity(Term form, size_t least, size_t most, const char* words) {
  size_t operands = tuple_arity(form) - 1;
  if (operands >= least && operands <= most) return true;
  problem("Special form '" + std::string(atom_text(tuple_element(form, 0))) + "' called " + words + " in " + to_text(form) + ".");
  return false;
}

bool Compiler::visit_form(Term form, Tasks& tasks) {
  Term name = tuple_element(form, 0);
  size_t operands = tuple_arity(form) - 1;
  if (name == atoms::const_) {
    if (!require_arity(form, 1, 1, "with more than one argument")) return problems_ != nullptr;
    emit_term(Op::PushConstant, tuple_element(form, 1));
    push(1);
    return true;
  }
  if (name == atoms::and_ || name == atoms::or_) {
    if (!require_arity(form, 1, SIZE_MAX, "without arguments")) return problems_ != nullptr;
    return call_arguments(form, tasks, name == atoms::and_ ? Op::And : Op::Or, 0, nullptr);
  }
  if (name == atoms::andalso || name == atoms::andthen || name == atoms::orelse) {
    bool is_or = name == atoms::orelse;
    if (operands == 0) {
      return problem(std::string("Special form '") + (is_or ? "orelse" : "andalso") + "' called without arguments in " +
                     to_text(form) + ".");
    }
    auto label = static_cast<uint32_t>(tasks.labels.size());
    tasks.labels.emplace_back();
    tasks.stack.push(Task{.kind = Task::Land, .number = label});
    for (size_t i = operands; i >= 1; --i) {
      if (i < operands) tasks.stack.push(Task{.kind = Task::Branch, .op = is_or ? Op::OrElse : Op::AndAlso, .number = label});
      tasks.visit(tuple_element(form, i));
    }
    return true;
  }
  if (name == atoms::self) {
    if (!require_arity(form, 0, 0, "with arguments")) return problems_ != nullptr;
    emit(Op::Self);
    push(1);
    return true;
  }
  bool known = false;
  if (!visit_action(form, tasks, known)) return false;
  if (known) return true;

  std::string described = "Function " + to_text(name) + "/" + std::to_string(operands);
  bool trace = options_.dialect == Dialect::Trace;
  if ((name == atoms::get_tcw && operands == 0) || (name == atoms::set_tcw && operands == 1)) {
    bool sets = name == atoms::set_tcw;
    if (!trace || (sets && guard_)) return problem(described + " cannot be called in this context.");
    Action action = !sets ? Action::GetControlWord : options_.fake_destructive ? Action::SetControlWordFake : Action::SetControlWord;
    return call_arguments(form, tasks, Op::Action, static_cast<uint8_t>(action), nullptr);
  }
  for (const GuardRow& row : kGuardRows) {
    if (row.name != name || row.arity != operands) continue;
    GuardFunction function = functions_.find(name, row.arity);
    if (!function) break;
    return call_arguments(form, tasks, Op::Call, static_cast<uint8_t>(row.quick), function);
  }
  return problem(described + " does_not_exist.");
}

bool Compiler::visit_action(Term form, Tasks& tasks, bool& known) {
  Term name = tuple_element(form, 0);
  bool traces = options_.dialect == Dialect::Trace;
  auto refuse = [&](const char* text, const char* why) { return problem(std::string("Special form '") + text + "' " + why); };
  known = true;
  if (name == atoms::message || name == atoms::return_trace || name == atoms::exception_trace) {
    const char* text = name == atoms::message ? "message" : name == atoms::return_trace ? "return_trace" : "exception_trace";
    if (!traces) return refuse(text, "used in wrong dialect.");
    if (guard_) return refuse(text, "called in guard context.");
    if (name == atoms::message) {
      if (!require_arity(form, 1, 1, "with wrong number of arguments")) return problems_ != nullptr;
      return call_arguments(form, tasks, Op::Return, 0, nullptr);
    }
    if (!require_arity(form, 0, 0, "with arguments")) return problems_ != nullptr;
    emit(name == atoms::return_trace ? Op::SetReturnTrace : Op::SetExceptionTrace);
    push(1);
    return true;
  }
  for (const ActionRow& row : kActionRows) {
    if (row.name != name) continue;
    if (!traces) return refuse(row.text, "used in wrong dialect.");
    if ((row.needs_trace && !options_.trace_actions) || (row.needs_call && !options_.call_trace)) {
      return refuse(row.text, "not allow for this trace event.");
    }
    if (guard_ && !row.in_guard) return refuse(row.text, "called in guard context.");
    if (!require_arity(form, row.least, row.most, row.most == 0 ? "with arguments" : "with wrong number of arguments")) {
      return problems_ != nullptr;
    }
    Action action = row.action;
    if (action == Action::SetSeqToken && options_.fake_destructive) action = Action::SetSeqTokenFake;
    return call_arguments(form, tasks, Op::Action, static_cast<uint8_t>(action), nullptr);
  }
  known = false;
  return true;
}

bool Compiler::call_arguments(Term form, Tasks& tasks, Op op, uint8_t quick, GuardFunction function) {
  size_t operands = tuple_arity(form) - 1;
  tasks.stack.push(Task{.kind = Task::Finish, .op = op, .quick = quick, .number = static_cast<uint32_t>(operands),
                        .start = program_.code.size(), .function = function});
  for (size_t i = 1; i <= operands; ++i) tasks.visit(tuple_element(form, i));
  return true;
}

void Compiler::finish(const Task& task) {
  size_t operands = task.op == Op::MakeMap ? 2 * size_t{task.number} : task.op == Op::MakeList ? task.number + 1 : task.number;
  if (!failed_ && fold_constants(task.op, operands, task.start)) {
    push(1 - static_cast<int64_t>(operands));
    return;
  }
  size_t at = emit(task.op, task.number);
  Instruction& instruction = program_.code[at];
  instruction.quick = task.quick;
  if (task.op == Op::Call) instruction.function = task.function;
  push(1 - static_cast<int64_t>(operands));
  if (task.op == Op::Return) program_.code[emit(Op::PushConstant)].term = atoms::true_.raw;   // message: takes one, gives true
}

// Builds what consists of constants now. Each operand must be one instruction, so that none is the target of a branch.
bool Compiler::fold_constants(Op op, size_t operands, size_t start) {
  if (op != Op::MakeList && op != Op::MakeTuple && op != Op::MakeMap) return false;
  std::vector<Instruction>& code = program_.code;
  if (code.size() - start != operands) return false;
  for (size_t i = start; i < code.size(); ++i) {
    if (code[i].op != Op::PushConstant) return false;
  }
  Allocator& memory = program_.constants;
  Term result;
  if (op == Op::MakeList) {   // heads in order, then the tail
    result = Term{code.back().term};
    for (size_t i = code.size() - 1; i-- > start;) result = make_cons(memory.allocate(2), Term{code[i].term}, result);
  } else if (op == Op::MakeTuple) {   // last element first
    Term* place = memory.allocate(operands + 1);
    place[0].raw = tuple_header(operands);
    for (size_t i = 0; i < operands; ++i) place[1 + i] = Term{code[code.size() - 1 - i].term};
    result = Term::boxed(place);
  } else {   // value, key, value, key …
    std::vector<Term> pairs;
    for (size_t i = code.size(); i-- > start;) pairs.push_back(Term{code[i].term});
    result = map::from_pairs(memory, pairs.data(), pairs.size() / 2);
  }
  code.resize(start);
  code[emit(Op::PushConstant)].term = result.raw;
  return true;
}

}  // namespace athanor::match_spec
