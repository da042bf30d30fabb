// SPDX-License-Identifier: Apache-2.0
// CodeServer: tables of modules, exports and fun entries of one machine; staging, activation, deletion and purge. Look-ups
// take no lock; changes take one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "code/breakpoint.hpp"
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
  // Makes the cell of a breakpoint and notes its address there.
  void (*make_breakpoint_cell)(Breakpoint& breakpoint) = nullptr;
};

// A module checked and linked but not yet visible: what erts_internal:prepare_loading/2 gives, behind a magic reference.
struct Prepared : MagicObject {
  std::unique_ptr<ModuleCode> code;   // null once finished
};

// Why a fun's entry is the "unloaded" stub.
enum class UnloadedFun : uint8_t {
  Callable,     // it no longer is: call again
  Purging,      // erts_code_purger:pending_purge_lambda/3 is to be called: it calls again when the purge is through
  Gone,         // the module is loaded and has no such fun: badfun
  NotLoaded,    // error_handler:undefined_lambda/3 is to be called
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
  std::vector<Term> loaded() const;                                        // names, latest first
  std::vector<Export*> exports_of(Term module) const;
  std::vector<const Export*> built_ins() const;                            // what erlang:is_builtin/3 knows
  const process::NativeRow* native(Term module, Term function, uint32_t arity) const;
  // What becomes of a call of `entry`, whose code is not there. Purging: the caller is suspended until the purge is over, and is to give up
  // its slice. Takes the lock.
  UnloadedFun call_unloaded_fun(const FunEntry& entry, process::Process& caller);

  // --- loading ---
  // Reads, verifies, links. The error's message is logged and becomes {error, badfile} (or another reason atom in `reason`).
  base::Result<Prepared*> prepare(Term expected_module, const uint8_t* bytes, size_t count);
  enum class Finish : uint8_t { Ok, NotPurged, OnLoad, Duplicated };
  // Makes all of them visible. Modules with old code present, or twice in the list: NotPurged, Duplicated (`failed` lists them) and
  // nothing happens. Modules with an on_load function wait for finish_after_on_load: OnLoad (`failed` lists them).
  Finish finish(std::span<Prepared* const> prepared, std::vector<Term>& failed);
  bool has_on_load(const Prepared& prepared) const;
  // After on_load ran: success makes the module current; else it waits for begin_purge. False: no such module waits.
  bool finish_after_on_load(Term module, bool success);
  ModuleCode* awaiting_on_load(Term module) const;          // null: none waits
  // erlang:load_nif/2 of a static library: natives that stock OTP has as NIFs replace the stubs of this generation.
  void activate_nifs(ModuleCode& code);
  bool remove_current(Term module);     // erlang:delete_module/1: current becomes old. false: no such; `old` present must be checked first
  bool has_old(Term module) const;
  // A purge in three steps, one at a time a machine (erts_code_purger). begin: calls of the old code's funs are held up from now on, so
  // that processes once checked stay clean; `failed_on_load`: of the code whose on_load failed, which becomes the old code. False: there is
  // none. purge: no process refers to it any more, it goes. abort: all as before.
  bool begin_purge(Term module, bool failed_on_load);
  bool is_purging(Term module) const;                       // none(): any
  bool purge(Term module);                                  // also without begin_purge
  void abort_purge();
  bool is_preloaded(Term module) const;
  std::vector<Term> preloaded_names() const;
  void mark_preloaded(Term module);

  // --- breakpoints (breakpoint.cpp); who sets them holds a lock of his own, so that two do not meet ---
  void set_breakpoint(Function& function, Breakpoint& point);   // current code; the same point each time
  void set_breakpoint(Export& exported, Breakpoint& point);
  void clear_breakpoint(Function& function);
  void clear_breakpoint(Export& exported);
  void clear_breakpoints(ModuleCode& code);                     // of all its functions
  bool has_breakpoint(const Function& function) const;
  bool has_breakpoint(const Export& exported) const;
  std::vector<Export*> all_exports() const;                     // those with something behind, in no particular order

  EngineStubs& stubs() { return stubs_; }

  struct Tables;
 private:
  void let_go_on();
  void retire(ModuleCode* code);
  void lead_to(Function& function, CodeAddress entry);
  process::Runtime& runtime_;
  EngineStubs stubs_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace athanor::code
