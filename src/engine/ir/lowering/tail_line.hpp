// SPDX-License-Identifier: Apache-2.0
// OTP: its loader leaves out the line of a tail call where a move of the first argument stands just before it (`move S x0`, `line`,
// `call_only`), as such a call is in no trace; unless the move was joined to the one before it, or a built-in is called. What follows in the
// code without a line of its own, a call of erlang:error/1 that the compiler put there for instance, is then on the line before.
#pragma once

#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"

namespace athanor::engine::ir {

class TailLine {
 public:
  void reset() { step_ = Step::Other; }

  // Told of every instruction in order; gives the line that holds behind it. `is_native`: it calls a built-in.
  uint32_t after(const beam::Instruction& in, uint32_t line_before, uint32_t line, bool is_native) {
    const Step step = step_;
    step_ = Step::Other;
    switch (static_cast<beam::Opcode>(in.opcode)) {
      case beam::Opcode::move:
        if (step != Step::Moved || !joined(in.operands[0], in.operands[1])) {
          step_ = Step::Moved;
          from_ = in.operands[0];
          into_ = in.operands[1];
        }
        return line;
      case beam::Opcode::line:
        if (step == Step::Moved && into_.kind == beam::OperandKind::X && into_.value == 0) step_ = Step::Lined;
        before_ = line_before;
        return line;
      case beam::Opcode::call_only:
      case beam::Opcode::call_last:
      case beam::Opcode::call_ext_only:
      case beam::Opcode::call_ext_last: return step == Step::Lined && !is_native ? before_ : line;
      default: return line;
    }
  }

 private:
  enum class Step : uint8_t { Other, Moved, Lined };

  // Two moves between neighbouring registers are one there.
  bool joined(const beam::Operand& from, const beam::Operand& into) const {
    auto is_register = [](const beam::Operand& o) { return o.kind == beam::OperandKind::X || o.kind == beam::OperandKind::Y; };
    return is_register(from_) && from_.kind == from.kind && into_.kind == into.kind && neighbours(from_, from) && neighbours(into_, into);
  }
  static bool neighbours(const beam::Operand& a, const beam::Operand& b) { return a.value + 1 == b.value || b.value + 1 == a.value; }

  Step step_ = Step::Other;
  beam::Operand from_{}, into_{};
  uint32_t before_ = 0;
};

}  // namespace athanor::engine::ir
