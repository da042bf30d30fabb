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

// --- Float registers stay in xmm2 to xmm15 from one instruction to the next, as long as neither a jump arrives nor a handler may have run
// between. They are in memory all the time too: handlers read them there. ---

namespace {
asmjit::x86::Xmm register_of(uint32_t index) { return asmjit::x86::xmm(index + 2); }
asmjit::x86::Mem place_of_float(uint32_t index) { return qword_ptr(kVm, static_cast<int32_t>(kFloats + index * sizeof(double))); }
}  // namespace

bool Translator::keeps_floats(Op op) {
  switch (op) {
    case Op::op_float_load: case Op::op_float_convert: case Op::op_float_store: case Op::op_float_move: case Op::op_float_add: case Op::op_float_subtract:
    case Op::op_float_multiply: case Op::op_float_divide:
    case Op::op_move: case Op::op_move_constant: case Op::op_move_two: case Op::op_swap: case Op::op_get_tuple_element: case Op::op_get_two_elements:
    case Op::op_get_list: case Op::op_get_head: case Op::op_get_tail: case Op::op_put_list: case Op::op_put_tuple: case Op::op_put_tuple_2: case Op::op_put_tuple_3:
    case Op::op_skip_site:
      return true;
    default: return false;
  }
}

asmjit::x86::Xmm Translator::float_in(uint32_t index, asmjit::x86::Xmm otherwise) {
  if (index < held_floats_.size() && held_floats_[index]) return register_of(index);
  const asmjit::x86::Xmm to = index < held_floats_.size() ? register_of(index) : otherwise;
  as_.movsd(to, place_of_float(index));
  if (index < held_floats_.size()) held_floats_.set(index);
  return to;
}

void Translator::float_out(uint32_t index, asmjit::x86::Xmm from) {
  as_.movsd(place_of_float(index), from);
  if (index >= held_floats_.size()) return;
  if (from.id() != register_of(index).id()) as_.movapd(register_of(index), from);
  held_floats_.set(index);
}

// A handler that comes back has changed all registers.
void Translator::slow_way_of_floats(Label from, uint32_t changed) {
  std::bitset<14> held = held_floats_;
  if (changed < held.size()) held.set(changed);
  if (held.none()) return slow_way(from);
  Label back = emitter_.label();
  emitter_.out_of_line(from, image(back));
  restores_.push_back({back, next(), held});
}

void Translator::emit_restores() {
  for (const Restore& restore : restores_) {
    as_.bind(restore.from);
    for (uint32_t i = 0; i < restore.held.size(); ++i) {
      if (restore.held[i]) as_.movsd(register_of(i), place_of_float(i));
    }
    as_.jmp(restore.to);
  }
}

bool Translator::floats(Op op) {
  switch (op) {
    case Op::op_float_load: case Op::op_float_convert: {
      const auto& i = in<ir::FloatLoad>();
      Label slow = emitter_.label();
      load(kScratch, i.source);
      unless_boxed(kScratch, slow);
      unless_kind(kScratch, BoxedKind::Float, slow);
      slow_way_of_floats(slow, i.index);
      const asmjit::x86::Xmm to = i.index < held_floats_.size() ? register_of(i.index) : xmm0;
      as_.movsd(to, box_word(kScratch, 1));
      float_out(i.index, to);
      return true;
    }
    case Op::op_float_store: {
      const auto& i = in<ir::FloatStore>();
      Label slow = emitter_.label();
      const asmjit::x86::Xmm value = float_in(i.index, xmm0);
      unless_room(kFloatWords, slow);
      slow_way_of_floats(slow, i.index);
      as_.mov(qword_ptr(kHeapTop), Imm(static_cast<int64_t>(make_header(BoxedKind::Float, 1))));
      as_.movsd(qword_ptr(kHeapTop, 8), value);
      as_.lea(kScratch, qword_ptr(kHeapTop, 2));
      store(i.destination, kScratch);
      as_.add(kHeapTop, Imm(kFloatWords * sizeof(Term)));
      return true;
    }
    case Op::op_float_move: {
      const auto& i = in<ir::FloatOperation>();
      float_out(i.destination, float_in(i.first, xmm0));
      return true;
    }
    case Op::op_float_add: case Op::op_float_subtract: case Op::op_float_multiply: case Op::op_float_divide: {
      const auto& i = in<ir::FloatOperation>();
      Label slow = emitter_.label();
      const asmjit::x86::Xmm second = float_in(i.second, xmm1);
      as_.movapd(xmm0, float_in(i.first, xmm0));
      if (op == Op::op_float_add) as_.addsd(xmm0, second);
      else if (op == Op::op_float_subtract) as_.subsd(xmm0, second);
      else if (op == Op::op_float_multiply) as_.mulsd(xmm0, second);
      else as_.divsd(xmm0, second);
      as_.movapd(xmm1, xmm0);
      as_.subsd(xmm1, xmm0);   // 0, of what is not finite no number
      as_.ucomisd(xmm1, xmm1);
      as_.jp(slow);
      float_out(i.destination, xmm0);
      slow_way(slow);   // raises
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::jit
