// SPDX-License-Identifier: Apache-2.0
// Frames, jumps, calls, returns, catches.
#include <cstddef>

#include "engine/interp/interpreter.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::dword_ptr;
using asmjit::x86::qword_ptr;

namespace {
// FunEntry begins with its FunHead, which funs point at; Interpreter and Process have base classes. Their layouts are those of the one compiler there is.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"
constexpr size_t kFunEntry = offsetof(code::FunEntry, entry);
constexpr size_t kSelf = offsetof(Interpreter, self), kPid = offsetof(process::Process, pid_), kCatches = offsetof(process::Process, catches_);
#pragma clang diagnostic pop
}  // namespace

// A frame of so many y registers, as nil, and room for as many words; `fill` writes to the frame. The handler does all of it where there is
// no room.
template <class Fill>
void Translator::allocate(uint32_t slots, uint32_t words, Fill fill) {
#ifdef ATH_STRESS
  run();   // it collects
#else
  Label slow = emitter_.label();
  unless_room(slots + words, slow);
  if (slots) as_.sub(kStackTop, Imm(slots * sizeof(Term)));
  for (uint32_t i = 0; i < slots; ++i) store_constant(y_mem(i), Term::nil().raw);
  fill();
  slow_way(slow);
#endif
}

bool Translator::control(Op op) {
  switch (op) {
    case Op::op_count_call:
    case Op::op_skip_site:
      return true;
    case Op::op_jump:
      as_.jmp(target(in<ir::Jump>().target));
      return true;
    case Op::op_allocate: case Op::op_allocate_0: case Op::op_allocate_1: case Op::op_allocate_2: case Op::op_allocate_3: case Op::op_allocate_4: {
      const auto& i = in<ir::Allocate>();
      allocate(i.slots, i.words, [] {});
      return true;
    }
    case Op::op_allocate_move: case Op::op_allocate_move_1: case Op::op_allocate_move_2: case Op::op_allocate_move_3: case Op::op_allocate_move_4: {
      const auto& i = in<ir::AllocateMove>();
      allocate(i.slots, i.words, [&] { move(i.destination, i.source); });
      return true;
    }
    case Op::op_test_heap: {
      allocate(0, in<ir::TestHeap>().words, [] {});
      return true;
    }
    case Op::op_deallocate:
      leave_frame(in<ir::Deallocate>().slots);
      return true;
    case Op::op_return:
      emitter_.return_(0);
      return true;
    case Op::op_deallocate_return:
      emitter_.return_(in<ir::DeallocateReturn>().slots);
      return true;
    case Op::op_move_return: {
      const auto& i = in<ir::MoveReturn>();
      move(i.destination, i.source);
      emitter_.return_(i.slots);
      return true;
    }
    case Op::op_catch: {
      const auto& i = in<ir::Catch>();
      as_.lea(kScratch, emitter_.data(place_of(static_cast<size_t>(static_cast<int64_t>(at_) + i.handler_at))));
      as_.shl(kScratch, Imm(3));
      as_.or_(kScratch, Imm(Term::catch_mark(nullptr).raw));
      store(i.y, kScratch);
      as_.mov(kScratch, qword_ptr(kVm, static_cast<int32_t>(kSelf)));
      as_.add(dword_ptr(kScratch, static_cast<int32_t>(kCatches)), Imm(1));
      return true;
    }
    case Op::op_try_end: case Op::op_catch_end: {
      const auto& i = in<ir::CatchEnd>();
      if (op == Op::op_catch_end) {   // by an exception: its handler makes the value
        Label slow = emitter_.label();
        compare(x_mem(0), Term::none().raw);
        as_.je(slow);
        slow_way(slow);
      }
      store_constant(mem(i.y), Term::nil().raw);
      as_.mov(kScratch, qword_ptr(kVm, static_cast<int32_t>(kSelf)));
      as_.sub(dword_ptr(kScratch, static_cast<int32_t>(kCatches)), Imm(1));
      return true;
    }
    default: return false;
  }
}

void Translator::leave_frame(uint32_t slots) {
  if (slots) as_.add(kStackTop, Imm(slots * sizeof(Term)));
}

template <class Callee>
void Translator::call(const Callee& callee, uint32_t arity, const CallSite* site) {
  Label place = emitter_.push_return();
  emitter_.enter(callee, arity);
  emitter_.return_here(place, site);
}
template <class Callee>
void Translator::tail_call(const Callee& callee, uint32_t arity, uint32_t slots) {
  leave_frame(slots);
  emitter_.enter(callee, arity);
}

bool Translator::calls(Op op) {
  switch (op) {
    case Op::op_call: {
      const auto& i = in<ir::Call>();
      call(*i.callee, i.arity, i.site);
      return true;
    }
    case Op::op_call_external: {
      const auto& i = in<ir::CallExternal>();
      call(*i.callee, i.arity, i.site);
      return true;
    }
    case Op::op_call_only: case Op::op_call_last: {
      const auto& i = in<ir::CallTail>();
      tail_call(*i.callee, i.arity, op == Op::op_call_last ? i.slots : 0);
      return true;
    }
    case Op::op_call_external_only: case Op::op_call_external_last: {
      const auto& i = in<ir::CallExternalTail>();
      tail_call(*i.callee, i.arity, op == Op::op_call_external_last ? i.slots : 0);
      return true;
    }
    case Op::op_move_call: case Op::op_move_call_only: case Op::op_move_call_last: {
      const auto& i = in<ir::MoveCall>();
      move(i.destination, i.source);
      if (op == Op::op_move_call) call(*i.callee, i.arity, i.site);
      else tail_call(*i.callee, i.arity, op == Op::op_move_call_last ? i.slots : 0);
      return true;
    }
    case Op::op_move_two_call: case Op::op_move_two_call_only: case Op::op_move_two_call_last: {
      const auto& i = in<ir::MoveTwoCall>();
      move(i.destination, i.source);
      move(i.destination_2, i.source_2);
      if (op == Op::op_move_two_call) call(*i.callee, i.arity, i.site);
      else tail_call(*i.callee, i.arity, op == Op::op_move_two_call_last ? i.slots : 0);
      return true;
    }
    case Op::op_make_fun: make_fun(); return true;
    case Op::op_call_fun: case Op::op_call_fun_last: call_fun(op == Op::op_call_fun_last); return true;
    default: return false;
  }
}

void Translator::make_fun() {
  const auto& i = in<ir::MakeFun>();
  const Word* environment = tail<ir::MakeFun>();
  Label slow = emitter_.label();
  unless_room(fun_words(i.count), slow);
  const auto word = [](size_t index) { return qword_ptr(kHeapTop, static_cast<int32_t>(index * sizeof(Word))); };
  store_constant(word(0), make_header(BoxedKind::Fun, fun_words(i.count) - 1));
  store_constant(word(1), reinterpret_cast<Word>(static_cast<FunHead*>(i.entry)));
  store_constant(word(2), i.entry->arity | static_cast<Word>(i.count) << 8);
  as_.mov(kScratch, qword_ptr(kVm, static_cast<int32_t>(kSelf)));
  as_.mov(kScratch, qword_ptr(kScratch, static_cast<int32_t>(kPid)));
  as_.mov(word(3), kScratch);
  for (uint32_t e = 0; e < i.count; ++e) put_word(4 + e, environment[e]);
  as_.lea(kScratch, qword_ptr(kHeapTop, 2));
  store(i.destination, kScratch);
  as_.add(kHeapTop, Imm(fun_words(i.count) * sizeof(Term)));
  slow_way(slow);
}

// A local fun of the right arity, with a reduction left for the call behind this one.
void Translator::call_fun(bool is_last) {
#if ATH_JIT_CALLS_BY_HANDLER
  run();
#else
  const auto& i = in<ir::CallFun>();
  Label slow = emitter_.label(), copy = emitter_.label(), copied = emitter_.label();
  as_.cmp(kReductions, Imm(1));
  as_.jle(slow);
  load(kScratch, i.fun);
  unless_boxed(kScratch, slow);
  unless_kind(kScratch, BoxedKind::Fun, slow);
  as_.mov(kScratch2, box_word(kScratch, 2));   // arity | environment's size << 8
  as_.cmp(kScratch2.r8(), Imm(static_cast<int8_t>(i.arity)));
  as_.jne(slow);
  as_.shr(kScratch2.r32(), Imm(8));
  as_.cmp(kScratch2.r32(), Imm(kMaxRegisters - i.arity));
  as_.jae(slow);
  const auto behind = static_cast<int32_t>(i.arity * sizeof(Term));
  as_.mov(asmjit::x86::qword_ptr(kX, kScratch2, 3, behind), kScratch);   // for op_unloaded_fun
  as_.bind(copy);
  as_.sub(kScratch2.r32(), Imm(1));
  as_.jl(copied);
  as_.mov(kScratch3, asmjit::x86::qword_ptr(kScratch, kScratch2, 3, 4 * sizeof(Word) - 2));
  as_.mov(asmjit::x86::qword_ptr(kX, kScratch2, 3, behind), kScratch3);
  as_.jmp(copy);
  as_.bind(copied);
  as_.mov(kScratch2, box_word(kScratch, 1));
  Label place;
  if (is_last) leave_frame(i.slots);
  else place = emitter_.push_return();
  as_.sub(kReductions, Imm(1));
  as_.mov(kIp, asmjit::x86::qword_ptr(kScratch2, static_cast<int32_t>(kFunEntry)));
  as_.jmp(asmjit::x86::qword_ptr(kIp));
  if (!is_last) emitter_.return_here(place, i.site);
  slow_way(slow);
#endif
}

}  // namespace athanor::engine::jit
