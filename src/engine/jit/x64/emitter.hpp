// SPDX-License-Identifier: Apache-2.0
// Writes the machine code of one function for x86-64.
//
// Between instructions of the IR the machine state is where a Handler's parameters are (engine/frame.hpp), so what is not worth emitting
// is *run*: its IR image lies in the function's data with the address of the native continuation behind it, and native code jumps to
// its handler. The handler ends, as always, by jumping to the word that follows, which here leads back into native code.
//
//   a place:          | site | machine address |             to return, resume or fail to; `site` is what stands before it in the lowered form
//   data of a run:    | site | handler | operands … | continuation |       jumps of the image lead to places
//   data of a call:   | CallSite* | continuation |           the second word's address is the return address
//
// Data follows the code in the same block, so both go at once.
#pragma once

#include <asmjit/x86.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/ir/instructions.hpp"
#include "engine/jit/code_memory.hpp"
#include "engine/jit/native_code.hpp"

// TSan sees the acquiring load of a handler, not that of machine code.
#if __has_feature(thread_sanitizer)
#define ATH_JIT_CALLS_BY_HANDLER 1
#else
#define ATH_JIT_CALLS_BY_HANDLER 0
#endif

namespace athanor::engine::jit {

using asmjit::Label;

// Where a handler finds its parameters. Everything else but the C convention's preserved registers is free inside a function.
inline constexpr asmjit::x86::Gp kIp = asmjit::x86::rdi, kX = asmjit::x86::rsi, kHeapTop = asmjit::x86::rdx, kStackTop = asmjit::x86::rcx,
                                 kReductions = asmjit::x86::r8, kVm = asmjit::x86::r9, kScratch = asmjit::x86::rax, kScratch2 = asmjit::x86::r10,
                                 kScratch3 = asmjit::x86::r11;
inline asmjit::x86::Mem x_mem(uint32_t index) { return asmjit::x86::qword_ptr(kX, static_cast<int32_t>(index * sizeof(Term))); }
inline asmjit::x86::Mem y_mem(uint32_t index) { return asmjit::x86::qword_ptr(kStackTop, static_cast<int32_t>(index * sizeof(Term))); }

class Emitter {
 public:
  // The function must have been lowered.
  Emitter(CodeMemory& memory, code::Function& function);

  asmjit::x86::Assembler& as() { return as_; }
  Label label() { return as_.newLabel(); }
  // Where calls enter; the beginning, if it is not said.
  void entry_here();

  // --- data behind the code; indexes count words ---
  size_t put(const Word* words, size_t count);
  size_t put_address(Label target);                // of machine code
  size_t put_place(Word site, Label target);       // gives the index of the address
  Word& word(size_t index) { return data_[index]; }
  asmjit::x86::Mem data(size_t index) const;
  // Goes to the handler whose word is there.
  void go(size_t index);

  void push_return(const CallSite* site, Label back);
  // Ends here in a call: one reduction, as everywhere. Frame and return address are as they should be.
  void enter(const code::Function& callee, uint32_t arity);
  void enter(const code::Export& callee, uint32_t arity);
  void return_(uint32_t slots);
  // Code that is put behind the rest: from `from` to the handler whose word is at `index`.
  void out_of_line(Label from, size_t index, bool gives_reduction_back = false) { slow_paths_.push_back({from, index, gives_reduction_back}); }

  // Null: no memory.
  std::unique_ptr<NativeCode> finish();

 private:
  struct SlowPath {
    Label from;
    size_t index;
    bool gives_reduction_back;
  };
  void jump_to_entry(const std::atomic<code::CodeAddress>& entry, size_t slow);

  asmjit::CodeHolder code_;
  asmjit::x86::Assembler as_;
  std::unique_ptr<NativeCode> native_;
  code::CodeAddress interpreted_;
  Label body_, data_label_;
  std::vector<Word> data_;
  std::vector<std::pair<size_t, Label>> addresses_;   // words of data_ that will hold them
  std::vector<SlowPath> slow_paths_;
};

}  // namespace athanor::engine::jit
