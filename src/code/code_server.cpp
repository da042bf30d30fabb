// SPDX-License-Identifier: Apache-2.0
// Look-ups and the tables behind them. Loading: loading.cpp; ending generations: purge.cpp.
#include "code/code_server.hpp"

#include <algorithm>
#include <cstring>

#include "code/tables.hpp"
#include "process/runtime.hpp"
#include "term/atom_table.hpp"
#include "term/context.hpp"

namespace athanor::code {

CodeServer::Tables::~Tables() {
  for (Module* module : in_order) {
    delete module->current.load();
    delete module->old.load();
    delete module;
  }
  delete old_before_purge;
  for (auto& [name, code] : awaiting_on_load) delete code;
  exports.each([](Export& e) { delete &e; });
  for (auto& [hash, entry] : funs) delete entry;
}

CodeServer::CodeServer(process::Runtime& runtime, std::span<const process::NativeRow* const> natives, const EngineStubs& stubs)
    : runtime_(runtime), stubs_(stubs), tables_(std::make_unique<Tables>()) {
  int release = runtime.terms.otp_release;
  for (const process::NativeRow* row : natives) {
    if (release < row->first_release || release > row->last_release) continue;
    Mfa mfa{intern(row->module), intern(row->name), row->arity};
    Export* exported = export_of(mfa.module, mfa.function, mfa.arity);
    exported->native = row;
    exported->call.store(row->function, std::memory_order_relaxed);
    exported->native_entry = stubs_.native_entry(*row, mfa);
    if (!row->is_nif) exported->entry.store(exported->native_entry, std::memory_order_release);
  }
}

CodeServer::~CodeServer() = default;

Export* CodeServer::find_export(Term module, Term function, uint32_t arity) const {
  return tables_->exports.find(export_hash(module, function, arity), [&](const Export& e) {
    return e.mfa.module == module && e.mfa.function == function && e.mfa.arity == arity;
  });
}

Export* CodeServer::export_of(Term module, Term function, uint32_t arity) {
  if (Export* found = find_export(module, function, arity)) return found;
  std::lock_guard lock(tables_->mutex);
  if (Export* found = find_export(module, function, arity)) return found;
  auto* made = new Export;
  made->mfa = Mfa{module, function, arity};
  made->undefined_entry = stubs_.undefined_entry(*made);
  made->entry.store(made->undefined_entry, std::memory_order_relaxed);
  tables_->exports.insert(export_hash(module, function, arity), made, runtime_.epochs);
  tables_->exports_of[module.raw].push_back(made);
  return made;
}

Module* CodeServer::find_module(Term name) const {
  return tables_->modules.find(mix(name.raw), [&](const Module& m) { return m.name == name; });
}

FunEntry* CodeServer::fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) {
  uint64_t start;
  std::memcpy(&start, uniq, sizeof start);
  uint64_t hash = mix(module.raw ^ (uint64_t{index} << 40)) ^ start ^ old_uniq;
  std::lock_guard lock(tables_->mutex);
  auto [begin, end] = tables_->funs.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    FunEntry* e = it->second;
    if (e->module == module && e->index == index && e->old_uniq == old_uniq && e->arity == arity && e->num_free == num_free &&
        std::memcmp(e->uniq, uniq, sizeof e->uniq) == 0) {
      return e;
    }
  }
  auto* entry = new FunEntry;
  entry->module = module;
  entry->arity = arity;
  entry->num_free = num_free;
  entry->index = index;
  entry->old_uniq = old_uniq;
  std::memcpy(entry->uniq, uniq, sizeof entry->uniq);
  entry->unloaded_entry = stubs_.unloaded_fun_entry(*entry);
  entry->entry.store(entry->unloaded_entry, std::memory_order_release);
  tables_->funs.emplace(hash, entry);
  return entry;
}

std::vector<Term> CodeServer::loaded() const {
  std::lock_guard lock(tables_->mutex);
  std::vector<Term> names;
  for (auto it = tables_->in_order.rbegin(); it != tables_->in_order.rend(); ++it) {
    if ((*it)->current.load(std::memory_order_acquire) || (*it)->old.load(std::memory_order_acquire)) names.push_back((*it)->name);
  }
  return names;
}

std::vector<Export*> CodeServer::exports_of(Term module) const {
  std::lock_guard lock(tables_->mutex);
  std::vector<Export*> result;
  auto found = tables_->exports_of.find(module.raw);
  if (found == tables_->exports_of.end()) return result;
  for (Export* exported : found->second) {
    if (exported->is_defined()) result.push_back(exported);
  }
  return result;
}

const process::NativeRow* CodeServer::native(Term module, Term function, uint32_t arity) const {
  Export* exported = find_export(module, function, arity);
  return exported ? exported->native : nullptr;
}

std::vector<const Export*> CodeServer::built_ins() const {
  std::vector<const Export*> result;
  tables_->exports.each([&](const Export& e) {
    if (e.native && !e.native->is_nif && !e.native->has_code && std::string_view(e.native->name).substr(0, 4) != "ath_") result.push_back(&e);
  });
  // A hash table's order is not to be seen.
  std::sort(result.begin(), result.end(), [](const Export* a, const Export* b) {
    if (a->mfa.module != b->mfa.module) return atom_text(a->mfa.module) < atom_text(b->mfa.module);
    if (a->mfa.function != b->mfa.function) return atom_text(a->mfa.function) < atom_text(b->mfa.function);
    return a->mfa.arity < b->mfa.arity;
  });
  return result;
}

bool CodeServer::is_preloaded(Term module) const {
  std::lock_guard lock(tables_->mutex);
  return tables_->preloaded.contains(module.raw);
}

std::vector<Term> CodeServer::preloaded_names() const {
  std::lock_guard lock(tables_->mutex);
  return tables_->preloaded_order;
}

void CodeServer::mark_preloaded(Term module) {
  std::lock_guard lock(tables_->mutex);
  if (tables_->preloaded.insert(module.raw).second) tables_->preloaded_order.push_back(module);
}

Function* ModuleCode::find(Term name, uint32_t arity) const {
  for (size_t i = 0; i < function_count; ++i) {
    if (functions[i].mfa.function == name && functions[i].mfa.arity == arity) return &functions[i];
  }
  return nullptr;
}

}  // namespace athanor::code
