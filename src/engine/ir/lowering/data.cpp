// SPDX-License-Identifier: Apache-2.0
// Moving, building, taking apart.
#include "engine/ir/lowering/lowering.hpp"

namespace athanor::engine::ir {

bool Lowering::data(Opcode opcode) {
  switch (opcode) {
    case Opcode::move: {
      Source from = source(operand(0));
      Register into = destination(operand(1));
      if (is_constant(from)) {
        emit(MoveConstant{op_move_constant(kind_of(into)), from, into, 0});
        return true;
      }
      auto place = static_cast<Register>(from);
      if (place == into) return true;
      if (is_cons(place)) know_cons(into);
      else if (const Fact* fact = tuple(place)) know_tuple(into, fact->arity);
      emit(Move{op_move(kind_of(from), kind_of(into)), place, into});
      return true;
    }
    case Opcode::swap: {
      Register first = destination(operand(0)), second = destination(operand(1));
      emit(Swap{op_swap, first, second});
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
          emit(GetTwoElements{op_get_two_elements, from, before.index, before.destination, into});
          last_element_ = kNowhere;
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
      Handler handler = is_cons(from) ? op_get_list : op_get_list_checked;
      Register head = destination(operand(1)), tail = destination(operand(2));
      emit(GetList{handler, from, head, tail, 0, site()});
      if (from != head && from != tail) know_cons(from);
      return true;
    }
    case Opcode::get_hd: {
      Register from = reg(operand(0));
      Handler handler = is_cons(from) ? op_get_head : op_get_head_checked;
      Register head = destination(operand(1));
      emit(GetList{handler, from, head, 0, 0, site()});
      if (from != head) know_cons(from);
      return true;
    }
    case Opcode::get_tl: {
      Register from = reg(operand(0));
      Handler handler = is_cons(from) ? op_get_tail : op_get_tail_checked;
      Register tail = destination(operand(1));
      emit(GetList{handler, from, 0, tail, 0, site()});
      if (from != tail) know_cons(from);
      return true;
    }
    case Opcode::put_list: {
      Source head = source(operand(0)), tail = source(operand(1));
      Register into = destination(operand(2));
      emit(PutList{op_put_list, head, tail, into, 0});
      know_cons(into);
      return true;
    }
    case Opcode::put_tuple2: {
      uint32_t count = list_count(1);
      const Operand* elements = list(1);
      Register into = destination(operand(0));
      emit(PutTuple{op_put_tuple, count, into});
      for (uint32_t i = 0; i < count; ++i) emit_word(source(elements[i]));
      know_tuple(into, count);
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
