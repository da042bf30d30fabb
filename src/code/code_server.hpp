// SPDX-License-Identifier: Apache-2.0
// CodeServer: tables of modules, exports and fun entries of one machine; staging, activation, deletion and purge. Look-ups
// take no lock; changes take one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "code/module.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor::process { struct Runtime; }

namespace athanor::code {

// The stubs of the engine that entries point at before, or instead of, code. Filled by engine/ at start (joined in machine/).
struct EngineStubs {
  CodeAddress lower = nullptr;        // lowers Function, then jumps to it. The interpreter finds the Function by the calling instruction.
  CodeAddress undefined = nullptr;    // calls error_handler:undefined_function/3
  CodeAddress unloaded_fun = nullptr; // calls error_handler:undefined_lambda/3
  // Entry address for calling a native as if it were a function; made once a row.
  CodeAddress (*native_entry)(const process::NativeRow& row, Mfa mfa) = nullptr;
  // Entry address of a not yet lowered function (a small cell that names it, so that `lower` knows whom).
  CodeAddress (*lowering_entry)(Function& function) = nullptr;
  CodeAddress (*undefined_entry)(Export& exported) = nullptr;
  CodeAddress (*unloaded_fun_entry)(FunEntry& entry) = nullptr;
};

// A module checked and linked but not yet visible: what erts_internal:prepare_loading/2 gives, behind a magic reference.
struct Prepared : MagicObject {
  std::unique_ptr<ModuleCode> code;   // null once finished
};

class CodeServer {
 public:
  CodeServer(process::Runtime& runtime, std::span<const process::NativeRow* const> natives, const EngineStubs& stubs);
  ~CodeServer();

  // --- look-up: any thread in an epoch, no lock ---
  Export* find_export(Term module, Term function, uint32_t arity) const;   // null where never mentioned
  Export* export_of(Term module, Term function, uint32_t arity);           // made if new
  Module* find_module(Term name) const;
  FunEntry* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free);
  std::vector<Term> loaded() const;                                        // names, sorted by name of load order
  std::vector<Export*> exports_of(Term module) const;
  const process::NativeRow* native(Term module, Term function, uint32_t arity) const;

  // --- loading ---
  // Reads, verifies, links. The error's message is logged and becomes {error, badfile} (or another reason atom in `reason`).
  base::Result<Prepared*> prepare(Term expected_module, const uint8_t* bytes, size_t count);
  enum class Finish : uint8_t { Ok, NotPurged, OnLoad };
  // Makes all of them visible at once. Modules with old code present: NotPurged (`failed` lists them) and nothing happens.
  Finish finish(std::span<Prepared* const> prepared, std::vector<Term>& failed);
  bool has_on_load(const Prepared& prepared) const;
  // After on_load ran: true makes the module current.
  bool finish_after_on_load(Term module, bool success);   // false: no such module waits
  Function* on_load_function(Term module) const;            // null: none waits
  ModuleCode* awaiting_on_load(Term module) const;
  // erlang:load_nif/2 of a static library: natives that stock OTP has as NIFs replace the stubs of this generation.
  void activate_nifs(ModuleCode& code);
  bool remove_current(Term module);     // erlang:delete_module/1: current becomes old. false: no such; `old` present must be checked first
  bool has_old(Term module) const;
  // Old code goes; no process refers to it any more. Funs of it become unloaded.
  bool purge(Term module);
  bool is_preloaded(Term module) const;
  std::vector<Term> preloaded_names() const;
  void mark_preloaded(Term module);

  EngineStubs& stubs() { return stubs_; }

  struct Tables;
 private:
  void retire(ModuleCode* code);
  process::Runtime& runtime_;
  EngineStubs stubs_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace athanor::code
