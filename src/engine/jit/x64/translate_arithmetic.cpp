// SPDX-License-Identifier: Apache-2.0
// Built-ins called in line: what small integers, tuples and lists need. The rest is the handler's.
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::Gp;
using asmjit::x86::qword_ptr;

namespace {
constexpr Word kSmallTag = 0xF;
bool is_small_constant(ir::Source source) { return ir::is_constant(source) && Term{source}.is_small(); }
}  // namespace

bool Translator::arithmetic(Op op) {
  switch (op) {
    case Op::op_add: case Op::op_subtract: add_or_subtract(op == Op::op_add); return true;
    case Op::op_multiply: multiply(); return true;
    case Op::op_divide: case Op::op_remainder: divide(op == Op::op_divide); return true;
    case Op::op_bit_and: case Op::op_bit_or: case Op::op_bit_xor: bitwise(op); return true;
    case Op::op_shift_left: case Op::op_shift_right: return shift(op == Op::op_shift_left);
    case Op::op_element: {
      const auto& i = in<ir::GuardBif>();
      Label slow = emitter_.label();
      load(kScratch2, i.second);
      unless_boxed(kScratch2, slow);
      unless_kind(kScratch2, BoxedKind::Tuple, slow);
      if (is_small_constant(i.first) && Term{i.first}.small_value() >= 1 && Term{i.first}.small_value() < (1 << 20)) {
        const auto index = static_cast<size_t>(Term{i.first}.small_value());
        compare(box_word(kScratch2, 0), tuple_header(index));
        as_.jb(slow);
        as_.mov(kScratch, box_word(kScratch2, index));
      } else {
        load(kScratch, i.first);
        unless_small(kScratch, slow);
        as_.sar(kScratch, Imm(4));
        as_.mov(kScratch3, box_word(kScratch2, 0));
        as_.shr(kScratch3, Imm(8));
        as_.sub(kScratch, Imm(1));
        as_.cmp(kScratch, kScratch3);
        as_.jae(slow);
        as_.mov(kScratch, qword_ptr(kScratch2, kScratch, 3, sizeof(Word) - 2));
      }
      store(i.destination, kScratch);
      slow_way(slow);
      return true;
    }
    case Op::op_head: case Op::op_tail: {
      const auto& i = in<ir::GuardBif>();
      Label slow = emitter_.label();
      load(kScratch, i.first);
      unless_cell(kScratch, slow);
      as_.mov(kScratch, qword_ptr(kScratch, op == Op::op_head ? -1 : 7));
      store(i.destination, kScratch);
      slow_way(slow);
      return true;
    }
    case Op::op_tuple_size: {
      const auto& i = in<ir::GuardBif>();
      Label slow = emitter_.label();
      load(kScratch, i.first);
      unless_boxed(kScratch, slow);
      unless_kind(kScratch, BoxedKind::Tuple, slow);
      as_.mov(kScratch, box_word(kScratch, 0));
      as_.shr(kScratch, Imm(4));   // arity << 4 and the kind's bits below
      as_.or_(kScratch, Imm(kSmallTag));
      store(i.destination, kScratch);
      slow_way(slow);
      return true;
    }
    default: return false;
  }
}

// Two operands in kScratch and kScratch2; both are known to be small afterwards.
void Translator::load_small_operands(Label slow) {
  const auto& i = in<ir::GuardBif>();
  load(kScratch, i.first);
  load(kScratch2, i.second);
  if (is_small_constant(i.second)) unless_small(kScratch, slow);
  else if (is_small_constant(i.first)) unless_small(kScratch2, slow);
  else unless_both_small(kScratch, kScratch2, slow);
}

// Of tagged words, one of them without its tag.
void Translator::add_or_subtract(bool is_sum) {
  const auto& i = in<ir::GuardBif>();
  Label slow = emitter_.label();
  const Word second = i.second - kSmallTag;
  if (is_small_constant(i.second) && static_cast<int64_t>(second) == static_cast<int32_t>(second)) {
    load(kScratch, i.first);
    unless_small(kScratch, slow);
    if (is_sum) as_.add(kScratch, Imm(static_cast<int64_t>(second)));
    else as_.sub(kScratch, Imm(static_cast<int64_t>(second)));
  } else {
    load_small_operands(slow);
    as_.sub(kScratch2, Imm(kSmallTag));
    if (is_sum) as_.add(kScratch, kScratch2);
    else as_.sub(kScratch, kScratch2);
  }
  as_.jo(slow);
  store(i.destination, kScratch);
  slow_way(slow);
}

void Translator::multiply() {
  const auto& i = in<ir::GuardBif>();
  Label slow = emitter_.label();
  load_small_operands(slow);
  as_.sar(kScratch, Imm(4));
  as_.sub(kScratch2, Imm(kSmallTag));
  as_.imul(kScratch, kScratch2);   // overflows where the product needs more than 60 bits
  as_.jo(slow);
  as_.or_(kScratch, Imm(kSmallTag));
  store(i.destination, kScratch);
  slow_way(slow);
}

// The quotient of the least small integer by -1 is none: the handler's, like a divisor of 0.
void Translator::divide(bool wants_quotient) {
  const auto& i = in<ir::GuardBif>();
  Label slow = emitter_.label();
  load_small_operands(slow);
  if (!is_small_constant(i.second) || Term{i.second}.small_value() == 0 || Term{i.second}.small_value() == -1) {
    compare(kScratch2, Term::small(0).raw);
    as_.je(slow);
    compare(kScratch2, Term::small(-1).raw);
    as_.je(slow);
  }
  as_.sar(kScratch, Imm(4));
  as_.sar(kScratch2, Imm(4));
  as_.mov(kScratch3, kHeapTop);   // the dividend's upper half
  Label wide = emitter_.label(), divided = emitter_.label();
  // The division of 32-bit numbers is much quicker on many processors.
  as_.mov(kHeapTop, kScratch);
  as_.or_(kHeapTop, kScratch2);
  as_.shr(kHeapTop, Imm(32));
  as_.jnz(wide);
  as_.xor_(kHeapTop.r32(), kHeapTop.r32());
  as_.div(kScratch2.r32());
  as_.jmp(divided);
  as_.bind(wide);
  as_.cqo();
  as_.idiv(kScratch2);
  as_.bind(divided);
  if (!wants_quotient) as_.mov(kScratch, kHeapTop);
  as_.mov(kHeapTop, kScratch3);
  as_.shl(kScratch, Imm(4));
  as_.or_(kScratch, Imm(kSmallTag));
  store(i.destination, kScratch);
  slow_way(slow);
}

void Translator::bitwise(Op op) {
  const auto& i = in<ir::GuardBif>();
  Label slow = emitter_.label();
  load_small_operands(slow);
  if (op == Op::op_bit_and) as_.and_(kScratch, kScratch2);
  else if (op == Op::op_bit_or) as_.or_(kScratch, kScratch2);
  else as_.xor_(kScratch, kScratch2);
  if (op == Op::op_bit_xor) as_.or_(kScratch, Imm(kSmallTag));
  store(i.destination, kScratch);
  slow_way(slow);
}

// By a constant.
bool Translator::shift(bool left) {
  const auto& i = in<ir::GuardBif>();
  if (!is_small_constant(i.second)) return false;
  const int64_t count = Term{i.second}.small_value();
  if (count < 0 || count > 58) return false;
  Label slow = emitter_.label();
  load(kScratch, i.first);
  unless_small(kScratch, slow);
  if (left) {
    as_.sub(kScratch, Imm(kSmallTag));
    as_.mov(kScratch2, kScratch);
    as_.shl(kScratch, Imm(count));
    as_.mov(kScratch3, kScratch);
    as_.sar(kScratch3, Imm(count));
    as_.cmp(kScratch3, kScratch2);
    as_.jne(slow);
  } else {
    as_.sar(kScratch, Imm(count));
  }
  as_.or_(kScratch, Imm(kSmallTag));
  store(i.destination, kScratch);
  slow_way(slow);
  return true;
}

}  // namespace athanor::engine::jit
