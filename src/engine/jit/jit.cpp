// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/jit.hpp"

#include <mutex>

#include "engine/engine.hpp"
#include "engine/ir/handler_index.hpp"
#include "engine/ir/instructions.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "engine/jit/native_code.hpp"
#include "engine/jit/perf_map.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

namespace {
// Translating is done within the slice that asks for it.
constexpr size_t kMaxWords = 20'000;
constexpr uint32_t kDuePart = 4;       // three quarters of the calls before translation have been counted: due with its caller
constexpr uint32_t kDeepest = 8;       // callees of callees
constexpr uint32_t kMostAtOnce = 24;   // functions that come before the one that was asked for

// Where what the instruction calls is entered; null: it calls nothing that is known beforehand.
const std::atomic<code::CodeAddress>* called(const Word* words, ir::Row row) {
  switch (row) {
    case ir::Row::Call: return &ir::at<ir::Call>(words).callee->entry;
    case ir::Row::CallTail: return &ir::at<ir::CallTail>(words).callee->entry;
    case ir::Row::MoveCall: return &ir::at<ir::MoveCall>(words).callee->entry;
    case ir::Row::MoveTwoCall: return &ir::at<ir::MoveTwoCall>(words).callee->entry;
    case ir::Row::CallExternal: return &ir::at<ir::CallExternal>(words).callee->entry;
    case ir::Row::CallExternalTail: return &ir::at<ir::CallExternalTail>(words).callee->entry;
    default: return nullptr;
  }
}
}  // namespace

Jit::Jit(uint32_t calls_before, bool perf_map)
    : memory_(std::make_unique<CodeMemory>(perf_map)), perf_map_(perf_map ? std::make_unique<PerfMap>() : nullptr), calls_before_(calls_before) {}
Jit::~Jit() = default;

code::Function* Jit::take_if_due(const Word* entry) const {
  if (ir::op_of(*entry) != ir::Op::op_count_call) return nullptr;
  std::atomic_ref<uint32_t> left(const_cast<uint32_t&>(ir::at<ir::CountCall>(entry).left));
  if (left.load(std::memory_order_relaxed) > calls_before_ / kDuePart || left.exchange(0, std::memory_order_relaxed) == 0) return nullptr;
  return const_cast<code::Function*>(call_site(entry)->function);
}

void Jit::compile(process::Runtime& runtime, code::Function& function) {
  uint32_t budget = kMostAtOnce;
  compile(runtime, function, kDeepest, budget);
}

void Jit::compile(process::Runtime& runtime, code::Function& function, uint32_t depth, uint32_t& budget) {
  code::Lowered& lowered = *function.lowered.load(std::memory_order_acquire);
  if (lowered.word_count > kMaxWords) return;
  ir::Layout layout;
  {
    std::lock_guard lock(function.code->lowering_mutex);
    if (lowered.native || !ir::Lowering(runtime, function, &layout).lays_out_as(lowered)) return;
  }
  for (auto i = layout.begin(); depth > 0 && budget > 0 && i != layout.end(); ++i) {
    const std::atomic<code::CodeAddress>* entry = called(lowered.words.get() + i->first, i->second);
    code::Function* callee = entry ? take_if_due(entry->load(std::memory_order_acquire)) : nullptr;
    if (!callee) continue;
    --budget;
    compile(runtime, *callee, depth - 1, budget);
  }
  std::unique_ptr<NativeCode> native = Translator(*memory_, function, layout).translate();
  if (native && perf_map_) perf_map_->add(*native);
  if (native && publish(std::move(native))) functions_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace athanor::engine::jit

namespace athanor::engine {

std::shared_ptr<jit::Jit> make_jit(uint32_t calls_before, bool perf_map) { return std::make_shared<jit::Jit>(calls_before, perf_map); }

}  // namespace athanor::engine
