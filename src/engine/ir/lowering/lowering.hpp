// SPDX-License-Identifier: Apache-2.0
// Lowering of one function: byte code to IR, one pass. Which types a preceding test has proven is followed along forward jumps; where a
// backward jump brings less than was assumed, the function is lowered again with that label taken as unknown.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "beam/opcodes.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/instructions.hpp"
#include "engine/ir/listing.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "engine/ir/lowering/tail_line.hpp"

namespace athanor::engine::ir {

using beam::Opcode;
using beam::Operand;
using beam::OperandKind;

// What a test has shown of a register.
struct Fact {
  enum class Shape : uint8_t { Cons, Tuple } shape;
  Register place;
  uint32_t arity;   // Tuple: at least this many elements
};
using Facts = std::vector<Fact>;

class Lowering {
 public:
  // `layout`, where given, says afterwards what stands where.
  Lowering(process::Runtime& runtime, code::Function& function, Layout* layout = nullptr);
  // Null: malformed.
  const Word* run(code::Lowered& lowered);
  // Goes through it once more for the layout of what was lowered. False: it would become something else now.
  bool lays_out_as(const code::Lowered& lowered);

 private:
  enum class Pass : uint8_t { Done, Again, Malformed };
  Pass pass();
  bool passes();
  void reset();

  // --- one instruction; each takes those of its subject and says whether the opcode was one of them ---
  bool control(Opcode opcode);       // control.cpp
  bool calls(Opcode opcode);         // calls.cpp
  bool data(Opcode opcode);          // data.cpp
  bool tests(Opcode opcode);         // tests.cpp
  bool built_ins(Opcode opcode);     // built_ins.cpp: guards, arithmetic, floats, maps
  bool bits(Opcode opcode);          // bits.cpp
  bool receive(Opcode opcode);       // control.cpp
  bool exceptions(Opcode opcode);    // control.cpp

  // --- operands ---
  const Operand& operand(size_t index) const { return in_.operands[index]; }
  uint32_t number(size_t index) const { return static_cast<uint32_t>(operand(index).value); }
  uint32_t label(size_t index) const { return operand(index).kind == OperandKind::Label ? number(index) : 0; }
  const Operand* list(size_t index) const { return in_.list.data() + operand(index).value; }
  uint32_t list_count(size_t index) const { return operand(index).count; }
  Source source(const Operand& operand);
  Register reg(const Operand& operand);           // constants are first put into a scratch register
  Register destination(const Operand& operand);   // forgets what was known of it
  uint32_t float_register(const Operand& operand);
  uint32_t heap_words(const Operand& operand) const;
  Term constant(const Operand& operand);
  Term atom(const Operand& operand) const;
  const code::Export* import(size_t index) const { return code_.imports[number(index)]; }
  const uint8_t* string(uint64_t offset, uint64_t bytes);

  // --- emission ---
  const CallSite* site();                         // of the instruction at hand; a number until the end
  const CallSite* own_site();                     // of a call: what tells its return addresses, interpreted and native, from those of other calls
  template <class Instruction>
  size_t emit(const Instruction& instruction);
  void emit_word(Word word) { out_.push_back(word); }
  void emit_label_word(size_t instruction, uint32_t label);
  void emit_bare(Handler handler) {
    if (layout_) (*layout_)[out_.size()] = Row::Return;
    emit_word(reinterpret_cast<Word>(handler));
  }
  void place_label(uint32_t number);
  void jump_to(size_t instruction, size_t byte_offset, bool is_wide, uint32_t label, bool to_loop = false);
  void unreachable() { is_reachable_ = false; }
  void malformed() { is_malformed_ = true; }
  // A mark that may only be used while nothing was placed or emitted since.
  bool is_last(size_t position, size_t words) const { return position != kNowhere && position + words == out_.size() && last_label_ != out_.size(); }
  void drop_last(size_t position) {
    out_.resize(position);
    forget_last();
  }
  void forget_last() { last_deallocate_ = last_element_ = last_call_fun_ = last_move_ = last_move_two_ = last_move_constant_ = last_allocate_ = last_test_ = last_bits_ = kNowhere; }
  // Puts an instruction that begins with the same fields in the place of the last one; its jumps stay.
  template <class Instruction>
  void widen_last(size_t position, const Instruction& instruction);

  // --- facts ---
  void forget(Register place);
  void forget_x();
  void forget_y();
  void know_cons(Register place);
  void know_tuple(Register place, uint32_t arity);
  bool is_cons(Register place) const;
  const Fact* tuple(Register place) const;

  void note_line_behind_call(uint32_t item);

  // Words that the last test_heap made room for and nothing has taken yet. Takes them where they are known to be there.
  bool take_room(size_t words);

  // --- parts used by several subjects ---
  void emit_allocate(uint32_t slots, uint32_t live, uint32_t words);
  void emit_move(Register from, Register into);
  void emit_call(const code::Function* callee, uint32_t arity, bool is_tail, uint32_t slots);
  void emit_return();
  // The last instruction, if it moves something into an x register: it is dropped, for the next one to do.
  struct LastMove { Source from; Register into; };
  std::optional<LastMove> take_last_move();
  void emit_call_bif(const code::Export* callee, uint32_t arity, bool is_tail, uint32_t slots);
  void emit_call_external(const code::Export* callee, uint32_t arity, bool is_tail, uint32_t slots);
  void emit_guard_bif(const code::Export* callee, uint32_t arity, JumpOffset fail, const Operand* sources, const Operand& into, uint32_t live);
  void emit_select(bool is_arity);
  void emit_type_test(Handler (*chooser)(Kind));
  void emit_make_fun(uint32_t lambda, const Operand* sources, uint32_t count, Register into);
  void emit_put_map(bool exact);
  void emit_bits_create();
  void emit_bits_integer(Register context, uint32_t bits, uint32_t flags, Register into, uint32_t live);

  static constexpr size_t kNowhere = ~size_t{0};
  struct Fix { size_t instruction, byte; uint32_t label; bool is_wide, to_loop; };

  process::Runtime& runtime_;
  Layout* layout_;
  code::Function& function_;
  code::ModuleCode& code_;
  const beam::BeamFile& file_;
  beam::Instruction in_;
  std::vector<Word> out_;
  std::vector<Fix> fixes_;
  std::vector<size_t> site_words_;            // positions that hold the number of a site
  struct Line { uint32_t item, behind; bool is_own; };
  std::vector<Line> lines_;                   // a site
  std::unordered_map<uint32_t, size_t> labels_;
  void resumable();
  std::unordered_map<uint32_t, size_t> loops_;    // where a process that waits goes on behind a label
  std::unordered_set<uint32_t> wait_targets_;     // labels that a wait names; compilers put more than loop_rec behind them
  std::unordered_map<uint32_t, Facts> label_facts_;
  std::unordered_set<uint32_t> unknown_labels_;   // of which nothing is assumed
  std::unordered_set<uint32_t> loop_heads_;       // that something jumps back to, receives apart
  bool has_new_loop_head_ = false;
  size_t body_ = 0;                               // behind func_info
  std::vector<uint32_t> recent_labels_;
  Facts facts_;
  uint32_t line_ = 0;
  TailLine tail_line_;
  uint32_t scratch_ = 0;
  size_t last_label_ = kNowhere;
  size_t last_deallocate_ = kNowhere, last_element_ = kNowhere, last_call_fun_ = kNowhere, last_move_ = kNowhere, last_move_two_ = kNowhere,
         last_move_constant_ = kNowhere, last_allocate_ = kNowhere, last_test_ = kNowhere, last_bits_ = kNowhere;
  size_t room_ = 0;
  bool is_reachable_ = true, is_malformed_ = false, is_again_ = false, is_ended_ = false;
};

template <class Instruction>
void Lowering::widen_last(size_t position, const Instruction& instruction) {
  forget_last();
  if (layout_) (*layout_)[position] = kRow<Instruction>;
  out_.resize(position + kWords<Instruction>);
  if constexpr (requires { instruction.fail; }) {
    Instruction with_jump = instruction;   // its offset is filled in at the end
    with_jump.fail = 0;
    std::memcpy(&out_[position], &with_jump, sizeof with_jump);
  } else {
    std::memcpy(&out_[position], &instruction, sizeof instruction);
  }
}

template <class Instruction>
size_t Lowering::emit(const Instruction& instruction) {
  size_t position = out_.size();
  if (layout_) (*layout_)[position] = kRow<Instruction>;
  out_.resize(position + kWords<Instruction>);
  std::memcpy(&out_[position], &instruction, sizeof instruction);
  if constexpr (requires { instruction.site; }) site_words_.push_back(position + offsetof(Instruction, site) / sizeof(Word));
  if constexpr (requires { instruction.fail; }) {
    if (instruction.fail != 0) jump_to(position, offsetof(Instruction, fail), false, static_cast<uint32_t>(instruction.fail));
  }
  return position;
}

}  // namespace athanor::engine::ir
