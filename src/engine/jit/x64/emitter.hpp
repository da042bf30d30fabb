// SPDX-License-Identifier: Apache-2.0
// Writes the machine code of one function for x86-64.
//
// Between instructions of the IR the machine state is where a Handler's parameters are (engine/frame.hpp), so what is not worth emitting
// is *run*: its IR image lies in the function's data with the address of the native continuation behind it, and native code jumps to
// its handler. The handler ends, as always, by jumping to the word that follows, which here leads back into native code.
//
//   a place:          | site | machine address |             to return, resume or fail to; `site` is what stands before it in the lowered form
//   image of a run:   | site | handler | operands … | continuation |       jumps of the image lead to places
//   place of a call:  | CallSite* | continuation |           the second word's address is the return address
//   entry:            | CallSite* | machine address |             of what follows
//
// A call reads its callee's entry. Where that was native code when the call was translated, and still is the same, the call goes on there by a jump that the
// processor knows beforehand: it need not wait for the two words, nor remember where it went last time.
//
// Most code runs seldom, and what it costs is the lines of memory it comes by. So words that are read on the way stand among the code, where
// they are read: the entry's before its body, a call's behind the jump and before what it returns to, an image of a run that always happens
// likewise. What only slow ways read is data behind the code, in the same block, so all go at once. Nobody writes to any of it later.
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
  // Where calls enter.
  void entry_here();

  // --- data behind the code; indexes count words ---
  size_t put(const Word* words, size_t count);
  size_t put_address(Label target);                // of machine code
  size_t put_place(Word site, Label target);       // gives the index of the address
  Word& word(size_t index) { return data_[index]; }
  asmjit::x86::Mem data(size_t index) const;
  // Goes to the handler whose word is there.
  void go(size_t index);
  // To the handler of an image that stands here, and has no jumps; what is emitted next is what it goes on at.
  void run_here(Word site, const Word* image, size_t count);

  // Behind it comes what ends in a jump, and then `return_here`, with the place that was given.
  Label push_return();
  void return_here(Label place, const CallSite* site);
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
  void jump_to_entry(const std::atomic<code::CodeAddress>& entry, size_t slow, bool is_own);
  // Words that stand among the code; `label` leads to the one behind the first. What is emitted next begins at an address which is the last of them.
  void words_here(Label label, const Word* words, size_t count);

  asmjit::CodeHolder code_;
  asmjit::x86::Assembler as_;
  std::unique_ptr<NativeCode> native_;
  code::CodeAddress interpreted_;
  Label entry_, body_, data_label_;
  std::vector<Word> data_;
  std::vector<std::pair<size_t, Label>> addresses_;   // words of data_ that will hold them
  std::vector<SlowPath> slow_paths_;
};

}  // namespace athanor::engine::jit
