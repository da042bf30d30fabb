// SPDX-License-Identifier: Apache-2.0
// Preparing a module beside what runs, and making it visible.
#include <algorithm>
#include <cstring>

#include "code/code_server.hpp"
#include "code/tables.hpp"
#include "process/runtime.hpp"
#include "term/external/external.hpp"

namespace athanor::code {
namespace {

using base::Error;
using base::Result;

// Functions and their first entries: natives replace bodies, the rest is lowered when first called.
void make_functions(CodeServer& server, ModuleCode& code, const EngineStubs& stubs) {
  const beam::BeamFile& file = *code.file;
  code.function_count = file.functions.size();
  code.functions = std::make_unique<Function[]>(code.function_count);
  code.label_to_function.assign(file.label_count, nullptr);
  for (size_t i = 0; i < code.function_count; ++i) {
    Function& function = code.functions[i];
    const beam::FunctionRow& row = file.functions[i];
    function.code = &code;
    function.mfa = Mfa{code.module, row.name, row.arity};
    function.row = static_cast<uint32_t>(i);
    code.label_to_function[row.entry_label] = &function;
    const process::NativeRow* native = server.native(code.module, row.name, row.arity);
    if (native && !native->is_nif) {
      function.native = native;
      function.entry.store(stubs.native_entry(*native, function.mfa), std::memory_order_release);
    } else {
      function.entry.store(stubs.lowering_entry(function), std::memory_order_release);
    }
  }
}

bool decode_literals(ModuleCode& code, process::Runtime& runtime) {
  code.literal_area = std::make_unique<heap::LiteralArea>(*runtime.literals);
  code.literals.reserve(code.file->literals.size());
  for (const beam::LiteralBytes& bytes : code.file->literals) {
    external::Decoded decoded = external::decode(*code.literal_area, bytes.bytes, bytes.count, {});
    if (decoded.term.is_none()) return false;
    code.literals.push_back(decoded.term);
  }
  return true;
}

}  // namespace

Result<Prepared*> CodeServer::prepare(Term expected_module, const uint8_t* bytes, size_t count) {
  auto file = beam::read(bytes, count);
  if (!file) return file.error();
  if (!expected_module.is_none() && (*file)->module != expected_module) {
    return Error{"the file holds module " + std::string(atom_text((*file)->module)) + ", not " + std::string(atom_text(expected_module))};
  }
  if (auto verified = beam::verify(**file); !verified) return verified.error();
  auto code = std::make_unique<ModuleCode>();
  code->module = (*file)->module;
  code->file = std::move(*file);
  if (!decode_literals(*code, runtime_)) return Error{"a literal is malformed"};
  make_functions(*this, *code, stubs_);
  for (const beam::ImportRow& row : code->file->imports) code->imports.push_back(export_of(row.module, row.function, row.arity));
  for (const beam::LambdaRow& row : code->file->lambdas) {
    FunEntry* entry = fun_of(code->module, row.index, row.old_uniq, code->file->md5, row.arity - row.num_free, row.num_free);
    entry->function_name = row.function;
    code->lambdas.push_back(entry);
  }
  if (code->file->on_load_label != 0) {
    code->on_load = code->label_to_function[code->file->on_load_label];
    code->on_load_done = false;
    code->on_load_call = std::make_unique<Export>();
    code->on_load_call->mfa = code->on_load->mfa;
    code->on_load_call->entry.store(code->on_load->entry.load());
  }
  {
    std::lock_guard lock(tables_->mutex);
    code->generation = tables_->next_generation++;
  }
  auto* prepared = new Prepared;
  prepared->code = std::move(code);
  return prepared;
}

bool CodeServer::has_on_load(const Prepared& prepared) const { return prepared.code && prepared.code->on_load; }

namespace {

Module& module_of(CodeServer::Tables& tables, Term name, process::Runtime& runtime) {
  Module* module = tables.modules.find(mix(name.raw), [&](const Module& m) { return m.name == name; });
  if (!module) {
    module = new Module;
    module->name = name;
    tables.modules.insert(mix(name.raw), module, runtime.epochs);
    tables.in_order.push_back(module);
  }
  return *module;
}

}  // namespace

// Under the tables' mutex. The current generation becomes the old one.
void make_current(CodeServer& server, CodeServer::Tables& tables, process::Runtime& runtime, ModuleCode* code) {
  Module& module = module_of(tables, code->module, runtime);
  ModuleCode* before = module.current.load(std::memory_order_relaxed);
  for (size_t i = 0; i < code->lambdas.size(); ++i) {
    Function* function = code->label_to_function[code->file->lambdas[i].label];
    code->lambdas[i]->function.store(function, std::memory_order_release);
    code->lambdas[i]->entry.store(function->entry.load(std::memory_order_acquire), std::memory_order_release);
  }
  if (before) {
    module.old.store(before, std::memory_order_release);
    for (const beam::ExportRow& row : before->file->exports) {
      Export* exported = server.export_of(code->module, row.function, row.arity);
      if (exported->native && !exported->native->is_nif) continue;
      exported->function.store(nullptr, std::memory_order_release);
      exported->entry.store(server.stubs().undefined_entry(*exported), std::memory_order_release);
    }
  }
  for (const beam::ExportRow& row : code->file->exports) {
    Export* exported = server.export_of(code->module, row.function, row.arity);
    Function* function = code->label_to_function[row.label];
    function->exported = exported;
    exported->function.store(function, std::memory_order_release);
    exported->entry.store(function->entry.load(std::memory_order_acquire), std::memory_order_release);
  }
  module.current.store(code, std::memory_order_release);
}

CodeServer::Finish CodeServer::finish(std::span<Prepared* const> prepared, std::vector<Term>& failed) {
  std::lock_guard lock(tables_->mutex);
  for (Prepared* p : prepared) {
    if (!p->code) {
      failed.push_back(Term::none());
      continue;
    }
    Module* module = find_module(p->code->module);
    if (module && module->current.load() && module->old.load()) failed.push_back(module->name);
  }
  if (!failed.empty()) return Finish::NotPurged;
  Finish result = Finish::Ok;
  for (Prepared* p : prepared) {
    ModuleCode* code = p->code.release();
    if (code->on_load) {
      ModuleCode*& slot = tables_->awaiting_on_load[code->module.raw];
      if (slot) delete slot;
      slot = code;
      failed.push_back(code->module);
      result = Finish::OnLoad;
    } else {
      make_current(*this, *tables_, runtime_, code);
    }
  }
  return result;
}

Function* CodeServer::on_load_function(Term module) const {
  std::lock_guard lock(tables_->mutex);
  auto found = tables_->awaiting_on_load.find(module.raw);
  return found == tables_->awaiting_on_load.end() ? nullptr : found->second->on_load;
}

ModuleCode* CodeServer::awaiting_on_load(Term module) const {
  std::lock_guard lock(tables_->mutex);
  auto found = tables_->awaiting_on_load.find(module.raw);
  return found == tables_->awaiting_on_load.end() ? nullptr : found->second;
}

bool CodeServer::finish_after_on_load(Term module, bool success) {
  std::lock_guard lock(tables_->mutex);
  auto found = tables_->awaiting_on_load.find(module.raw);
  if (found == tables_->awaiting_on_load.end()) return false;
  ModuleCode* code = found->second;
  tables_->awaiting_on_load.erase(found);
  if (success) {
    code->on_load_done = true;
    make_current(*this, *tables_, runtime_, code);
  } else {
    retire(code);
  }
  return true;
}

void CodeServer::activate_nifs(ModuleCode& code) {
  for (size_t i = 0; i < code.function_count; ++i) {
    Function& function = code.functions[i];
    const process::NativeRow* row = native(function.mfa.module, function.mfa.function, function.mfa.arity);
    if (!row || !row->is_nif) continue;
    function.native = row;
    CodeAddress entry = stubs_.native_entry(*row, function.mfa);
    function.entry.store(entry, std::memory_order_release);
    if (Export* exported = function.exported) exported->entry.store(entry, std::memory_order_release);
  }
}

}  // namespace athanor::code
