// SPDX-License-Identifier: Apache-2.0
// erlang:load_nif/2: opening a library, checking what it says of itself, binding its functions to those of the calling module.
#include <dlfcn.h>
#include <fmt/format.h>

#include <cstring>

#include "beam/opcodes.hpp"
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "engine/frame.hpp"
#include "nif/resource.hpp"
#define ATH_FAMILY "nif/nif.def"
#include "bif/declare.inc"

namespace athanor::nif {
namespace {

using process::BifResult;
using process::Process;

// {error, {Reason, Text}}
struct Refusal {
  Term reason;
  std::string text;
  bool is_refused() const { return !reason.is_none(); }
};

BifResult refuse(Process& self, const Refusal& refusal) {
  Allocator& heap = self.heap();
  return bif::make_tuple(heap, atoms::error, bif::make_tuple(heap, refusal.reason, bif::latin1_list(heap, refusal.text)));
}

// The library while it is opened: closed again where something is wrong.
struct Opening {
  process::Runtime& runtime;
  void* handle = nullptr;
  void* claimed = nullptr;
  const ErlNifEntry* entry = nullptr;
  ~Opening() {
    if (claimed) abandon_library(runtime, claimed);
    if (handle) dlclose(handle);
  }
};

Refusal open(Opening& opening, const std::string& path, Term module) {
  const std::string file = path + ".so";
  opening.handle = dlopen(file.c_str(), RTLD_NOW);
  if (!opening.handle) {
    const std::string error = dlerror();
    // OTP: the path is named once.
    return {atoms::load_failed, error.find(path) != std::string::npos ? fmt::format("Failed to load NIF library: '{}'", error)
                                                                      : fmt::format("Failed to load NIF library {}: '{}'", path, error)};
  }
  dlerror();
  void* const init = dlsym(opening.handle, "nif_init");
  if (!init) return {atoms::bad_lib, fmt::format("Failed to find library init function: '{}'", dlerror())};
  // From here on the library's code may run, and ask which machine it is in.
  void* const base = base_of_library(init);
  if (!claim_library(opening.runtime, base)) {
    return {atoms::load_failed, fmt::format("Failed to load NIF library {}: 'it is loaded by another machine of this program'", path)};
  }
  opening.claimed = base;
  opening.entry = reinterpret_cast<ErlNifEntry* (*)()>(init)();
  if (!opening.entry) return {atoms::bad_lib, "Library init-call unsuccessful"};
  const ErlNifEntry& entry = *opening.entry;
  const std::string_view module_text = atom_text(module);
  if (entry.major > ERL_NIF_MAJOR_VERSION || (entry.major == ERL_NIF_MAJOR_VERSION && entry.minor > ERL_NIF_MINOR_VERSION)) {
    return {atoms::bad_lib, fmt::format("That '{}' NIF library needs {} or newer. Either try to recompile the NIF lib or use a newer erts runtime.", module_text, entry.min_erts)};
  }
  // OTP: 2.5 was an experiment with maps.
  if (entry.major < ERL_NIF_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD || (entry.major == 2 && entry.minor == 5)) {
    return {atoms::bad_lib, fmt::format("That old NIF library ({}.{}) is not compatible with this erts runtime ({}.{}). Try recompile the NIF lib.", entry.major, entry.minor,
                                        ERL_NIF_MAJOR_VERSION, ERL_NIF_MINOR_VERSION)};
  }
  if ((entry.major > 2 || entry.minor >= 1) && std::strcmp(entry.vm_variant, ERL_NIF_VM_VARIANT) != 0) {
    return {atoms::bad_lib, fmt::format("Library ({}) not compiled for this vm variant ({}).", entry.vm_variant, ERL_NIF_VM_VARIANT)};
  }
  if (module_text != entry.name) {
    return {atoms::bad_lib, fmt::format("Library module name '{}' does not match calling module '{}'", entry.name, module_text)};
  }
  return {};
}

// A module with a -nifs attribute says which of its functions may be replaced: their code begins with nif_start.
bool is_declared(const code::ModuleCode& code, const code::Function& function) {
  if (!code.file->has_nifs) return true;
  const beam::FunctionRow& row = code.file->functions[function.row];
  beam::Decoder decoder(*code.file, row.code_begin);
  beam::Instruction instruction;
  while (decoder.offset() < row.code_end && decoder.next(instruction)) {
    if (static_cast<beam::Opcode>(instruction.opcode) == beam::Opcode::nif_start) return true;
  }
  return false;
}

Refusal bind(Library& library, const ErlNifEntry& entry, code::ModuleCode& code) {
  const std::string module_text(atom_text(code.module));
  for (int i = 0; i < entry.num_of_funcs; ++i) {
    // Before 2.7 a function had no flags.
    struct OldFunction {
      const char* name;
      unsigned arity;
      NifFunction function;
    };
    ErlNifFunc given{};
    if (entry.major > 2 || entry.minor >= 7) {
      given = entry.funcs[i];
    } else {
      const auto& old = reinterpret_cast<const OldFunction*>(entry.funcs)[i];
      given = {old.name, old.arity, old.function, 0};
    }
    const std::string where = fmt::format("{}:{}/{}", module_text, given.name, given.arity);
    const Term name = atom_table().find(given.name);
    const code::Function* function = name.is_none() ? nullptr : code.find(name, given.arity);
    if (!function) return {atoms::bad_lib, "Function not found " + where};
    if (!is_declared(code, *function)) return {atoms::bad_lib, "Function not declared as nif " + where};
    if (given.flags != 0 && given.flags != ERL_NIF_DIRTY_JOB_IO_BOUND && given.flags != ERL_NIF_DIRTY_JOB_CPU_BOUND) {
      return {atoms::bad_lib, fmt::format("Illegal flags field value {} for NIF {}", static_cast<int>(given.flags), where)};
    }
    for (const NifRow& row : library.rows) {
      if (row.of == function) return {atoms::bad_lib, "Duplicate NIF entry for " + where};
    }
    library.rows.emplace_back().set(library, *function, given.name, given.arity, 0, given.fptr, given.flags);
  }
  return {};
}

// The generation before, whose library is asked to hand over.
Library* library_before(const code::ModuleCode& generation, code::CodeServer& server) {
  code::Module* module = server.find_module(generation.module);
  if (!module) return nullptr;
  code::ModuleCode* current = module->current.load(std::memory_order_acquire);
  code::ModuleCode* before = current && current != &generation ? current : module->old.load(std::memory_order_acquire);
  return before && before != &generation ? static_cast<Library*>(static_cast<code::NifLibrary*>(before->nif_library)) : nullptr;
}

Refusal run_load(Process& self, Library& library, Library* before, Term info) {
  Env env(EnvKind::Process, library.runtime, self.heap(), &library);
  env.process = &self;
  Refusal refusal;
  if (before) {
    void* const kept = before->private_data;
    if (!library.entry.upgrade) return {atoms::upgrade, "Upgrade not supported by this NIF library."};
    if (const int veto = library.entry.upgrade(&env, &library.private_data, &before->private_data, raw_of(info))) {
      before->private_data = kept;
      refusal = {atoms::upgrade, fmt::format("Library upgrade-call unsuccessful ({}).", veto)};
    }
  } else if (library.entry.load) {
    if (const int veto = library.entry.load(&env, &library.private_data, raw_of(info))) {
      refusal = {intern("load"), fmt::format("Library load-call unsuccessful ({}).", veto)};
    }
  }
  release_temporaries(env);
  return refusal;
}

// From now on the functions are called. A function that is being lowered meanwhile has its entry set after that.
void activate(code::ModuleCode& generation, Library& library) {
  std::lock_guard lock(generation.lowering_mutex);
  for (const NifRow& row : library.rows) {
    auto& function = *const_cast<code::Function*>(row.of);
    function.native = &row;
    const code::CodeAddress before = function.entry.load(std::memory_order_acquire);
    code::Breakpoint* point = function.breakpoint.load(std::memory_order_acquire);
    if (point && point->address == before) point->real.store(row.entry(), std::memory_order_release);   // it stays traced
    else code::replace_entry(function, before, row.entry());
  }
  library.is_active.store(true, std::memory_order_release);
}

BifResult load_library(Process& self, code::ModuleCode& generation, const std::string& path, Term info) {
  Host* host = host_of(self.runtime());
  ATH_ASSERT(host != nullptr);
  Opening opening{self.runtime()};
  if (const Refusal refusal = open(opening, path, generation.module); refusal.is_refused()) return refuse(self, refusal);
  auto* library = new Library(*host, opening.handle, *opening.entry, generation);
  opening.handle = opening.claimed = nullptr;   // the library's now
  ResourceTypes& types = *host->types;
  Refusal refusal = bind(*library, library->entry, generation);
  if (!refusal.is_refused()) refusal = run_load(self, *library, library_before(generation, *self.runtime().code), info);
  library->is_loading = false;
  if (refusal.is_refused()) {
    types.roll_back(*library);
    library->release();
    library->release_user();
    return refuse(self, refusal);
  }
  library->is_loaded = true;
  types.commit(*library);
  host->add(*library);
  self.runtime().taints.add(generation.module);
  generation.nif_library = static_cast<code::NifLibrary*>(library);
  activate(generation, *library);
  return atoms::ok;
}

}  // namespace
}  // namespace athanor::nif

namespace athanor::bif::erlang {

using nif::Refusal;

// The library of the calling module. Natives that this machine has in place of a static library of the release need no file.
BifResult load_nif_2(Process& self, const Term* args) {
  std::string path;
  if ((!args[0].is_list() && !athanor::binary::is_binary(args[0])) || !chardata_to_utf8(args[0], path) || path.find('\0') != std::string::npos) {
    return self.badarg();
  }
  const engine::CallSite* site = self.ip_ ? engine::call_site(self.ip_) : nullptr;
  if (!site || !site->function) return self.badarg();
  code::CodeServer& server = *self.runtime().code;
  code::ModuleCode& generation = *site->function->code;
  const Term module = generation.module;
  code::Module* known = server.find_module(module);
  if (known && known->old.load(std::memory_order_acquire) == &generation) {
    return nif::refuse(self, {atoms::old_code, fmt::format("Calling load_nif from old module '{}' not allowed", atom_text(module))});
  }
  bool has_natives = generation.nif_library != nullptr, is_static = false;
  for (size_t i = 0; i < generation.function_count; ++i) {
    const code::Function& function = generation.functions[i];
    has_natives |= function.native && function.native->is_nif;
    const process::NativeRow* row = server.native(module, function.mfa.function, function.mfa.arity);
    is_static |= row && row->is_nif;
  }
  if (has_natives) return nif::refuse(self, {atoms::reload, "NIF library already loaded (reload disallowed since OTP 20)."});
  if (!is_static) return nif::load_library(self, generation, path, args[1]);
  server.activate_nifs(generation);
  return atoms::ok;
}

}  // namespace athanor::bif::erlang
