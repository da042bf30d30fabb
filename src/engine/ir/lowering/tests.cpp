// SPDX-License-Identifier: Apache-2.0
// Type tests, comparisons, selections.
#include <algorithm>

#include "engine/ir/lowering/lowering.hpp"

namespace athanor::engine::ir {

void Lowering::emit_type_test(Handler (*chooser)(Kind)) {
  Register from = reg(operand(1));
  emit(Test{chooser(kind_of(from)), from, static_cast<JumpOffset>(label(0))});
}

// Rows of value and label: a table for small integers close together, a binary search for many, else a walk.
void Lowering::emit_select(bool is_arity) {
  Register from = reg(operand(0));
  uint32_t count = list_count(2) / 2;
  const Operand* rows = list(2);
  struct Row { Word value; uint32_t label; };
  std::vector<Row> sorted;
  bool all_immediate = true, all_small = true;
  int64_t lowest = INT64_MAX, highest = INT64_MIN;
  for (uint32_t i = 0; i < count; ++i) {
    if (rows[2 * i + 1].kind != OperandKind::Label) return malformed();
    auto target = static_cast<uint32_t>(rows[2 * i + 1].value);
    if (is_arity) {
      sorted.push_back({tuple_header(static_cast<size_t>(rows[2 * i].value)), target});
      continue;
    }
    Term value = constant(rows[2 * i]);
    all_immediate &= value.is_immediate();
    all_small &= value.is_small();
    if (value.is_small()) {
      lowest = std::min(lowest, value.small_value());
      highest = std::max(highest, value.small_value());
    }
    sorted.push_back({value.raw, target});
  }
  auto fail = static_cast<JumpOffset>(label(1));
  if (!is_arity && all_small && count >= 4 && highest - lowest < 4 * static_cast<int64_t>(count)) {
    auto size = static_cast<uint32_t>(highest - lowest + 1);
    size_t place = emit(SelectTable{op_select_table, from, fail, lowest, size, 0});
    std::vector<uint32_t> targets(size, label(1));
    for (size_t i = sorted.size(); i-- > 0;) targets[static_cast<size_t>(Term{sorted[i].value}.small_value() - lowest)] = sorted[i].label;
    for (uint32_t target : targets) emit_label_word(place, target);
    return unreachable();
  }
  Handler handler;
  if (is_arity) {
    handler = op_select_arity;
  } else if (!all_immediate) {
    handler = op_select_exact;
  } else if (count > 8) {
    handler = op_select_binary;
    std::sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.value < b.value; });
  } else {
    handler = op_select_linear(kind_of(from));
  }
  size_t place = emit(SelectLinear{handler, from, fail, count, 0});
  for (const Row& row : sorted) {
    emit_word(row.value);
    if (is_arity) {   // on that way it is known what it is
      Facts before = facts_;
      know_tuple(from, static_cast<uint32_t>(header_arity(row.value)));
      emit_label_word(place, row.label);
      facts_ = before;
    } else {
      emit_label_word(place, row.label);
    }
  }
  unreachable();
}

bool Lowering::tests(Opcode opcode) {
  auto compare = [&](Handler handler) {
    Register first = reg(operand(1));
    emit(Compare{handler, first, static_cast<JumpOffset>(label(0)), source(operand(2))});
    return true;
  };
  auto order = [&](Handler (*chooser)(Kind, Kind)) {
    Register first = reg(operand(1));
    Source second = source(operand(2));
    emit(Compare{chooser(kind_of(first), kind_of(second)), first, static_cast<JumpOffset>(label(0)), second});
    return true;
  };
  auto identical = [&](Handler (*immediate)(Kind), Handler (*general)(Kind, Kind)) {
    Source a = source(operand(1)), b = source(operand(2));
    if (is_constant(a) && !is_constant(b)) std::swap(a, b);
    if (is_constant(b) && Term{b}.is_immediate() && !is_constant(a)) {
      emit(Compare{immediate(kind_of(a)), static_cast<Register>(a), static_cast<JumpOffset>(label(0)), b});
      return true;
    }
    return order(general);
  };
  auto type = [&](Handler (*chooser)(Kind)) {
    emit_type_test(chooser);
    return true;
  };
  switch (opcode) {
    case Opcode::is_lt: return order(op_is_less);
    case Opcode::is_ge: return order(op_is_greater_or_equal);
    case Opcode::is_eq: return compare(op_is_equal);
    case Opcode::is_ne: return compare(op_is_not_equal);
    case Opcode::is_eq_exact: return identical(op_is_immediate, op_is_equal_exact);
    case Opcode::is_ne_exact: return identical(op_is_not_immediate, op_is_not_equal_exact);
    case Opcode::is_integer: return type(op_is_integer);
    case Opcode::is_float: return type(op_is_float);
    case Opcode::is_number: return type(op_is_number);
    case Opcode::is_atom: return type(op_is_atom);
    case Opcode::is_pid: return type(op_is_pid);
    case Opcode::is_reference: return type(op_is_reference);
    case Opcode::is_port: return type(op_is_port);
    case Opcode::is_nil: return type(op_is_nil);
    case Opcode::is_binary: return type(op_is_binary);
    case Opcode::is_bitstr: return type(op_is_bitstring);
    case Opcode::is_list: return type(op_is_list);
    case Opcode::is_function: return type(op_is_function);
    case Opcode::is_boolean: return type(op_is_boolean);
    case Opcode::is_map: return type(op_is_map);
    case Opcode::is_nonempty_list: {
      Register from = reg(operand(1));
      last_test_ = emit(Test{op_is_nonempty_list(kind_of(from)), from, static_cast<JumpOffset>(label(0))});
      know_cons(from);
      return true;
    }
    case Opcode::is_tuple: {
      Register from = reg(operand(1));
      last_test_ = emit(Test{op_is_tuple(kind_of(from)), from, static_cast<JumpOffset>(label(0))});
      if (!tuple(from)) know_tuple(from, 0);
      return true;
    }
    case Opcode::test_arity: {
      Register from = reg(operand(1));
      if (is_last(last_test_, kWords<Test>) && at<Test>(&out_[last_test_]).handler == op_is_tuple(kind_of(from)) &&
          at<Test>(&out_[last_test_]).source == from && !fixes_.empty() && fixes_.back().instruction == last_test_ && fixes_.back().label == label(0)) {
        widen_last(last_test_, TestArity{op_test_arity(kind_of(from)), from, 0, tuple_header(number(2))});   // one test does for both
        know_tuple(from, number(2));
        return true;
      }
      Handler handler = tuple(from) ? op_test_arity_proven(kind_of(from)) : op_test_arity(kind_of(from));
      emit(TestArity{handler, from, static_cast<JumpOffset>(label(0)), tuple_header(number(2))});
      know_tuple(from, number(2));
      return true;
    }
    case Opcode::is_tagged_tuple: {
      Register from = reg(operand(1));
      // The tag is an element: a tuple of none has no tag.
      if (number(2) == 0) return false;
      emit(TestTagged{op_is_tagged_tuple(kind_of(from)), from, static_cast<JumpOffset>(label(0)), tuple_header(number(2)), atom(operand(3)).raw});
      know_tuple(from, number(2));
      return true;
    }
    case Opcode::is_function2: {
      Register from = reg(operand(1));
      emit(TestFunction{op_is_function_2, source(operand(2)), from, static_cast<JumpOffset>(label(0))});
      return true;
    }
    case Opcode::select_val:
      emit_select(false);
      return true;
    case Opcode::select_tuple_arity:
      emit_select(true);
      return true;
    default: return false;
  }
}

}  // namespace athanor::engine::ir
