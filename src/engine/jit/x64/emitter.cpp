// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/x64/emitter.hpp"

#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowered.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;

Emitter::Emitter(CodeMemory& memory, code::Function& function)
    : native_(std::make_unique<NativeCode>(memory, function)), interpreted_(function.lowered.load(std::memory_order_acquire)->entry) {
  ATH_ASSERT(interpreted_ != nullptr);
  code_.init(memory.runtime_.environment());
  code_.attach(&as_);
  // UBSan's check of indirect calls reads the words before a target.
  for (int i = 0; i < 16; ++i) as_.int3();
  body_ = label();
  data_label_ = label();
  as_.bind(body_);
}

void Emitter::entry_here() {
  body_ = label();
  as_.bind(body_);
}

// --- data ---

size_t Emitter::put(const Word* words, size_t count) {
  size_t index = data_.size();
  data_.insert(data_.end(), words, words + count);
  return index;
}

size_t Emitter::put_address(Label target) {
  addresses_.emplace_back(data_.size(), target);
  data_.push_back(0);
  return data_.size() - 1;
}

size_t Emitter::put_place(Word site, Label target) {
  data_.push_back(site);
  return put_address(target);
}

asmjit::x86::Mem Emitter::data(size_t index) const { return qword_ptr(data_label_, static_cast<int32_t>(index * sizeof(Word))); }

void Emitter::go(size_t index) {
  as_.lea(kIp, data(index));
  as_.jmp(qword_ptr(kIp));
}

// --- calls ---

void Emitter::push_return(const CallSite* site, Label back) {
  as_.sub(kStackTop, Imm(sizeof(Term)));
  as_.lea(kScratch, data(put_place(reinterpret_cast<Word>(site), back)));
  as_.mov(qword_ptr(kStackTop), kScratch);
}

void Emitter::jump_to_entry(const std::atomic<code::CodeAddress>& entry, size_t slow) {
  Label used_up = label();
  as_.sub(kReductions, Imm(1));
  as_.jle(used_up);
  as_.mov(kScratch, Imm(reinterpret_cast<uint64_t>(&entry)));
  as_.mov(kIp, qword_ptr(kScratch));
  as_.jmp(qword_ptr(kIp));
  out_of_line(used_up, slow, true);
}

// Where the slice is used up, op_call_only counts the reduction again and saves the state.
void Emitter::enter(const code::Function& callee, uint32_t arity) {
  ir::CallTail image{op_call_only, &callee, arity, 0};
  size_t slow = put(reinterpret_cast<const Word*>(&image), ir::kWords<ir::CallTail>);
#if ATH_JIT_CALLS_BY_HANDLER
  go(slow);
#else
  jump_to_entry(callee.entry, slow);
#endif
}
void Emitter::enter(const code::Export& callee, uint32_t arity) {
  ir::CallExternalTail image{op_call_external_only, &callee, arity, 0};
  size_t slow = put(reinterpret_cast<const Word*>(&image), ir::kWords<ir::CallExternalTail>);
#if ATH_JIT_CALLS_BY_HANDLER
  go(slow);
#else
  jump_to_entry(callee.entry, slow);
#endif
}

void Emitter::return_(uint32_t slots) {
  as_.mov(kIp, y_mem(slots));
  as_.add(kStackTop, Imm((slots + 1) * sizeof(Term)));
  as_.jmp(qword_ptr(kIp));
}

std::unique_ptr<NativeCode> Emitter::finish() {
  for (const SlowPath& path : slow_paths_) {
    as_.bind(path.from);
    if (path.gives_reduction_back) as_.add(kReductions, Imm(1));
    go(path.index);
  }
  const size_t entry = put_place(reinterpret_cast<Word>(call_site(interpreted_)), body_);
  // Data on lines of their own: a processor that fetches code does not also read it as data.
  as_.align(asmjit::AlignMode::kZero, 64);
  as_.bind(data_label_);
  size_t done = 0;
  for (const auto& [index, target] : addresses_) {   // ascending
    as_.embed(data_.data() + done, (index - done) * sizeof(Word));
    as_.embedLabel(target, sizeof(Word));
    done = index + 1;
  }
  ATH_ASSERT(done == data_.size());   // the entry came last
  native_->machine_code = native_->memory.add(code_);
  if (!native_->machine_code) return nullptr;
  native_->bytes = code_.codeSize();
  native_->entry = reinterpret_cast<const Word*>(static_cast<const char*>(native_->machine_code) + code_.labelOffsetFromBase(data_label_)) + entry;
  return std::move(native_);
}

}  // namespace athanor::engine::jit
