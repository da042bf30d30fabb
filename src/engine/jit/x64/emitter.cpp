// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/x64/emitter.hpp"

#include <cstring>

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
  as_.bind(body_);
}

const CallSite* Emitter::site(uint32_t line_item) {
  return &native_->sites.emplace_back(CallSite{&native_->function, line_item});
}

void Emitter::jump_to_word(Label word) {
  as_.lea(kIp, qword_ptr(word));
  as_.jmp(qword_ptr(kIp));
}

void Emitter::add_run(Label at, const void* image, size_t words, std::vector<Label> addresses) {
  Item item{at, std::vector<Word>(words), std::move(addresses), Label()};
  std::memcpy(item.words.data(), image, words * sizeof(Word));
  items_.push_back(std::move(item));
}

void Emitter::run_catch(ir::Register y, Label handler_at) {
  // Unwinding enters the word behind the continuation's.
  ir::Catch image{op_catch, y, static_cast<ir::JumpOffset>(ir::kWords<ir::Catch> + 1)};
  Label at = label(), next = label();
  jump_to_word(at);
  add_run(at, &image, ir::kWords<ir::Catch>, {next, handler_at});
  as_.bind(next);
}

void Emitter::allocate(uint32_t slots, uint32_t live, uint32_t words) {
#ifdef ATH_STRESS
  run(ir::Allocate{op_allocate, slots, live, words, 0});   // it collects
#else
  Label slow = label(), done = label();
  as_.lea(kScratch, qword_ptr(kHeapTop, static_cast<int32_t>((slots + words + Allocator::kReserveWords) * sizeof(Term))));
  as_.cmp(kScratch, kStackTop);
  as_.ja(slow);
  if (slots) as_.sub(kStackTop, Imm(slots * sizeof(Term)));
  for (uint32_t i = 0; i < slots; ++i) as_.mov(y_mem(i), Imm(Term::nil().raw));
  as_.bind(done);
  ir::Allocate image{op_allocate, slots, live, words, 0};
  Label at = label();
  add_run(at, &image, ir::kWords<ir::Allocate>, {done});
  slow_paths_.push_back({slow, at});
#endif
}

void Emitter::call(const code::Function& callee, uint32_t arity, uint32_t line_item) {
  Label back = label(), address = label(), slow = label(), at = label(), site_word = label();
  items_.push_back(Item{site_word, {reinterpret_cast<Word>(site(line_item))}, {back}, address});
  // The slice is used up: op_call_only counts the reduction again and saves the state.
  ir::CallTail image{op_call_only, &callee, arity, 0};
  add_run(at, &image, ir::kWords<ir::CallTail>, {});
  as_.sub(kStackTop, Imm(sizeof(Term)));
  as_.lea(kScratch, qword_ptr(address));
  as_.mov(qword_ptr(kStackTop), kScratch);
  as_.sub(kReductions, Imm(1));
  as_.jle(slow);
  as_.mov(kScratch, Imm(reinterpret_cast<uint64_t>(&callee.entry)));
  as_.mov(kIp, qword_ptr(kScratch));
  as_.jmp(qword_ptr(kIp));
  as_.bind(back);
  slow_paths_.push_back({slow, at, true});
}

void Emitter::return_(uint32_t slots) {
  as_.mov(kIp, y_mem(slots));
  as_.add(kStackTop, Imm((slots + 1) * sizeof(Term)));
  as_.jmp(qword_ptr(kIp));
}

void Emitter::leave_to_interpreter() {
  as_.mov(kIp, Imm(reinterpret_cast<uint64_t>(interpreted_)));
  as_.jmp(qword_ptr(kIp));
}

std::unique_ptr<NativeCode> Emitter::finish() {
  for (const SlowPath& path : slow_paths_) {
    as_.bind(path.from);
    if (path.gives_reduction_back) as_.add(kReductions, Imm(1));
    jump_to_word(path.word);
  }
  // Data on lines of their own: a processor that fetches code does not also read it as data.
  as_.align(asmjit::AlignMode::kZero, 64);
  Label entry_site = label(), entry = label();
  items_.push_back(Item{entry_site, {reinterpret_cast<Word>(site(call_site(interpreted_)->line_item))}, {body_}, entry});
  for (const Item& item : items_) {
    as_.bind(item.at);
    as_.embed(item.words.data(), item.words.size() * sizeof(Word));
    if (item.code_address.isValid()) as_.bind(item.code_address);
    for (const Label& address : item.addresses) as_.embedLabel(address, sizeof(Word));
  }
  native_->machine_code = native_->memory.add(code_);
  if (!native_->machine_code) return nullptr;
  native_->entry = reinterpret_cast<const Word*>(static_cast<const char*>(native_->machine_code) + code_.labelOffsetFromBase(entry));
  return std::move(native_);
}

}  // namespace athanor::engine::jit
