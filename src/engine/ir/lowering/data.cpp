// SPDX-License-Identifier: Apache-2.0
// Moving, building, taking apart.
#include "engine/ir/lowering/lowering.hpp"

namespace athanor::engine::ir {

void Lowering::emit_move(Register from, Register into) {
  if (is_last(last_allocate_, kWords<Allocate>) && is_y(into) && !is_y(from)) {
    const auto frame = at<Allocate>(&out_[last_allocate_]);
    drop_last(last_allocate_);
    constexpr Handler kBySlots[] = {op_allocate_move, op_allocate_move_1, op_allocate_move_2, op_allocate_move_3, op_allocate_move_4};
    emit(AllocateMove{frame.slots < std::size(kBySlots) ? kBySlots[frame.slots] : op_allocate_move, frame.slots, frame.live, frame.words, 0, from, into});
  } else if (is_last(last_move_, kWords<Move>)) {
    const auto before = at<Move>(&out_[last_move_]);
    drop_last(last_move_);
    Handler handler = op_move_two(kind_of(before.source), kind_of(before.destination), kind_of(from), kind_of(into));
    last_move_two_ = emit(MoveTwo{handler, before.source, before.destination, from, into});
  } else {
    last_move_ = emit(Move{op_move(kind_of(from), kind_of(into)), from, into});
  }
}

bool Lowering::data(Opcode opcode) {
  switch (opcode) {
    case Opcode::move: {
      Source from = source(operand(0));
      Register into = destination(operand(1));
      if (is_constant(from)) {
        last_move_constant_ = emit(MoveConstant{op_move_constant(kind_of(into)), from, into, 0});
        return true;
      }
      auto place = static_cast<Register>(from);
      if (place == into) return true;
      if (is_cons(place)) know_cons(into);
      else if (const Fact* fact = tuple(place)) know_tuple(into, fact->arity);
      emit_move(place, into);
      return true;
    }
    case Opcode::swap: {
      Register first = destination(operand(0)), second = destination(operand(1));
      emit(Swap{op_swap(kind_of(first), kind_of(second)), first, second});
      return true;
    }
    case Opcode::get_tuple_element: {
      Register from = reg(operand(0));
      uint32_t index = number(1);
      const Fact* fact = tuple(from);
      bool proven = fact && index < fact->arity;
      Register into = destination(operand(2));
      if (!proven) {
        emit(GetTupleElement{op_get_tuple_element_checked, from, into, index, 0, site()});
        // It is one now, unless it was overwritten.
        if (into != from) know_tuple(from, index + 1);
        return true;
      }
      if (is_last(last_element_, kWords<GetTupleElement>)) {
        const auto before = at<GetTupleElement>(&out_[last_element_]);
        if (before.source == from && before.destination != from && before.index + 1 == index) {
          site_words_.pop_back();
          drop_last(last_element_);
          Handler handler = op_get_two_elements(kind_of(from), kind_of(before.destination), kind_of(into));
          emit(GetTwoElements{handler, from, before.index, before.destination, into});
          return true;
        }
      }
      last_element_ = emit(GetTupleElement{op_get_tuple_element(kind_of(from), kind_of(into)), from, into, index, 0, site()});
      return true;
    }
    case Opcode::set_tuple_element: {
      Source value = source(operand(0));
      Register tuple = reg(operand(1));
      emit(SetTupleElement{op_set_tuple_element, value, tuple, number(2), site()});
      return true;
    }
    case Opcode::get_list: {
      Register from = reg(operand(0));
      bool proven = is_cons(from);
      Register head = destination(operand(1)), tail = destination(operand(2));
      if (proven && is_last(last_test_, kWords<Test>) && at<Test>(&out_[last_test_]).source == from &&
          at<Test>(&out_[last_test_]).handler == op_is_nonempty_list(kind_of(from))) {
        widen_last(last_test_, TestGetList{op_test_get_list(kind_of(from), kind_of(head), kind_of(tail)), from, 0, head, tail});
      } else {
        emit(GetList{proven ? op_get_list(kind_of(from), kind_of(head), kind_of(tail)) : op_get_list_checked, from, head, tail, 0, site()});
      }
      if (from != head && from != tail) know_cons(from);
      return true;
    }
    case Opcode::get_hd: {
      Register from = reg(operand(0));
      bool proven = is_cons(from);
      Register head = destination(operand(1));
      emit(GetList{proven ? op_get_head(kind_of(from), kind_of(head)) : op_get_head_checked, from, head, 0, 0, site()});
      if (from != head) know_cons(from);
      return true;
    }
    case Opcode::get_tl: {
      Register from = reg(operand(0));
      bool proven = is_cons(from);
      Register tail = destination(operand(1));
      emit(GetList{proven ? op_get_tail(kind_of(from), kind_of(tail)) : op_get_tail_checked, from, 0, tail, 0, site()});
      if (from != tail) know_cons(from);
      return true;
    }
    case Opcode::put_list: {
      Source head = source(operand(0)), tail = source(operand(1));
      Register into = destination(operand(2));
      emit(PutList{take_room(2) ? op_put_list(kind_of(head), kind_of(tail), kind_of(into)) : op_put_list_checked, head, tail, into, 0});
      know_cons(into);
      return true;
    }
    case Opcode::put_tuple2: {
      uint32_t count = list_count(1);
      const Operand* elements = list(1);
      Register into = destination(operand(0));
      Handler handler = !take_room(count + 1) ? op_put_tuple_checked : count == 2 ? op_put_tuple_2 : count == 3 ? op_put_tuple_3 : op_put_tuple;
      emit(PutTuple{handler, count, into});
      for (uint32_t i = 0; i < count; ++i) emit_word(source(elements[i]));
      know_tuple(into, count);
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
