// SPDX-License-Identifier: Apache-2.0
// The linear check of a module's code: all that needs no types. Compilers lay code out so that every label is reached from
// above before anything jumps back to it; so one pass knows at each place which registers hold terms. What it lets through
// cannot make lowering or engine leave their tables, read a register that holds no term, or show the collector one.
#pragma once

#include <vector>

#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"
#include "beam/verifier_state.hpp"

namespace athanor::beam {

// kWords: of its register sets. One does for nearly all code; what needs more is begun anew with sets for all registers.
template <size_t kWords>
class Verifier {
 public:
  explicit Verifier(BeamFile& file) : file_(file), labels_(file.label_count), entries_(file.label_count) {}
  // Null: the code is good. Fills the file's functions.
  const char* run();
  uint32_t at() const { return at_; }      // where it stopped
  bool is_too_narrow() const { return is_too_narrow_; }

 private:
  using State = CodeState<kWords>;
  using Set = RegisterSet<kWords>;
  using Problem = const char*;             // null: none
  struct Label {
    State state;                           // as ways from above bring it; once placed: what holds there
    uint32_t function = 0;                 // number of the function it belongs to, from 1
    bool is_placed = false, is_mentioned = false;
  };
  struct Call { uint32_t label, arity; };
  // What an instruction's operands ask for, gathered in one walk; applied in the order the engine works: read, collect, branch, write.
  struct Gathered {
    const Operand* destinations[3];
    uint32_t destination_count = 0;
    uint32_t label = 0;                    // 0: none
    int64_t live = -1;
    uint32_t slots = 0;
    const Operand* import = nullptr;
    const Operand* lambda = nullptr;
    const Operand* list = nullptr;
  };

  // --- operands: verifier_operands.hpp ---
  Problem gather(const Instruction& i, const OpcodeInfo& info, Gathered& g);
  Problem read(const Operand& o);
  Problem write(const Operand& o);
  Problem read_list(const Instruction& i, const Operand& list);
  Problem collect(int64_t live);           // a collection may happen; x registers from `live` on are gone
  Problem apply(const Gathered& g);        // collect, branch, write
  Problem narrow();
  Problem strings(int64_t offset, int64_t bits);
  Problem segments(const Instruction& i, const Operand& list);   // of bs_create_bin
  Problem map_elements(const Instruction& i, const Operand& list);
  Problem select(const Instruction& i, const Operand& list, bool arities);

  // --- control: verifier_flow.hpp ---
  Problem flow(const Instruction& i, const Gathered& g);
  Problem label(uint32_t label, uint32_t offset);
  Problem begin_function(const Instruction& i);
  Problem end_function();
  Problem mention(uint32_t label);
  Problem branch(uint32_t label);
  Problem allocate(const Gathered& g);
  Problem trim(uint32_t slots, int64_t left);
  Problem open_catch(const Operand& y, uint32_t handler);
  Problem close_catch(const Operand& y, uint32_t registers_after);
  Problem call(int64_t arity, bool needs_frame);
  Problem call_import(const Instruction& i, const Gathered& g);
  Problem leave(int64_t arity, int32_t frame);
  Problem native(const Gathered& g, uint32_t arity);
  Problem references();
  Problem stop() { now_.is_reachable = false; return nullptr; }
  void forget_x_above();                   // labels directly above take no x register for granted
  bool never_returns(const Operand& import) const;
  void exposes_message();

  BeamFile& file_;
  State now_;
  std::vector<Label> labels_;
  std::vector<uint32_t> entries_;          // by label: number of the function that starts there, from 1
  CatchChains chains_;
  std::vector<uint32_t> recent_;           // labels directly above
  std::vector<uint32_t> awaited_;          // labels this function mentions that have not come yet
  std::vector<Call> calls_;
  uint32_t recent_offset_ = 0;             // of the first of them
  uint32_t at_ = 0;
  bool expects_entry_ = false, is_ended_ = false, is_too_narrow_ = false;
};

constexpr uint32_t kRegisters = 1024;      // x, y and float registers each
constexpr size_t kWideWords = kRegisters / 64;

}  // namespace athanor::beam
