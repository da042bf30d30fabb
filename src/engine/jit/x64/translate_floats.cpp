// SPDX-License-Identifier: Apache-2.0
// Float registers.
#include "engine/interp/interpreter.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;
using asmjit::x86::xmm0;
using asmjit::x86::xmm1;

namespace {
// Interpreter has a base class, which offsetof warns of; its layout is that of the one compiler there is.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"
constexpr size_t kFloats = offsetof(Interpreter, floats);
#pragma clang diagnostic pop
}  // namespace

bool Translator::floats(Op op) {
  const auto place = [](uint32_t index) { return qword_ptr(kVm, static_cast<int32_t>(kFloats + index * sizeof(double))); };
  switch (op) {
    case Op::op_float_load: case Op::op_float_convert: {
      const auto& i = in<ir::FloatLoad>();
      Label slow = emitter_.label();
      load(kScratch, i.source);
      unless_boxed(kScratch, slow);
      unless_kind(kScratch, BoxedKind::Float, slow);
      as_.movsd(xmm0, box_word(kScratch, 1));
      as_.movsd(place(i.index), xmm0);
      slow_way(slow);
      return true;
    }
    case Op::op_float_store: {
      const auto& i = in<ir::FloatStore>();
      Label slow = emitter_.label();
      unless_room(kFloatWords, slow);
      as_.movsd(xmm0, place(i.index));
      as_.mov(qword_ptr(kHeapTop), Imm(static_cast<int64_t>(make_header(BoxedKind::Float, 1))));
      as_.movsd(qword_ptr(kHeapTop, 8), xmm0);
      as_.lea(kScratch, qword_ptr(kHeapTop, 2));
      store(i.destination, kScratch);
      as_.add(kHeapTop, Imm(kFloatWords * sizeof(Term)));
      slow_way(slow);
      return true;
    }
    case Op::op_float_move: {
      const auto& i = in<ir::FloatOperation>();
      as_.movsd(xmm0, place(i.first));
      as_.movsd(place(i.destination), xmm0);
      return true;
    }
    case Op::op_float_add: case Op::op_float_subtract: case Op::op_float_multiply: case Op::op_float_divide: {
      const auto& i = in<ir::FloatOperation>();
      Label slow = emitter_.label();
      as_.movsd(xmm0, place(i.first));
      if (op == Op::op_float_add) as_.addsd(xmm0, place(i.second));
      else if (op == Op::op_float_subtract) as_.subsd(xmm0, place(i.second));
      else if (op == Op::op_float_multiply) as_.mulsd(xmm0, place(i.second));
      else as_.divsd(xmm0, place(i.second));
      as_.movapd(xmm1, xmm0);
      as_.subsd(xmm1, xmm0);   // 0, of what is not finite no number
      as_.ucomisd(xmm1, xmm1);
      as_.jp(slow);
      as_.movsd(place(i.destination), xmm0);
      slow_way(slow);
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::jit
