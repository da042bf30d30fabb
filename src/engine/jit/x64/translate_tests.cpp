// SPDX-License-Identifier: Apache-2.0
// Type tests, comparisons, selections.
#include "engine/jit/x64/translator.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;

bool Translator::tests(Op op) {
  auto source = [&] { load(kScratch, in<ir::Test>().source); };
  auto fail = [&]() -> Label& { return target(in<ir::Test>().fail); };
  switch (op) {
    case Op::op_is_integer: {
      Label slow = emitter_.label();
      source();
      unless_small(kScratch, slow);
      slow_way(slow);
      return true;
    }
    case Op::op_is_atom:
      source();
      as_.and_(kScratch.r32(), Imm(0x3F));
      as_.cmp(kScratch.r32(), Imm(0x0B));
      as_.jne(fail());
      return true;
    case Op::op_is_nil:
      compare(mem(in<ir::Test>().source), Term::nil().raw);
      as_.jne(fail());
      return true;
    case Op::op_is_list: {
      Label done = emitter_.label();
      source();
      as_.cmp(kScratch, Imm(static_cast<int64_t>(Term::nil().raw)));
      as_.je(done);
      unless_cell(kScratch, fail());
      as_.bind(done);
      return true;
    }
    case Op::op_is_nonempty_list:
      source();
      unless_cell(kScratch, fail());
      return true;
    case Op::op_is_tuple: case Op::op_is_float:
      source();
      unless_boxed(kScratch, fail());
      unless_kind(kScratch, op == Op::op_is_tuple ? BoxedKind::Tuple : BoxedKind::Float, fail());
      return true;
    case Op::op_is_map: {
      Label done = emitter_.label();
      source();
      unless_boxed(kScratch, fail());
      if_kind(kScratch, BoxedKind::FlatMap, done);
      unless_kind(kScratch, BoxedKind::HashMap, fail());
      as_.bind(done);
      return true;
    }
    case Op::op_is_binary: case Op::op_is_bitstring: {
      Label slow = emitter_.label(), done = emitter_.label();
      source();
      unless_boxed(kScratch, fail());
      if_kind(kScratch, BoxedKind::BinaryRef, done);
      unless_kind(kScratch, BoxedKind::HeapBinary, slow);
      as_.bind(done);
      slow_way(slow);
      return true;
    }
    case Op::op_is_function: {
      Label done = emitter_.label();
      source();
      unless_boxed(kScratch, fail());
      if_kind(kScratch, BoxedKind::Fun, done);
      unless_kind(kScratch, BoxedKind::Export, fail());
      as_.bind(done);
      return true;
    }
    case Op::op_is_pid: {
      Label slow = emitter_.label();
      source();
      as_.and_(kScratch.r32(), Imm(0xF));
      as_.cmp(kScratch.r32(), Imm(static_cast<int64_t>(Term::local_pid(0).raw)));
      as_.jne(slow);
      slow_way(slow);
      return true;
    }
    case Op::op_is_boolean: {
      Label done = emitter_.label();
      source();
      compare(kScratch, atoms::true_.raw);
      as_.je(done);
      compare(kScratch, atoms::false_.raw);
      as_.jne(fail());
      as_.bind(done);
      return true;
    }
    case Op::op_test_arity: case Op::op_test_arity_proven: {
      const auto& i = in<ir::TestArity>();
      load(kScratch, i.source);
      if (op == Op::op_test_arity) unless_boxed(kScratch, target(i.fail));
      compare(box_word(kScratch, 0), i.header);
      as_.jne(target(i.fail));
      return true;
    }
    case Op::op_is_tagged_tuple: {
      const auto& i = in<ir::TestTagged>();
      load(kScratch, i.source);
      unless_boxed(kScratch, target(i.fail));
      compare(box_word(kScratch, 0), i.header);
      as_.jne(target(i.fail));
      compare(box_word(kScratch, 1), i.tag);
      as_.jne(target(i.fail));
      return true;
    }
    case Op::op_is_immediate: case Op::op_is_not_immediate: {
      const auto& i = in<ir::Compare>();
      compare(mem(i.first), i.second);
      if (op == Op::op_is_immediate) as_.jne(target(i.fail));
      else as_.je(target(i.fail));
      return true;
    }
    case Op::op_is_equal_exact: case Op::op_is_not_equal_exact: {
      // The same word is the same term; an immediate equals no other word. What is left is compared by the handler.
      const auto& i = in<ir::Compare>();
      const bool wants_equal = op == Op::op_is_equal_exact;
      Label slow = emitter_.label(), done = emitter_.label();
      Label& different = wants_equal ? target(i.fail) : done;
      Label& same = wants_equal ? done : target(i.fail);
      load(kScratch, i.first);
      load(kScratch2, i.second);
      as_.cmp(kScratch, kScratch2);
      as_.je(same);
      if_immediate(kScratch, different);
      if_immediate(kScratch2, different);
      as_.jmp(slow);
      as_.bind(done);
      slow_way(slow);
      return true;
    }
    case Op::op_is_less: case Op::op_is_greater_or_equal: {
      const auto& i = in<ir::Compare>();
      Label slow = emitter_.label();
      load(kScratch, i.first);
      const bool is_constant = ir::is_constant(i.second);
      if (is_constant && Term{i.second}.is_small()) {
        unless_small(kScratch, slow);
        compare(kScratch, i.second);
      } else {
        load(kScratch2, i.second);
        unless_both_small(kScratch, kScratch2, slow);
        as_.cmp(kScratch, kScratch2);
      }
      if (op == Op::op_is_less) as_.jge(target(i.fail));
      else as_.jl(target(i.fail));
      slow_way(slow);
      return true;
    }
    default: return false;
  }
}

void Translator::unless_cell(asmjit::x86::Gp value, Label otherwise) {
  as_.mov(kScratch3.r32(), value.r32());
  as_.and_(kScratch3.r32(), Imm(3));
  as_.cmp(kScratch3.r32(), Imm(1));
  as_.jne(otherwise);
}
void Translator::if_immediate(asmjit::x86::Gp value, Label then) {
  as_.mov(kScratch3.r32(), value.r32());
  as_.and_(kScratch3.r32(), Imm(3));
  as_.cmp(kScratch3.r32(), Imm(3));
  as_.je(then);
}

// --- selections ---

// Rows that ascend by their values' words: halves, then one after the other.
void Translator::select_between(const Word* rows, size_t low, size_t high, Label otherwise) {
  constexpr size_t kFew = 4;
  if (high - low <= kFew) {
    for (size_t i = low; i < high; ++i) {
      compare(kScratch, rows[2 * i]);
      as_.je(target(static_cast<int64_t>(rows[2 * i + 1])));
    }
    as_.jmp(otherwise);
    return;
  }
  const size_t middle = (low + high) / 2;
  Label above = emitter_.label();
  compare(kScratch, rows[2 * middle]);
  as_.jae(above);
  select_between(rows, low, middle, otherwise);
  as_.bind(above);
  select_between(rows, middle, high, otherwise);
}

bool Translator::selections(Op op) {
  switch (op) {
    case Op::op_select_linear: case Op::op_select_arity: {
      const auto& i = in<ir::SelectLinear>();
      const Word* rows = tail<ir::SelectLinear>();
      load(kScratch, i.source);
      if (op == Op::op_select_arity) {
        unless_boxed(kScratch, target(i.fail));
        as_.mov(kScratch, box_word(kScratch, 0));
      }
      for (size_t r = 0; r < i.count; ++r) {
        compare(kScratch, rows[2 * r]);
        as_.je(target(static_cast<int64_t>(rows[2 * r + 1])));
      }
      as_.jmp(target(i.fail));
      return true;
    }
    case Op::op_select_binary: {
      const auto& i = in<ir::SelectLinear>();
      load(kScratch, i.source);
      select_between(tail<ir::SelectLinear>(), 0, i.count, target(i.fail));
      return true;
    }
    case Op::op_select_table: {
      const auto& i = in<ir::SelectTable>();
      const Word* targets = tail<ir::SelectTable>();
      load(kScratch, i.source);
      unless_small(kScratch, target(i.fail));
      as_.sar(kScratch, Imm(4));
      if (i.first != 0) {
        load_constant(kScratch3, static_cast<Word>(i.first));
        as_.sub(kScratch, kScratch3);
      }
      as_.cmp(kScratch, Imm(static_cast<int64_t>(i.count)));
      as_.jae(target(i.fail));
      size_t table = 0;
      for (size_t t = 0; t < i.count; ++t) {
        const size_t index = emitter_.put_address(target(static_cast<int64_t>(targets[t])));
        if (t == 0) table = index;
      }
      as_.lea(kScratch2, emitter_.data(table));
      as_.jmp(qword_ptr(kScratch2, kScratch, 3));
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::jit
