// SPDX-License-Identifier: Apache-2.0
// The end of generations: deleting, purging.
#include "code/code_server.hpp"
#include "code/tables.hpp"
#include "process/runtime.hpp"

namespace athanor::code {

bool CodeServer::remove_current(Term name) {
  std::lock_guard lock(tables_->mutex);
  Module* module = find_module(name);
  ModuleCode* code = module ? module->current.load(std::memory_order_acquire) : nullptr;
  if (!code) return false;
  for (const beam::ExportRow& row : code->file->exports) {
    Export* exported = export_of(name, row.function, row.arity);
    if (exported->native && !exported->native->is_nif) continue;
    exported->function.store(nullptr, std::memory_order_release);
    exported->entry.store(stubs_.undefined_entry(*exported), std::memory_order_release);
  }
  module->old.store(code, std::memory_order_release);
  module->current.store(nullptr, std::memory_order_release);
  return true;
}

bool CodeServer::has_old(Term name) const {
  Module* module = find_module(name);
  return module && module->old.load(std::memory_order_acquire);
}

// Readers may still be inside: the code goes when every thread has passed a quiescent point. Literals stay (see Tables).
void CodeServer::retire(ModuleCode* code) {
  if (code->literal_area) tables_->old_literals.push_back(std::move(code->literal_area));
  runtime_.epochs->retire(code, [](void* object) {
    auto* old = static_cast<ModuleCode*>(object);
    if (old->release_lowered) old->release_lowered(*old);
    delete old;
  });
}

bool CodeServer::purge(Term name) {
  std::lock_guard lock(tables_->mutex);
  Module* module = find_module(name);
  ModuleCode* code = module ? module->old.load(std::memory_order_acquire) : nullptr;
  if (!code) return false;
  for (FunEntry* entry : code->lambdas) {
    Function* function = entry->function.load(std::memory_order_acquire);
    if (!function || function->code != code) continue;   // a newer generation has the same fun
    entry->function.store(nullptr, std::memory_order_release);
    entry->entry.store(stubs_.unloaded_fun_entry(*entry), std::memory_order_release);
  }
  module->old.store(nullptr, std::memory_order_release);
  retire(code);
  return true;
}

}  // namespace athanor::code
