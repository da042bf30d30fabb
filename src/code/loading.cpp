// SPDX-License-Identifier: Apache-2.0
// Preparing a module beside what runs, and making it visible.
#include "code/code_server.hpp"
#include "code/tables.hpp"
#include "process/runtime.hpp"
#include "process/tracing.hpp"
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
    const Export* known = server.find_export(code.module, row.name, row.arity);
    if (known && known->native && !known->native->is_nif) {
      function.native = known->native;
      function.entry.store(known->native_entry, std::memory_order_release);
    } else {
      function.entry.store(stubs.lowering_entry(function), std::memory_order_release);
    }
  }
}

// What the code names: exports of its own, imports, funs. Empty: good.
std::string link(CodeServer& server, ModuleCode& code) {
  const beam::BeamFile& file = *code.file;
  for (const beam::ExportRow& row : file.exports) {
    Function* function = code.label_to_function[row.label];
    if (function->mfa.function != row.function) return "an export has another name than its function";
    function->exported = server.export_of(code.module, row.function, row.arity);
  }
  code.imports.reserve(file.imports.size());
  for (const beam::ImportRow& row : file.imports) code.imports.push_back(server.export_of(row.module, row.function, row.arity));
  // Instructions that call built-ins by themselves need one that this machine has.
  for (size_t i = 0; i < file.guard_imports.size(); ++i) {
    const process::NativeRow* native = code.imports[i]->native;
    if (file.guard_imports[i] && (!native || native->kind == process::BifKind::DirtyCpu || native->kind == process::BifKind::DirtyIo)) {
      const beam::ImportRow& row = file.imports[i];
      return "an instruction calls " + std::string(atom_text(row.module)) + ":" + std::string(atom_text(row.function)) + "/" + std::to_string(row.arity) + ", which is no built-in";
    }
  }
  code.lambdas.reserve(file.lambdas.size());
  for (const beam::LambdaRow& row : file.lambdas) {
    FunEntry* entry = server.fun_of(code.module, row.index, row.old_uniq, file.md5, row.arity - row.num_free, row.num_free);
    code.label_to_function[row.label]->lambda = entry;
    code.lambdas.push_back(entry);
  }
  return {};
}

bool decode_literals(ModuleCode& code, process::Runtime& runtime) {
  code.literal_area = std::make_unique<heap::LiteralArea>(*runtime.literals);
  code.literals.reserve(code.file->literals.size());
  for (const beam::LiteralBytes& bytes : code.file->literals) {
    external::Decoded decoded = external::decode(*code.literal_area, bytes.bytes, bytes.count, {});
    if (decoded.term.is_none()) return false;
    code.literals.push_back(decoded.term);
  }
  code.file->literals = {};
  code.file->literal_storage = {};
  return true;
}

// Attributes and the like stay bytes until they are asked for; that they are a term is seen to now.
bool is_external_term(std::string_view bytes) {
  if (bytes.empty()) return true;
  heap::FragmentAllocator heap(64);
  return !external::decode(heap, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {}).term.is_none();
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
  if (!is_external_term(code->file->attributes)) return Error{"the attributes are malformed"};
  if (!is_external_term(code->file->compile_info)) return Error{"the information about the compilation is malformed"};
  make_functions(*this, *code, stubs_);
  if (std::string problem = link(*this, *code); !problem.empty()) return Error{problem};
  if (code->file->on_load_label != 0) {
    code->on_load = code->label_to_function[code->file->on_load_label];
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

// Under the tables' mutex: funs of this generation lead to it. A generation with the same MD5 shares the entries with the one before.
void link_funs(ModuleCode& code) {
  for (size_t i = 0; i < code.lambdas.size(); ++i) {
    Function* function = code.label_to_function[code.file->lambdas[i].label];
    code.lambdas[i]->function.store(function, std::memory_order_release);
    code.lambdas[i]->entry.store(function->entry.load(std::memory_order_acquire), std::memory_order_release);
  }
}

// Under the tables' mutex: exports that still lead to this generation become undefined; built-ins stay.
void unlink_exports(CodeServer& server, ModuleCode& code) {
  for (const beam::ExportRow& row : code.file->exports) {
    Export* exported = server.export_of(code.module, row.function, row.arity);
    Function* function = exported->function.load(std::memory_order_acquire);
    if (!function || function->code != &code) continue;
    exported->function.store(nullptr, std::memory_order_release);
    const bool is_native = exported->native && !exported->native->is_nif;
    exported->entry.store(is_native ? exported->native_entry : exported->undefined_entry, std::memory_order_release);
  }
}

namespace {

// Under the tables' mutex. The current generation becomes the old one; no export is undefined in between.
void make_current(CodeServer& server, CodeServer::Tables& tables, process::Runtime& runtime, ModuleCode* code) {
  Module& module = module_of(tables, code->module, runtime);
  ModuleCode* before = module.current.load(std::memory_order_relaxed);
  link_funs(*code);
  for (const beam::ExportRow& row : code->file->exports) {
    Function* function = code->label_to_function[row.label];
    function->exported->function.store(function, std::memory_order_release);
    function->exported->entry.store(function->entry.load(std::memory_order_acquire), std::memory_order_release);
  }
  if (before) {
    unlink_exports(server, *before);
    server.clear_breakpoints(*before);
    module.old.store(before, std::memory_order_release);
  }
  module.current.store(code, std::memory_order_release);
}

// Without the tables' lock, which the tracer takes in its turn.
void tell_tracer(process::Runtime& runtime, std::span<ModuleCode* const> made_current) {
  for (ModuleCode* code : made_current) {
    if (runtime.tracing) runtime.tracing->loaded(*code);
  }
}

}  // namespace

CodeServer::Finish CodeServer::finish(std::span<Prepared* const> prepared, std::vector<Term>& failed) {
  std::vector<ModuleCode*> made_current;
  std::unique_lock lock(tables_->mutex);
  for (size_t i = 0; i < prepared.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (prepared[i] == prepared[j] || prepared[i]->code->module == prepared[j]->code->module) {
        failed.push_back(prepared[i]->code->module);
        break;
      }
    }
  }
  if (!failed.empty()) return Finish::Duplicated;
  for (Prepared* p : prepared) {
    Module* module = find_module(p->code->module);
    if (module && module->current.load() && module->old.load()) failed.push_back(module->name);
  }
  if (!failed.empty()) return Finish::NotPurged;
  Finish result = Finish::Ok;
  for (Prepared* p : prepared) {
    ModuleCode* code = p->code.release();
    if (!code->on_load) {
      make_current(*this, *tables_, runtime_, code);
      made_current.push_back(code);
      continue;
    }
    module_of(*tables_, code->module, runtime_);
    ModuleCode*& slot = tables_->awaiting_on_load[code->module.raw];
    // Its on_load may still run somewhere: it is kept, as the literals of purged code are.
    if (slot) tables_->abandoned.emplace_back(slot);
    slot = code;
    link_funs(*code);
    failed.push_back(code->module);
    result = Finish::OnLoad;
  }
  lock.unlock();
  tell_tracer(runtime_, made_current);
  return result;
}

ModuleCode* CodeServer::awaiting_on_load(Term module) const {
  std::lock_guard lock(tables_->mutex);
  auto found = tables_->awaiting_on_load.find(module.raw);
  return found == tables_->awaiting_on_load.end() || found->second->has_on_load_failed ? nullptr : found->second;
}

bool CodeServer::finish_after_on_load(Term module, bool success) {
  std::unique_lock lock(tables_->mutex);
  auto found = tables_->awaiting_on_load.find(module.raw);
  if (found == tables_->awaiting_on_load.end() || found->second->has_on_load_failed) return false;
  if (!success) {
    found->second->has_on_load_failed = true;
    return true;
  }
  ModuleCode* code = found->second;
  tables_->awaiting_on_load.erase(found);
  make_current(*this, *tables_, runtime_, code);
  lock.unlock();
  tell_tracer(runtime_, {&code, 1});
  return true;
}

void CodeServer::activate_nifs(ModuleCode& code) {
  std::lock_guard lock(tables_->mutex);
  for (size_t i = 0; i < code.function_count; ++i) {
    Function& function = code.functions[i];
    const Export* known = find_export(function.mfa.module, function.mfa.function, function.mfa.arity);
    if (!known || !known->native || !known->native->is_nif) continue;
    function.native = known->native;
    function.entry.store(known->native_entry, std::memory_order_release);
    if (function.exported && function.exported->function.load(std::memory_order_acquire) == &function) {
      function.exported->entry.store(known->native_entry, std::memory_order_release);
    }
    // `fun deflate_nif/4` of the module itself goes to the function without an export.
    if (function.lambda && function.lambda->function.load(std::memory_order_acquire) == &function) {
      function.lambda->entry.store(known->native_entry, std::memory_order_release);
    }
  }
}

}  // namespace athanor::code
