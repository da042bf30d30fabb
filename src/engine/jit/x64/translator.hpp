// SPDX-License-Identifier: Apache-2.0
// Machine code from the lowered form of a function, instruction by instruction. What has no emission of its own here is run by its handler
// (Emitter), and so is the slow way of what has one: an answer of native code is always what the interpreter would have given.
#pragma once

#include <bitset>
#include <optional>
#include <vector>

#include "engine/ir/handler_index.hpp"
#include "engine/ir/listing.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "engine/jit/x64/emitter.hpp"

namespace athanor::engine::jit {

using ir::Op;

class Translator {
 public:
  // `layout` is that of the function's lowered form.
  Translator(CodeMemory& memory, code::Function& function, const ir::Layout& layout);
  // Null: no memory.
  std::unique_ptr<NativeCode> translate();

 private:
  // --- each emits those of its subject and says whether the instruction was one of them ---
  bool control(Op op);       // translate_calls.cpp
  bool calls(Op op);
  bool data(Op op);          // translate_data.cpp
  bool tests(Op op);         // translate_tests.cpp
  bool selections(Op op);
  bool arithmetic(Op op);    // translate_arithmetic.cpp
  bool floats(Op op);        // translate_floats.cpp
  bool bits(Op op);          // translate_bits.cpp
  bool building(Op op);      // translate_build.cpp
  bool maps(Op op);          // translate_maps.cpp

  // --- the instruction at hand ---
  template <class Instruction>
  const Instruction& in() const { return ir::at<Instruction>(words_ + at_); }
  template <class Instruction>
  const Word* tail() const { return words_ + at_ + ir::kWords<Instruction>; }
  // Where a jump of it leads.
  Label& target(int64_t offset) { return labels_[static_cast<size_t>(static_cast<int64_t>(at_) + offset)]; }
  Label& next() { return labels_[end_]; }
  // Its image in the data, which goes on at the next instruction; failures and other jumps lead to where they should.
  size_t image() { return image(next()); }
  size_t image(Label back);
  void run();
  // From `from` its handler takes over.
  void slow_way(Label from) { emitter_.out_of_line(from, image()); }
  // Of the instruction's jumps: a byte of its fields, or a word of its list.
  struct JumpField {
    size_t where;
    bool is_wide;
  };
  template <class Visit>
  void jumps(Visit visit) const;
  int64_t offset_of(JumpField field) const;   // 0: it does not jump
  void go_to(ir::Layout::const_iterator instruction);
  size_t place_of(size_t at);
  Word before(size_t at) const;

  // --- operands ---
  asmjit::x86::Mem mem(ir::Register place) const { return ir::is_y(place) ? y_mem(ir::register_index(place)) : x_mem(ir::register_index(place)); }
  void load(asmjit::x86::Gp to, ir::Source source);
  void load_constant(asmjit::x86::Gp to, Word value);
  void store(ir::Register to, asmjit::x86::Gp from);
  void store_constant(const asmjit::x86::Mem& to, Word value);   // by way of kScratch where it is wide
  void move(ir::Register to, ir::Source from);                   // by way of kScratch
  // Flags of (value - constant); kScratch3 may change.
  void compare(asmjit::x86::Gp value, Word constant);
  void compare(const asmjit::x86::Mem& value, Word constant);
  // Jumps unless all are small integers; changes kScratch3.
  void unless_small(asmjit::x86::Gp value, Label otherwise);
  void unless_both_small(asmjit::x86::Gp a, asmjit::x86::Gp b, Label otherwise);
  // Jumps unless it is a box; changes kScratch3.
  void unless_boxed(asmjit::x86::Gp value, Label otherwise);
  void compare_kind(asmjit::x86::Gp box, BoxedKind kind);
  void unless_kind(asmjit::x86::Gp box, BoxedKind kind, Label otherwise);
  void if_kind(asmjit::x86::Gp box, BoxedKind kind, Label then);
  void unless_cell(asmjit::x86::Gp value, Label otherwise);
  void if_immediate(asmjit::x86::Gp value, Label then);
  static asmjit::x86::Mem box_word(asmjit::x86::Gp box, size_t index) { return asmjit::x86::qword_ptr(box, static_cast<int32_t>(index * sizeof(Word)) - 2); }

  template <class Fill>
  void allocate(uint32_t slots, uint32_t words, Fill fill);
  void leave_frame(uint32_t slots);
  template <class Callee>
  void call(const Callee& callee, uint32_t arity, const CallSite* site);
  template <class Callee>
  void tail_call(const Callee& callee, uint32_t arity, uint32_t slots);
  void put_word(size_t index, ir::Source source);   // of what is built at heap top
  void unless_room(size_t words, Label otherwise);
  void select_between(const Word* rows, size_t low, size_t high, Label otherwise);   // of kScratch
  void load_small_operands(Label slow);
  void add_or_subtract(bool is_sum);
  void multiply();
  void divide(bool wants_quotient);
  void bitwise(Op op);
  bool shift(bool left);
  void make_fun();
  void call_fun(bool is_last);
  static bool keeps_floats(Op op);                    // neither it nor its slow way runs a handler that comes back unseen
  asmjit::x86::Xmm float_in(uint32_t index, asmjit::x86::Xmm otherwise);   // the register that holds it
  void float_out(uint32_t index, asmjit::x86::Xmm from);
  void slow_way_of_floats(Label from, uint32_t changed);
  void emit_restores();
  struct BitField {
    uint64_t bits;
    uint32_t flags;
    ir::Register destination;
  };
  void load_context(ir::Register place, Label slow);   // into kScratch
  bool read_fields(ir::Register context, const std::vector<BitField>& fields);
  struct BuildField {
    ir::Source source;
    uint64_t constant;        // its bits, in the order in which they will stand
    uint32_t bits;
    bool is_constant, is_little, is_ascii;
  };
  struct BuildGroup {
    size_t first, end;        // fields
    uint32_t bits;
  };
  static bool read_build_fields(const Word* row, size_t count, std::vector<BuildField>& fields);
  static bool group_build_fields(const std::vector<BuildField>& fields, uint32_t most, std::vector<BuildGroup>& groups);
  void unless_fields(const std::vector<BuildField>& fields, Label slow);
  void put_together(const std::vector<BuildField>& fields, const BuildGroup& group, asmjit::x86::Gp other);
  bool build_new(const std::vector<BuildField>& fields, const std::vector<BuildGroup>& groups, size_t bytes);
  void load_appendable(ir::Source source, Label slow);
  void put_sub_binary();
  void store_appended(ir::Source source, bool in_place);
  bool append_bytes(ir::Source source, bool in_place, const std::vector<BuildField>& fields, const std::vector<BuildGroup>& groups, size_t bytes);
  bool append_bits(ir::Source source, bool in_place, const std::vector<BuildField>& fields, uint32_t bits);
  void read_map(size_t words);
  bool size_of();
  void start_match();
  bool load_bits(ir::Source size, uint32_t unit, Label slow);
  bool skip();
  void put_part(Label slow);
  void store_box(ir::Register to, size_t words);
  bool match_string(ir::Register context, uint64_t bits, const uint8_t* bytes, ir::JumpOffset fail);

  Emitter emitter_;
  asmjit::x86::Assembler& as_;
  const ir::Layout& layout_;
  const Word* words_;
  size_t count_, entry_;
  std::vector<Label> labels_;                       // by word; of the last: the end
  std::vector<std::optional<size_t>> places_;       // by word: its place in the data
  std::vector<bool> is_target_;                     // by word: jumps lead there
  std::bitset<14> held_floats_;                     // float registers that are in xmm registers, too
  struct Restore {
    Label from, to;
    std::bitset<14> held;
  };
  std::vector<Restore> restores_;
  size_t at_ = 0, end_ = 0;
  ir::Row row_ = ir::Row::Jump;
};

}  // namespace athanor::engine::jit
