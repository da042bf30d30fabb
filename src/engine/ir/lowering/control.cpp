// SPDX-License-Identifier: Apache-2.0
// Frames, jumps, returns; exceptions; receive.
#include "engine/ir/lowering/lowering.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine::ir {

void Lowering::emit_allocate(uint32_t slots, uint32_t live, uint32_t words) {
  constexpr Handler kBySlots[] = {op_allocate_0, op_allocate_1, op_allocate_2, op_allocate_3, op_allocate_4};
  last_allocate_ = emit(Allocate{slots < std::size(kBySlots) ? kBySlots[slots] : op_allocate, slots, live, words, 0});
  room_ = words;
  forget_y();
}

// With the end of the frame and the move before it, where they stand together.
void Lowering::emit_return() {
  uint32_t slots = 0;
  if (is_last(last_deallocate_, kWords<Deallocate>)) {
    slots = at<Deallocate>(&out_[last_deallocate_]).slots;
    const size_t call_fun = last_call_fun_, move = last_move_, constant = last_move_constant_;
    drop_last(last_deallocate_);
    last_call_fun_ = call_fun;
    last_move_ = move;
    last_move_constant_ = constant;
    if (is_last(last_call_fun_, kWords<CallFun>)) {   // a fun called last leaves no frame behind, as a function called last
      auto* call = reinterpret_cast<CallFun*>(&out_[last_call_fun_]);
      call->handler = op_call_fun_last;
      call->slots = slots;
      forget_last();
      return;
    }
    if (!is_last(last_move_, kWords<Move>) && !is_last(last_move_constant_, kWords<MoveConstant>)) {
      forget_last();
      emit(DeallocateReturn{op_deallocate_return, slots, 0});
      return;
    }
  }
  if (auto move = take_last_move()) emit(MoveReturn{op_move_return(kind_of(move->from)), move->from, move->into, slots});
  else if (slots != 0) emit(DeallocateReturn{op_deallocate_return, slots, 0});
  else emit(Return{op_return});
}

bool Lowering::control(Opcode opcode) {
  switch (opcode) {
    case Opcode::line:
      line_ = number(0);
      return true;
    case Opcode::func_info:
      emit(FunctionClause{op_function_clause, site()});
      unreachable();
      return true;
    case Opcode::int_code_end:
      is_ended_ = true;
      return true;
    case Opcode::on_load:
    case Opcode::nif_start:
    case Opcode::fclearerror:
    case Opcode::fcheckerror:
    case Opcode::recv_mark:
    case Opcode::recv_set:
      return true;
    case Opcode::allocate:
    case Opcode::allocate_zero:
      emit_allocate(number(0), number(1), 0);
      return true;
    case Opcode::allocate_heap:
    case Opcode::allocate_heap_zero:
      emit_allocate(number(0), number(2), heap_words(operand(1)));
      return true;
    case Opcode::test_heap:
      room_ = heap_words(operand(0));
      emit(TestHeap{op_test_heap, heap_words(operand(0)), number(1)});
      return true;
    case Opcode::init:
      emit(InitY{op_init_y, destination(operand(0)), 1});
      return true;
    case Opcode::init_yregs: {
      const Operand* registers = list(0);
      uint32_t count = list_count(0);
      for (uint32_t i = 0; i < count;) {
        Register first = destination(registers[i]);
        uint32_t run = 1;
        while (i + run < count && registers[i + run].value == registers[i].value + run) {
          destination(registers[i + run]);
          ++run;
        }
        emit(InitY{op_init_y, first, run});
        i += run;
      }
      return true;
    }
    case Opcode::deallocate:
      last_deallocate_ = emit(Deallocate{op_deallocate, number(0), 0});
      forget_y();
      return true;
    case Opcode::trim:
      emit(Deallocate{op_deallocate, number(0), 0});
      forget_y();
      return true;
    case Opcode::return_:
      emit_return();
      unreachable();
      return true;
    case Opcode::jump: {
      size_t place = emit(Jump{op_jump, 0, 0});
      jump_to(place, offsetof(Jump, target), false, label(0));
      unreachable();
      return true;
    }
    default: return false;
  }
}

bool Lowering::exceptions(Opcode opcode) {
  auto raise_tagged = [&](Term tag) {
    emit(RaiseValue{op_raise_tagged, source(operand(0)), tag, site()});
    unreachable();
    return true;
  };
  switch (opcode) {
    case Opcode::catch_:
    case Opcode::try_: {
      Register y = destination(operand(0));
      unknown_labels_.insert(label(1));
      size_t place = emit(Catch{op_catch, y, 0});
      jump_to(place, offsetof(Catch, handler_at), false, label(1));
      return true;
    }
    case Opcode::catch_end:
      emit(CatchEnd{op_catch_end, destination(operand(0)), 0});
      forget_x();
      return true;
    case Opcode::try_end:
      emit(CatchEnd{op_try_end, destination(operand(0)), 0});
      return true;
    case Opcode::try_case:
      emit(CatchEnd{op_try_case, destination(operand(0)), 0});
      forget_x();
      return true;
    case Opcode::badmatch: return raise_tagged(atoms::badmatch);
    case Opcode::case_end: return raise_tagged(atoms::case_clause);
    case Opcode::try_case_end: return raise_tagged(atoms::try_clause);
    case Opcode::badrecord: return raise_tagged(atoms::badrecord);
    case Opcode::if_end:
      emit(RaiseValue{op_raise_atom, Term::nil().raw, atoms::if_clause, site()});
      unreachable();
      return true;
    case Opcode::raise:
      emit(RaiseTrace{op_raise, source(operand(0)), source(operand(1)), site()});
      unreachable();
      return true;
    case Opcode::raw_raise:
      emit(AtSite{op_raw_raise, site()});
      forget_x();
      return true;
    case Opcode::build_stacktrace:
      emit(AtSite{op_build_stacktrace, site()});
      forget(x_register(0));
      return true;
    default: return false;
  }
}

// A process that waits goes on at the next instruction; the word before it is its call site.
void Lowering::resumable() {
  emit(AtSite{op_skip_site, site()});
  for (uint32_t number : recent_labels_) loops_[number] = out_.size();
}

bool Lowering::receive(Opcode opcode) {
  switch (opcode) {
    case Opcode::loop_rec:
      resumable();
      forget_x();
      {
        Register into = destination(operand(1));
        const bool keeps = file_.functions[function_.row].keeps_messages;
        emit(LoopReceive{keeps ? op_loop_receive_keeping : op_loop_receive, static_cast<JumpOffset>(label(0)), into, site()});
      }
      return true;
    case Opcode::loop_rec_end: {
      size_t place = emit(Jump{op_loop_receive_end, 0, 0});
      jump_to(place, offsetof(Jump, target), false, label(0));
      unreachable();
      return true;
    }
    case Opcode::remove_message:
      emit_bare(op_remove_message);
      return true;
    case Opcode::timeout:
      emit_bare(op_timeout);
      return true;
    case Opcode::wait: {
      if (!recent_labels_.empty()) resumable();   // a receive without patterns waits at itself
      size_t place = emit(Wait{op_wait, 0, 0, Term::nil().raw, site()});
      jump_to(place, offsetof(Wait, target), false, label(0), true);
      unreachable();
      return true;
    }
    case Opcode::wait_timeout: {
      if (!recent_labels_.empty()) resumable();
      Source timeout = source(operand(1));
      size_t place = emit(Wait{op_wait_timeout, 0, 0, timeout, site()});
      jump_to(place, offsetof(Wait, target), false, label(0), true);
      forget_x();
      return true;
    }
    case Opcode::recv_marker_reserve:
      emit(OneRegister{op_marker_reserve, destination(operand(0)), 0});
      return true;
    case Opcode::recv_marker_bind: {
      Register marker = reg(operand(0)), reference = reg(operand(1));
      emit(TwoRegisters{op_marker_bind, marker, reference});
      return true;
    }
    case Opcode::recv_marker_clear: {
      Register reference = reg(operand(0));
      emit(OneRegister{op_marker_clear, reference, 0});
      return true;
    }
    case Opcode::recv_marker_use: {
      Register reference = reg(operand(0));
      emit(OneRegister{op_marker_use, reference, 0});
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
