// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/native_code.hpp"

#include <mutex>

#include "code/breakpoint.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "engine/jit/code_memory.hpp"

namespace athanor::engine::jit {

NativeCode::~NativeCode() {
  if (machine_code) memory.release(machine_code);
}

bool publish(std::unique_ptr<NativeCode> native) {
  code::Function& function = native->function;
  code::Lowered* lowered = function.lowered.load(std::memory_order_acquire);
  ATH_ASSERT(lowered != nullptr);
  std::lock_guard lock(function.code->lowering_mutex);
  ATH_ASSERT(lowered->entry != nullptr);
  if (lowered->native) return false;
  code::CodeAddress entry = native->entry;
  lowered->native = std::move(native);   // before anybody can reach it
  code::replace_entry(function, lowered->entry, entry);
  if (code::Breakpoint* point = function.breakpoint.load(std::memory_order_acquire)) {
    code::CodeAddress expected = lowered->entry;   // where it goes on, and what takes its place when it is cleared
    point->real.compare_exchange_strong(expected, entry, std::memory_order_acq_rel);
  }
  return function.entry.load(std::memory_order_acquire) == entry;
}

void withdraw(code::Function& function) {
  code::Lowered* lowered = function.lowered.load(std::memory_order_acquire);
  if (!lowered) return;
  std::lock_guard lock(function.code->lowering_mutex);
  if (lowered->native) code::replace_entry(function, lowered->native->entry, lowered->entry);
}

}  // namespace athanor::engine::jit
