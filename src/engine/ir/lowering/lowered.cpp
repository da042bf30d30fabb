// SPDX-License-Identifier: Apache-2.0
#include "engine/ir/lowering/lowered.hpp"

#include "code/breakpoint.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "engine/jit/native_code.hpp"

namespace athanor::code {

Lowered::Lowered(engine::CallSite site, Function& function, engine::Handler handler) : cell_site(site), cell{&cell_site, handler, &function} {}
Lowered::~Lowered() = default;

}  // namespace athanor::code

namespace athanor::engine {

// The cell lives in the function's Lowered, so that it goes with the module.
code::CodeAddress lowering_entry(code::Function& function) {
  if (code::Lowered* lowered = function.lowered.load(std::memory_order_acquire)) return address_of(lowered->cell);
  auto* made = new code::Lowered(CallSite{&function, 0}, function, op_lower);
  code::Lowered* expected = nullptr;
  if (!function.lowered.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
    delete made;
    return address_of(expected->cell);
  }
  function.code->release_lowered = [](code::ModuleCode& code) {
    for (size_t i = 0; i < code.function_count; ++i) delete code.functions[i].lowered.exchange(nullptr);
  };
  return address_of(made->cell);
}

namespace ir {

namespace {

void swing(std::atomic<code::CodeAddress>& entry, code::CodeAddress from, code::CodeAddress to) {
  entry.compare_exchange_strong(from, to, std::memory_order_acq_rel, std::memory_order_relaxed);
}

}  // namespace

const Word* lower(process::Runtime& runtime, code::Function& function) {
  code::Lowered& lowered = *function.lowered.load(std::memory_order_acquire);
  code::CodeAddress cell = address_of(lowered.cell);
  code::ModuleCode& code = *function.code;
  std::lock_guard lock(code.lowering_mutex);   // also guards the literal area, where large constants go
  if (!lowered.words) {
    const Word* entry = Lowering(runtime, function).run(lowered);
    if (!entry) return nullptr;
    lowered.entry = entry;
    swing(function.entry, cell, entry);
    if (code::Breakpoint* point = function.breakpoint.load(std::memory_order_acquire)) swing(point->real, cell, entry);
    for (code::FunEntry* fun : code.lambdas) {
      if (fun->function.load(std::memory_order_acquire) == &function) swing(fun->entry, cell, entry);
    }
  }
  // Also later: an export may have been linked to the cell while the function was already lowered.
  const Word* entry = lowered.native ? lowered.native->entry : lowered.entry;
  if (function.exported) swing(function.exported->entry, cell, entry);
  return entry;
}

}  // namespace ir
}  // namespace athanor::engine
