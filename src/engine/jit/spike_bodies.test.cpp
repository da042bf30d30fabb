// SPDX-License-Identifier: Apache-2.0
// The native bodies of functions of spike_module.erl: each does what the lowered form does, in the same order of frames and reductions.
#include "engine/jit/test_spike.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;
using asmjit::x86::r11;

std::span<const Spike::Body> Spike::bodies() {
  static constexpr Body all[] = {{"fib", 1, &Spike::emit_fib}, {"fails", 1, &Spike::emit_fails}, {"wraps", 1, &Spike::emit_wraps},
                                 {"caught_in_native", 1, &Spike::emit_caught_in_native}, {"keeps", 2, &Spike::emit_keeps}};
  return all;
}

void Spike::emit_fib(Emitter& emitter) {
  auto& as = emitter.as();
  code::Function& fib = function("fib", 1);
  Label recurses = emitter.label(), not_small = emitter.label(), slow_sum = emitter.label(), summed = emitter.label();
  as.mov(kScratch, x_mem(0));
  as.mov(kScratch2, kScratch);
  as.and_(kScratch2, Imm(0xF));
  as.cmp(kScratch2, Imm(0xF));
  as.jne(not_small);
  as.cmp(kScratch, Imm(Term::small(2).raw));
  as.jge(recurses);
  emitter.return_(0);
  as.bind(recurses);
  emitter.allocate(1, 1);
  as.mov(kScratch, x_mem(0));
  as.mov(y_mem(0), kScratch);
  as.sub(kScratch, Imm(1 << 4));
  as.mov(x_mem(0), kScratch);
  emitter.call(fib, 1, line(9));
  as.mov(kScratch, y_mem(0));
  as.mov(kScratch2, x_mem(0));
  as.sub(kScratch, Imm(2 << 4));
  as.mov(y_mem(0), kScratch2);
  as.mov(x_mem(0), kScratch);
  emitter.call(fib, 1, line(10));
  as.mov(kScratch, y_mem(0));
  as.mov(kScratch2, x_mem(0));
  as.mov(r11, kScratch);
  as.and_(r11, kScratch2);
  as.and_(r11, Imm(0xF));
  as.cmp(r11, Imm(0xF));
  as.jne(slow_sum);
  as.sub(kScratch2, Imm(0xF));
  as.add(kScratch, kScratch2);
  as.jo(slow_sum);
  as.mov(x_mem(0), kScratch);
  as.bind(summed);
  emitter.return_(1);
  as.bind(slow_sum);
  emitter.run(ir::GuardBif{op_add(ir::Kind::Y, ir::Kind::X, ir::Kind::X), ir::y_register(0), ir::x_register(0), ir::x_register(0), 0,
                           Term::nil().raw, only_small, &kPlus, 1, 0, emitter.site(line(9))});
  as.jmp(summed);
  as.bind(not_small);
  emitter.leave_to_interpreter();
}

void Spike::emit_fails(Emitter& emitter) {
  auto& as = emitter.as();
  Label raises = emitter.label();
  as.cmp(x_mem(0), Imm(intern("ok").raw));
  as.jne(raises);
  emitter.return_(0);
  as.bind(raises);
  emitter.run(ir::RaiseValue{op_raise_tagged, ir::x_register(0), atoms::badmatch, emitter.site(line(16))});
  as.ud2();   // an exception does not come back
}

// x0 = {first, x0}, or {x0, y0}.
void Spike::emit_pair(Emitter& emitter, Term first_or_none) {
  auto& as = emitter.as();
  emitter.run(ir::TestHeap{op_test_heap, 3, 1});
  as.mov(kScratch, Imm(tuple_header(2)));
  as.mov(qword_ptr(kHeapTop), kScratch);
  as.mov(kScratch, x_mem(0));
  as.mov(kScratch2, first_or_none.is_none() ? y_mem(0) : x_mem(0));
  if (!first_or_none.is_none()) as.mov(kScratch, Imm(first_or_none.raw));
  as.mov(qword_ptr(kHeapTop, 8), kScratch);
  as.mov(qword_ptr(kHeapTop, 16), kScratch2);
  as.lea(kScratch, qword_ptr(kHeapTop, 2));
  as.mov(x_mem(0), kScratch);
  as.add(kHeapTop, Imm(3 * sizeof(Term)));
}

void Spike::emit_wraps(Emitter& emitter) {
  emitter.allocate(0, 1);
  emitter.call(function("fails", 1), 1, line(19));
  emit_pair(emitter, intern("wrapped"));
  emitter.return_(0);
}

void Spike::emit_caught_in_native(Emitter& emitter) {
  Label handler = emitter.label();
  emitter.allocate(1, 1);
  emitter.run_catch(ir::y_register(0), handler);
  emitter.call(function("nested", 1), 1, line(28));
  emitter.as().bind(handler);
  emitter.run(ir::CatchEnd{op_catch_end, ir::y_register(0), 0});
  emitter.return_(1);
}

void Spike::emit_keeps(Emitter& emitter) {
  auto& as = emitter.as();
  emitter.allocate(1, 2);
  as.mov(kScratch, x_mem(1));
  as.mov(y_mem(0), kScratch);
  as.mov(x_mem(1), Imm(Term::nil().raw));
  emitter.call(function("garbage", 2), 2, line(34));
  emit_pair(emitter, Term::none());
  emitter.return_(1);
}

}  // namespace athanor::engine::jit
