// SPDX-License-Identifier: Apache-2.0
// Moving terms, building and taking apart lists and tuples.
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;

namespace {
// The words of a list cell.
asmjit::x86::Mem head_of(asmjit::x86::Gp cell) { return qword_ptr(cell, -1); }
asmjit::x86::Mem tail_of(asmjit::x86::Gp cell) { return qword_ptr(cell, 7); }
}  // namespace

bool Translator::data(Op op) {
  switch (op) {
    case Op::op_move:
      move(in<ir::Move>().destination, in<ir::Move>().source);
      return true;
    case Op::op_move_constant:
      move(in<ir::MoveConstant>().destination, in<ir::MoveConstant>().constant);
      return true;
    case Op::op_move_two: {
      const auto& i = in<ir::MoveTwo>();
      move(i.destination, i.source);
      move(i.destination_2, i.source_2);
      return true;
    }
    case Op::op_swap: {
      const auto& i = in<ir::Swap>();
      load(kScratch, i.first);
      load(kScratch2, i.second);
      store(i.first, kScratch2);
      store(i.second, kScratch);
      return true;
    }
    case Op::op_init_y: {
      const auto& i = in<ir::InitY>();
      for (uint32_t y = 0; y < i.count; ++y) store_constant(y_mem(ir::register_index(i.first) + y), Term::nil().raw);
      return true;
    }
    case Op::op_get_tuple_element: {
      const auto& i = in<ir::GetTupleElement>();
      load(kScratch, i.source);
      as_.mov(kScratch, box_word(kScratch, 1 + i.index));
      store(i.destination, kScratch);
      return true;
    }
    case Op::op_get_tuple_element_checked: {
      const auto& i = in<ir::GetTupleElement>();
      Label slow = emitter_.label();
      load(kScratch, i.source);
      unless_boxed(kScratch, slow);
      unless_kind(kScratch, BoxedKind::Tuple, slow);
      compare(box_word(kScratch, 0), tuple_header(i.index));
      as_.jbe(slow);
      as_.mov(kScratch, box_word(kScratch, 1 + i.index));
      store(i.destination, kScratch);
      slow_way(slow);
      return true;
    }
    case Op::op_get_two_elements: {
      const auto& i = in<ir::GetTwoElements>();
      load(kScratch, i.source);
      as_.mov(kScratch2, box_word(kScratch, 1 + i.index));
      as_.mov(kScratch, box_word(kScratch, 2 + i.index));
      store(i.destination, kScratch2);
      store(i.destination_2, kScratch);
      return true;
    }
    case Op::op_get_list: case Op::op_get_list_checked: case Op::op_get_head: case Op::op_get_head_checked: case Op::op_get_tail:
    case Op::op_get_tail_checked: {
      const auto& i = in<ir::GetList>();
      load(kScratch, i.source);
      if (op == Op::op_get_list_checked || op == Op::op_get_head_checked || op == Op::op_get_tail_checked) {
        Label slow = emitter_.label();
        unless_cell(kScratch, slow);
        slow_way(slow);
      }
      const bool takes_head = op != Op::op_get_tail && op != Op::op_get_tail_checked, takes_tail = op != Op::op_get_head && op != Op::op_get_head_checked;
      if (takes_head) as_.mov(kScratch2, head_of(kScratch));
      if (takes_tail) as_.mov(kScratch, tail_of(kScratch));
      if (takes_head) store(i.head, kScratch2);
      if (takes_tail) store(i.tail, kScratch);
      return true;
    }
    case Op::op_test_get_list: {
      const auto& i = in<ir::TestGetList>();
      load(kScratch, i.source);
      unless_cell(kScratch, target(i.fail));
      as_.mov(kScratch2, head_of(kScratch));
      as_.mov(kScratch, tail_of(kScratch));
      store(i.head, kScratch2);
      store(i.tail, kScratch);
      return true;
    }
    case Op::op_put_list: case Op::op_put_list_checked: {
      const auto& i = in<ir::PutList>();
      if (op == Op::op_put_list_checked) {
        Label slow = emitter_.label();
        unless_room(2, slow);
        slow_way(slow);
      }
      put_word(0, i.head);
      put_word(1, i.tail);
      as_.lea(kScratch, qword_ptr(kHeapTop, 1));
      store(i.destination, kScratch);
      as_.add(kHeapTop, Imm(2 * sizeof(Term)));
      return true;
    }
    case Op::op_put_tuple: case Op::op_put_tuple_2: case Op::op_put_tuple_3: case Op::op_put_tuple_checked: {
      const auto& i = in<ir::PutTuple>();
      const Word* elements = tail<ir::PutTuple>();
      if (op == Op::op_put_tuple_checked) {
        Label slow = emitter_.label();
        unless_room(i.arity + 1, slow);
        slow_way(slow);
      }
      store_constant(qword_ptr(kHeapTop), tuple_header(i.arity));
      for (uint32_t e = 0; e < i.arity; ++e) put_word(1 + e, elements[e]);
      as_.lea(kScratch, qword_ptr(kHeapTop, 2));
      store(i.destination, kScratch);
      as_.add(kHeapTop, Imm((i.arity + 1) * sizeof(Term)));
      return true;
    }
    default: return false;
  }
}

void Translator::unless_room(size_t words, Label otherwise) {
  as_.lea(kScratch, qword_ptr(kHeapTop, static_cast<int32_t>((words + Allocator::kReserveWords) * sizeof(Term))));
  as_.cmp(kScratch, kStackTop);
  as_.ja(otherwise);
}

void Translator::put_word(size_t index, ir::Source source) {
  const auto to = qword_ptr(kHeapTop, static_cast<int32_t>(index * sizeof(Word)));
  if (ir::is_constant(source)) return store_constant(to, source);
  load(kScratch, source);
  as_.mov(to, kScratch);
}

}  // namespace athanor::engine::jit
