// SPDX-License-Identifier: Apache-2.0
// Writes the machine code of one function for x86-64.
//
// Between instructions of the IR the machine state is where a Handler's parameters are (engine/frame.hpp), so what is not worth emitting
// is *run*: its IR image lies in the function's data with the address of the native continuation behind it, and native code jumps to
// its handler. The handler ends, as always, by jumping to the word that follows, which here leads back into native code.
//
//   data of a run:    | handler | operands … | continuation | failure |     (JumpOffset of a failure: the image's words + 1)
//   data of a call:   | CallSite* | continuation |                           the second word's address is the return address
//
// Data follows the code in the same block, so both go at once.
#pragma once

#include <asmjit/x86.h>

#include <memory>
#include <type_traits>
#include <vector>

#include "engine/ir/instructions.hpp"
#include "engine/jit/code_memory.hpp"
#include "engine/jit/native_code.hpp"

namespace athanor::engine::jit {

using asmjit::Label;

// Where a handler finds its parameters. Everything else but the C convention's preserved registers is free inside a function.
inline constexpr asmjit::x86::Gp kIp = asmjit::x86::rdi, kX = asmjit::x86::rsi, kHeapTop = asmjit::x86::rdx, kStackTop = asmjit::x86::rcx,
                                 kReductions = asmjit::x86::r8, kVm = asmjit::x86::r9, kScratch = asmjit::x86::rax, kScratch2 = asmjit::x86::r10;
inline asmjit::x86::Mem x_mem(uint32_t index) { return asmjit::x86::qword_ptr(kX, static_cast<int32_t>(index * sizeof(Term))); }
inline asmjit::x86::Mem y_mem(uint32_t index) { return asmjit::x86::qword_ptr(kStackTop, static_cast<int32_t>(index * sizeof(Term))); }

class Emitter {
 public:
  // The function must have been lowered: native code goes on there where it gives up.
  Emitter(CodeMemory& memory, code::Function& function);

  asmjit::x86::Assembler& as() { return as_; }
  Label label() { return as_.newLabel(); }

  // Runs an instruction by its handler and goes on behind this point; `failed`: where its failure leads (the image's `fail` is set).
  template <class Instruction>
  void run(Instruction image) { run(image, Label()); }
  template <class Instruction>
  void run(Instruction image, Label failed);
  // A catch whose handler is `handler_at` of the same function, entered in native code.
  void run_catch(ir::Register y, Label handler_at);
  const CallSite* site(uint32_t line_item);

  void allocate(uint32_t slots, uint32_t live, uint32_t words = 0);   // y registers as nil
  // Arguments in x[0..arity); goes on behind this point with the value in x0. One reduction, as everywhere.
  void call(const code::Function& callee, uint32_t arity, uint32_t line_item);
  void return_(uint32_t slots);
  // This call is the interpreter's: nothing has been done for it yet.
  void leave_to_interpreter();

  // Null: no memory.
  std::unique_ptr<NativeCode> finish();

 private:
  struct Item {
    Label at;                      // of the first word
    std::vector<Word> words;
    std::vector<Label> addresses;  // the words behind them
    Label code_address;            // bound to the first of those; not valid: nobody needs it
  };
  // Behind the function's code: `from` goes on at the word.
  struct SlowPath {
    Label from, word;
    bool gives_reduction_back = false;
  };
  void jump_to_word(Label word);
  void add_run(Label at, const void* image, size_t words, std::vector<Label> addresses);

  asmjit::CodeHolder code_;
  asmjit::x86::Assembler as_;
  std::unique_ptr<NativeCode> native_;
  code::CodeAddress interpreted_;
  Label body_;
  std::vector<Item> items_;
  std::vector<SlowPath> slow_paths_;
};

template <class Instruction>
void Emitter::run(Instruction image, Label failed) {
  static_assert(std::is_trivially_copyable_v<Instruction>);
  Label at = label(), next = label();
  if constexpr (requires { image.fail; }) {
    if (failed.isValid()) image.fail = static_cast<ir::JumpOffset>(ir::kWords<Instruction> + 1);
  }
  jump_to_word(at);
  add_run(at, &image, ir::kWords<Instruction>, failed.isValid() ? std::vector<Label>{next, failed} : std::vector<Label>{next});
  as_.bind(next);
}

}  // namespace athanor::engine::jit
