// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/code_memory.hpp"

namespace athanor::engine::jit {

namespace {
asmjit::JitAllocator::CreateParams* mapped_twice(asmjit::JitAllocator::CreateParams&& parameters) {
  parameters.options = asmjit::JitAllocatorOptions::kUseDualMapping;
  return &parameters;
}
}  // namespace

CodeMemory::CodeMemory(bool for_perf) : runtime_(for_perf ? nullptr : mapped_twice({})) {}

const void* CodeMemory::add(asmjit::CodeHolder& code) {
  const void* place = nullptr;
  if (runtime_.add(&place, &code) != asmjit::kErrorOk) return nullptr;
  blocks_.fetch_add(1, std::memory_order_relaxed);
  return place;
}

void CodeMemory::release(const void* code) {
  runtime_.release(const_cast<void*>(code));
  blocks_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace athanor::engine::jit
