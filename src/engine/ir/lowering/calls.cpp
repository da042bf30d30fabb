// SPDX-License-Identifier: Apache-2.0
// Calls: of functions of the module, of exports, of natives, by apply, of funs.
#include "engine/ir/lowering/lowering.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine::ir {

// A native that runs on the scheduler is called by the instruction; a dirty one, or one that stock OTP has as a NIF, through its entry.
void Lowering::emit_call_bif(const code::Export* callee, uint32_t arity, bool is_tail, uint32_t slots) {
  const process::NativeRow* row = callee->native;
  emit(CallBif{is_tail ? op_call_bif_last : op_call_bif, row->function, callee, row, arity, slots, own_site()});
}

void Lowering::emit_call_external(const code::Export* callee, uint32_t arity, bool is_tail, uint32_t slots) {
  const process::NativeRow* row = callee->native;
  if (callee->mfa.module == atoms::erlang && callee->mfa.function == atoms::apply && (arity == 2 || arity == 3)) {
    Handler handler = arity == 3 ? (is_tail ? op_apply_list_last : op_apply_list) : (is_tail ? op_apply_fun_list_last : op_apply_fun_list);
    emit(Apply{handler, arity, slots, own_site()});
  } else if (row && !row->is_nif && row->kind != process::BifKind::DirtyCpu && row->kind != process::BifKind::DirtyIo) {
    // erlang:load_nif/2 has to find its caller on the stack.
    const bool stays = callee->mfa.module == atoms::erlang && callee->mfa.function == atoms::load_nif;
    emit_call_bif(callee, arity, is_tail && !stays, stays ? 0 : slots);
    if (is_tail) {   // where a native that goes on elsewhere comes back to
      if (slots) emit(DeallocateReturn{op_deallocate_return, slots, 0});
      else emit(Return{op_return});
    }
  } else if (is_tail) {
    emit(CallExternalTail{slots ? op_call_external_last : op_call_external_only, callee, arity, slots});
  } else {
    emit(CallExternal{op_call_external, callee, arity, 0, own_site()});
  }
  if (is_tail) unreachable();
  else forget_x();
}

std::optional<Lowering::LastMove> Lowering::take_last_move() {
  std::optional<LastMove> move;
  size_t position = kNowhere;
  if (is_last(last_move_, kWords<Move>)) {
    position = last_move_;
    move = LastMove{at<Move>(&out_[position]).source, at<Move>(&out_[position]).destination};
  } else if (is_last(last_move_constant_, kWords<MoveConstant>)) {
    position = last_move_constant_;
    move = LastMove{at<MoveConstant>(&out_[position]).constant, at<MoveConstant>(&out_[position]).destination};
  }
  if (!move || is_y(move->into)) return std::nullopt;
  drop_last(position);
  return move;
}

// A call of the module takes the moves before it along.
void Lowering::emit_call(const code::Function* callee, uint32_t arity, bool is_tail, uint32_t slots) {
  auto by_way = [&](auto call, auto only, auto last) { return !is_tail ? call : slots == 0 ? only : last; };
  if (is_last(last_move_two_, kWords<MoveTwo>)) {
    const auto moves = at<MoveTwo>(&out_[last_move_two_]);
    if (!is_y(moves.destination_2)) {
      drop_last(last_move_two_);
      Handler handler = by_way(op_move_two_call, op_move_two_call_only, op_move_two_call_last)(kind_of(moves.source), kind_of(moves.destination),
                                                                                              kind_of(moves.source_2));
      emit(MoveTwoCall{handler, moves.source, moves.destination, moves.source_2, moves.destination_2, callee, arity, slots, own_site()});
      return;
    }
  }
  if (auto move = take_last_move()) {
    Handler handler = by_way(op_move_call, op_move_call_only, op_move_call_last)(kind_of(move->from));
    emit(MoveCall{handler, move->from, move->into, arity, callee, slots, 0, own_site()});
  } else if (is_tail) {
    emit(CallTail{slots == 0 ? op_call_only : op_call_last, callee, arity, slots});
  } else {
    emit(Call{op_call, callee, arity, 0, own_site()});
  }
}

void Lowering::emit_make_fun(uint32_t lambda, const Operand* sources, uint32_t count, Register into) {
  if (lambda >= code_.lambdas.size() || code_.lambdas[lambda]->num_free != count) return malformed();
  emit(MakeFun{op_make_fun, code_.lambdas[lambda], count, into});
  for (uint32_t i = 0; i < count; ++i) emit_word(source(sources[i]));
}

bool Lowering::calls(Opcode opcode) {
  auto callee = [&](size_t index) -> const code::Function* {
    uint32_t target = label(index);
    const code::Function* function = target < code_.label_to_function.size() ? code_.label_to_function[target] : nullptr;
    if (!function) malformed();
    return function;
  };
  switch (opcode) {
    case Opcode::call:
      emit_call(callee(1), number(0), false, 0);
      forget_x();
      return true;
    case Opcode::call_only:
      emit_call(callee(1), number(0), true, 0);
      unreachable();
      return true;
    case Opcode::call_last:
      emit_call(callee(1), number(0), true, number(2));
      unreachable();
      return true;
    case Opcode::call_ext:
      emit_call_external(import(1), number(0), false, 0);
      return true;
    case Opcode::call_ext_only:
      emit_call_external(import(1), number(0), true, 0);
      return true;
    case Opcode::call_ext_last:
      emit_call_external(import(1), number(0), true, number(2));
      return true;
    case Opcode::send: {
      const code::Export* send = runtime_.code->export_of(atoms::erlang, atoms::send, 2);
      emit(CallBif{op_send, send->native->function, send, send->native, 2, 0, own_site()});
      forget_x();
      return true;
    }
    case Opcode::apply:
      emit(Apply{op_apply, number(0), 0, own_site()});
      forget_x();
      return true;
    case Opcode::apply_last:
      emit(Apply{op_apply_last, number(0), number(1), own_site()});
      unreachable();
      return true;
    case Opcode::call_fun:
      last_call_fun_ = emit(CallFun{op_call_fun, x_register(number(0)), number(0), 0, 0, own_site()});
      forget_x();
      return true;
    case Opcode::call_fun2: {
      Register fun = reg(operand(2));
      last_call_fun_ = emit(CallFun{op_call_fun, fun, number(1), 0, 0, own_site()});
      forget_x();
      return true;
    }
    case Opcode::make_fun2: {
      uint32_t count = number(0) < code_.lambdas.size() ? code_.lambdas[number(0)]->num_free : 0;
      std::vector<Operand> sources;
      for (uint32_t i = 0; i < count; ++i) sources.push_back(Operand{OperandKind::X, i});
      emit_make_fun(number(0), sources.data(), count, x_register(0));
      forget(x_register(0));
      return true;
    }
    case Opcode::make_fun3: {
      Register into = destination(operand(1));
      emit_make_fun(number(0), list(2), list_count(2), into);
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
