// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/x64/emitter.hpp"

#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowered.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::qword_ptr;

namespace {
// Of native code alone an entry is the address of what stands behind it. So one that is still the same leads there even where other code has
// taken the place meanwhile.
bool is_native(code::CodeAddress entry) { return *entry == reinterpret_cast<Word>(entry + 1); }
}  // namespace

Emitter::Emitter(CodeMemory& memory, code::Function& function)
    : native_(std::make_unique<NativeCode>(memory, function)), interpreted_(function.lowered.load(std::memory_order_acquire)->entry) {
  ATH_ASSERT(interpreted_ != nullptr);
  code_.init(memory.runtime_.environment());
  code_.attach(&as_);
  // UBSan's check of indirect calls reads the words before a target.
  for (int i = 0; i < 16; ++i) as_.int3();
  entry_ = label();
  body_ = label();
  data_label_ = label();
}

void Emitter::words_here(Label label, const Word* words, size_t count) {
  as_.align(asmjit::AlignMode::kZero, sizeof(Word));
  as_.embed(words, sizeof(Word));
  as_.bind(label);
  if (count > 1) as_.embed(words + 1, (count - 1) * sizeof(Word));
  Label behind = this->label();
  as_.embedLabel(behind, sizeof(Word));
  as_.bind(behind);
}

void Emitter::entry_here() {
  const Word site = reinterpret_cast<Word>(call_site(interpreted_));
  words_here(entry_, &site, 1);
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

void Emitter::run_here(Word site, const Word* image, size_t count) {
  Label handler = label();
  as_.lea(kIp, qword_ptr(handler));
  as_.jmp(qword_ptr(kIp));
  std::vector<Word> words{site};
  words.insert(words.end(), image, image + count);
  words_here(handler, words.data(), words.size());
}

// --- calls ---

Label Emitter::push_return() {
  Label place = label();
  as_.sub(kStackTop, Imm(sizeof(Term)));
  as_.lea(kScratch, qword_ptr(place));
  as_.mov(qword_ptr(kStackTop), kScratch);
  return place;
}

void Emitter::return_here(Label place, const CallSite* site) {
  const Word word = reinterpret_cast<Word>(site);
  words_here(place, &word, 1);
}

void Emitter::jump_to_entry(const std::atomic<code::CodeAddress>& entry, size_t slow, bool is_own) {
  Label used_up = label();
  as_.sub(kReductions, Imm(1));
  as_.jle(used_up);
  as_.mov(kScratch, Imm(reinterpret_cast<uint64_t>(&entry)));
  as_.mov(kIp, qword_ptr(kScratch));
  const code::CodeAddress now = entry.load(std::memory_order_acquire);   // this thread is in an epoch: it stays
  if (is_own || is_native(now)) {
    Label otherwise = label();
    if (is_own) as_.lea(kScratch, qword_ptr(entry_));
    else as_.mov(kScratch, Imm(reinterpret_cast<uint64_t>(now)));
    as_.cmp(kIp, kScratch);
    as_.jne(otherwise);
    if (is_own) as_.jmp(body_);
    else as_.jmp(Imm(reinterpret_cast<uint64_t>(now + 1)));
    as_.bind(otherwise);
  }
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
  jump_to_entry(callee.entry, slow, &callee == &native_->function);
#endif
}
void Emitter::enter(const code::Export& callee, uint32_t arity) {
  ir::CallExternalTail image{op_call_external_only, &callee, arity, 0};
  size_t slow = put(reinterpret_cast<const Word*>(&image), ir::kWords<ir::CallExternalTail>);
#if ATH_JIT_CALLS_BY_HANDLER
  go(slow);
#else
  jump_to_entry(callee.entry, slow, false);
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
  as_.align(asmjit::AlignMode::kZero, sizeof(Word));
  as_.bind(data_label_);
  size_t done = 0;
  for (const auto& [index, target] : addresses_) {   // ascending
    as_.embed(data_.data() + done, (index - done) * sizeof(Word));
    as_.embedLabel(target, sizeof(Word));
    done = index + 1;
  }
  as_.embed(data_.data() + done, (data_.size() - done) * sizeof(Word));
  native_->machine_code = native_->memory.add(code_);
  if (!native_->machine_code) return nullptr;
  native_->bytes = code_.codeSize();
  native_->entry = reinterpret_cast<const Word*>(static_cast<const char*>(native_->machine_code) + code_.labelOffsetFromBase(entry_));
  return std::move(native_);
}

}  // namespace athanor::engine::jit
