// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/jit.hpp"

#include <mutex>

#include "engine/engine.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "engine/jit/native_code.hpp"
#include "engine/jit/perf_map.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

namespace {
// Translating is done within the slice that asks for it.
constexpr size_t kMaxWords = 20'000;
}  // namespace

Jit::Jit(uint32_t calls_before, bool perf_map)
    : memory_(std::make_unique<CodeMemory>(perf_map)), perf_map_(perf_map ? std::make_unique<PerfMap>() : nullptr), calls_before_(calls_before) {}
Jit::~Jit() = default;

void Jit::compile(process::Runtime& runtime, code::Function& function) {
  code::Lowered& lowered = *function.lowered.load(std::memory_order_acquire);
  if (lowered.word_count > kMaxWords) return;
  ir::Layout layout;
  {
    std::lock_guard lock(function.code->lowering_mutex);
    if (lowered.native || !ir::Lowering(runtime, function, &layout).lays_out_as(lowered)) return;
  }
  std::unique_ptr<NativeCode> native = Translator(*memory_, function, layout).translate();
  if (native && perf_map_) perf_map_->add(*native);
  if (native && publish(std::move(native))) functions_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace athanor::engine::jit

namespace athanor::engine {

std::shared_ptr<jit::Jit> make_jit(uint32_t calls_before, bool perf_map) { return std::make_shared<jit::Jit>(calls_before, perf_map); }

}  // namespace athanor::engine
