// SPDX-License-Identifier: Apache-2.0
// Guard built-ins and arithmetic, floats, maps.
#include <algorithm>

#include "engine/ir/lowering/lowering.hpp"
#include "term/atom_table.hpp"
#include "term/compare.hpp"

namespace athanor::engine::ir {

namespace {

// Instructions of their own for what is frequent; null: the general way.
Handler short_way(Mfa mfa, Source first, Source second, Register into) {
  if (mfa.module != atoms::erlang) return nullptr;
  std::string_view name = atom_text(mfa.function);
  if (mfa.arity == 0) {
    if (name == "self") return op_self;
    if (name == "node") return op_node;
  } else if (mfa.arity == 1) {
    if (name == "abs") return op_absolute;
    if (name == "hd") return op_head;
    if (name == "tl") return op_tail;
    if (name == "tuple_size") return op_tuple_size;
  } else if (mfa.arity == 2) {
    if (name == "+") return op_add(kind_of(first), kind_of(second), kind_of(into));
    if (name == "-") return op_subtract(kind_of(first), kind_of(second), kind_of(into));
    if (name == "*") return op_multiply;
    if (name == "div") return op_divide;
    if (name == "rem") return op_remainder;
    if (name == "band") return op_bit_and;
    if (name == "bor") return op_bit_or;
    if (name == "bxor") return op_bit_xor;
    if (name == "bsl") return op_shift_left;
    if (name == "bsr") return op_shift_right;
    if (name == "element") return op_element;
    if (name == "map_get") return op_map_get;
    if (name == "is_map_key") return op_is_map_key;
  }
  return nullptr;
}

// OTP: its machine code adds a small constant to a register by an instruction of its own, which does not say in the trace that it was `+`
// or `-` with these arguments: X + 1, X + -1, 1 + X, X - 1 (X - -1 not) and +X, where a failure raises.
bool is_increment(Mfa mfa, JumpOffset fail, Source first, Source second) {
  if (fail != 0 || mfa.module != atoms::erlang) return false;
  auto is_small = [](Source s) { return is_constant(s) && Term{s}.is_small(); };
  std::string_view name = atom_text(mfa.function);
  if (mfa.arity == 1) return name == "+" && !is_constant(first);
  if (mfa.arity != 2) return false;
  if (name == "+") return (is_small(first) && !is_constant(second)) || (!is_constant(first) && is_small(second));
  return name == "-" && !is_constant(first) && is_small(second) && Term{second}.small_value() >= 0;
}

}  // namespace

void Lowering::emit_guard_bif(const code::Export* callee, uint32_t arity, JumpOffset fail, const Operand* sources, const Operand& into_operand, uint32_t live) {
  const process::NativeRow* row = callee->native;
  if (callee->mfa.arity != arity) return malformed();
  if (!row) {   // no such built-in here: as a call of an undefined function
    emit(RaiseValue{op_raise_atom, Term::nil().raw, atoms::undef, site()});
    return unreachable();
  }
  Source values[3] = {Term::nil().raw, Term::nil().raw, Term::nil().raw};
  for (uint32_t i = 0; i < arity; ++i) values[i] = source(sources[i]);
  Register into = destination(into_operand);
  Handler handler = short_way(callee->mfa, values[0], values[1], into);
  if (!handler) {
    constexpr Handler kGeneral[] = {op_guard_bif_0, op_guard_bif_1, op_guard_bif_2, op_guard_bif_3};
    handler = kGeneral[arity];
  }
  uint32_t quiet = is_increment(callee->mfa, fail, values[0], values[1]) ? 1 : 0;
  emit(GuardBif{handler, values[0], values[1], into, fail, values[2], row->function, row, live, quiet, site()});
}

void Lowering::emit_put_map(bool exact) {
  Source map = source(operand(1));
  Register into = destination(operand(2));
  uint32_t count = list_count(4);
  const Operand* pairs = list(4);
  emit(PutMap{exact ? op_put_map_exact : op_put_map_assoc, map, static_cast<JumpOffset>(label(0)), into, number(3), count / 2, site()});
  // Constant keys in the order of maps, as the stock loader has them: it decides which missing key is told.
  std::vector<std::pair<Source, Source>> rows;
  bool all_constant = true;
  for (uint32_t i = 0; i < count; i += 2) {
    rows.emplace_back(source(pairs[i]), source(pairs[i + 1]));
    all_constant &= is_constant(rows.back().first);
  }
  if (all_constant) {
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return compare_exact(Term{a.first}, Term{b.first}) < 0; });
  }
  for (const auto& [key, value] : rows) {
    emit_word(key);
    emit_word(value);
  }
}

bool Lowering::built_ins(Opcode opcode) {
  auto fail = static_cast<JumpOffset>(label(0));
  auto float_operation = [&](Handler handler) {
    uint32_t first = float_register(operand(1)), second = float_register(operand(2));
    emit(FloatOperation{handler, first, second, float_register(operand(3)), 0, site()});
    return true;
  };
  switch (opcode) {
    case Opcode::bif0:
      emit_guard_bif(import(0), 0, 0, nullptr, operand(1), kUnknownLive);
      return true;
    case Opcode::bif1:
      emit_guard_bif(import(1), 1, fail, &operand(2), operand(3), kUnknownLive);
      return true;
    case Opcode::bif2:
      emit_guard_bif(import(1), 2, fail, &operand(2), operand(4), kUnknownLive);
      return true;
    case Opcode::gc_bif1:
      emit_guard_bif(import(2), 1, fail, &operand(3), operand(4), number(1));
      return true;
    case Opcode::gc_bif2:
      emit_guard_bif(import(2), 2, fail, &operand(3), operand(5), number(1));
      return true;
    case Opcode::gc_bif3:
      emit_guard_bif(import(2), 3, fail, &operand(3), operand(6), number(1));
      return true;

    case Opcode::fmove: {
      const Operand& from = operand(0);
      const Operand& into = operand(1);
      if (from.kind == OperandKind::FloatRegister && into.kind == OperandKind::FloatRegister) {
        emit(FloatOperation{op_float_move, float_register(from), 0, float_register(into), 0, site()});
      } else if (from.kind == OperandKind::FloatRegister) {
        uint32_t index = float_register(from);
        emit(FloatStore{op_float_store, index, destination(into)});
      } else {
        emit(FloatLoad{op_float_load, source(from), float_register(into), 0, site()});
      }
      return true;
    }
    case Opcode::fconv:
      emit(FloatLoad{op_float_convert, source(operand(0)), float_register(operand(1)), 0, site()});
      return true;
    case Opcode::fadd: return float_operation(op_float_add);
    case Opcode::fsub: return float_operation(op_float_subtract);
    case Opcode::fmul: return float_operation(op_float_multiply);
    case Opcode::fdiv: return float_operation(op_float_divide);
    case Opcode::fnegate: {
      uint32_t first = float_register(operand(1));
      emit(FloatOperation{op_float_negate, first, 0, float_register(operand(2)), 0, site()});
      return true;
    }

    case Opcode::put_map_assoc:
      emit_put_map(false);
      return true;
    case Opcode::put_map_exact:
      emit_put_map(true);
      return true;
    case Opcode::has_map_fields: {
      Register map = reg(operand(1));
      uint32_t count = list_count(2);
      const Operand* keys = list(2);
      emit(GetMapElements{op_has_map_fields, map, fail, count, 0});
      for (uint32_t i = 0; i < count; ++i) emit_word(source(keys[i]));
      return true;
    }
    case Opcode::get_map_elements: {
      Register map = reg(operand(1));
      uint32_t count = list_count(2) / 2;
      const Operand* rows = list(2);
      bool one_atom = count == 1 && rows[0].kind == OperandKind::Atom;
      emit(GetMapElements{one_atom ? op_get_map_element_atom : op_get_map_elements, map, fail, count, 0});
      for (uint32_t i = 0; i < count; ++i) {
        emit_word(source(rows[2 * i]));
        emit_word(destination(rows[2 * i + 1]));
      }
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
