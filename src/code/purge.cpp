// SPDX-License-Identifier: Apache-2.0
// The end of generations: deleting, purging.
#include "code/code_server.hpp"
#include "code/nif_library.hpp"
#include "code/tables.hpp"
#include "process/literals.hpp"
#include "process/relations.hpp"
#include "process/runtime.hpp"

namespace athanor::code {
namespace {

// Entries of funs that lead to this generation (a newer one may have the same fun).
template <class Visit>
void each_fun(ModuleCode& code, Visit visit) {
  for (FunEntry* entry : code.lambdas) {
    Function* function = entry->function.load(std::memory_order_acquire);
    if (function && function->code == &code) visit(*entry, *function);
  }
}

ModuleCode* old_code(const CodeServer& server, Term name, Module*& module) {
  module = server.find_module(name);
  return module ? module->old.load(std::memory_order_acquire) : nullptr;
}

}  // namespace

bool CodeServer::remove_current(Term name) {
  std::lock_guard lock(tables_->mutex);
  Module* module = find_module(name);
  ModuleCode* code = module ? module->current.load(std::memory_order_acquire) : nullptr;
  if (!code) return false;
  unlink_exports(*this, *code);
  clear_breakpoints(*code);
  module->old.store(code, std::memory_order_release);
  module->current.store(nullptr, std::memory_order_release);
  return true;
}

bool CodeServer::has_old(Term name) const {
  Module* module;
  return old_code(*this, name, module) != nullptr;
}

// Readers may still be inside: the code goes when every thread has passed a quiescent point. Its literals go later, when no process
// refers to them any more.
void CodeServer::retire(ModuleCode* code) {
  process::retire_literals(runtime_, std::move(code->literal_area));
  runtime_.epochs->retire(code, [](void* object) {
    auto* gone = static_cast<ModuleCode*>(object);
    auto* library = static_cast<NifLibrary*>(gone->nif_library);
    delete gone;
    if (library) library->release();
  });
}

bool CodeServer::begin_purge(Term name, bool failed_on_load) {
  std::lock_guard lock(tables_->mutex);
  Module* module;
  ModuleCode* code = old_code(*this, name, module);
  if (failed_on_load) {
    auto found = tables_->awaiting_on_load.find(name.raw);
    if (!module || found == tables_->awaiting_on_load.end() || !found->second->has_on_load_failed) return false;
    tables_->old_before_purge = code;
    code = found->second;
    tables_->awaiting_on_load.erase(found);
    module->old.store(code, std::memory_order_release);
  }
  if (!code) return false;
  tables_->purging = name;
  each_fun(*code, [](FunEntry& entry, Function&) { entry.entry.store(entry.unloaded_entry, std::memory_order_release); });
  return true;
}

bool CodeServer::is_purging(Term name) const {
  std::lock_guard lock(tables_->mutex);
  return name.is_none() ? !tables_->purging.is_none() : tables_->purging == name;
}

void CodeServer::abort_purge() {
  std::lock_guard lock(tables_->mutex);
  Module* module;
  if (tables_->purging.is_none()) return;
  if (ModuleCode* code = old_code(*this, tables_->purging, module)) {
    each_fun(*code, [](FunEntry& entry, Function& function) {
      entry.entry.store(function.entry.load(std::memory_order_acquire), std::memory_order_release);
    });
  }
  let_go_on();
}

bool CodeServer::purge(Term name) {
  std::unique_lock lock(tables_->mutex);
  Module* module;
  ModuleCode* code = old_code(*this, name, module);
  ModuleCode* put_aside = nullptr;
  const bool was_begun = tables_->purging == name;
  if (was_begun) put_aside = std::exchange(tables_->old_before_purge, nullptr);
  if (!code) {
    if (was_begun) let_go_on();
    return false;
  }
  each_fun(*code, [](FunEntry& entry, Function&) {
    entry.function.store(nullptr, std::memory_order_release);
    entry.entry.store(entry.unloaded_entry, std::memory_order_release);
  });
  module->old.store(put_aside, std::memory_order_release);
  if (was_begun) let_go_on();
  if (auto* library = static_cast<NifLibrary*>(code->nif_library)) {
    lock.unlock();
    library->purged();
    lock.lock();
  }
  retire(code);
  return true;
}

UnloadedFun CodeServer::call_unloaded_fun(const FunEntry& entry, process::Process& caller) {
  std::lock_guard lock(tables_->mutex);
  if (entry.entry.load(std::memory_order_acquire) != entry.unloaded_entry) return UnloadedFun::Callable;
  if (entry.function.load(std::memory_order_acquire) && tables_->purging == entry.module) {
    process::suspend_self(caller);
    tables_->held_up.push_back(caller.pid());
    return UnloadedFun::Purging;
  }
  Module* module = find_module(entry.module);
  return module && module->current.load(std::memory_order_acquire) ? UnloadedFun::Gone : UnloadedFun::NotLoaded;
}

// Under the tables' mutex: the purge is over.
void CodeServer::let_go_on() {
  tables_->purging = Term::none();
  for (Term pid : tables_->held_up) process::resume_held(runtime_, pid);
  tables_->held_up.clear();
}

}  // namespace athanor::code
