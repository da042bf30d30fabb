// SPDX-License-Identifier: Apache-2.0
// Loaded code: modules in two generations, exports, fun entries, functions that are lowered on their first call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "beam/beam_file.hpp"
#include "heap/literal_area.hpp"
#include "process/bif_result.hpp"
#include "term/boxed.hpp"

namespace athanor::code {

// A code address: points at a word that holds a handler of the engine, followed by that instruction's operands
// (engine/frame.hpp). Calls go through entries: loading, lowering, purge, native code and breakpoints swap the address there.
using CodeAddress = const Word*;

struct ModuleCode;
struct Lowered;                      // engine's: the IR of one function; engine frees it through ModuleCode::release_lowered

struct Function;
struct FunEntry;
struct Breakpoint;                   // code/breakpoint.hpp

// Module:Function/Arity as called from elsewhere. Made once, never freed while the machine lives.
class Export : public ExportHead {
 public:
  // Where a call goes; an undefined function's is the engine's "undefined" stub, which calls error_handler.
  std::atomic<CodeAddress> entry{nullptr};
  std::atomic<Function*> function{nullptr};            // of the current generation; null: undefined or native without a body
  const process::NativeRow* native = nullptr;          // built-in of this name, if any (fixed at start)
  CodeAddress native_entry = nullptr;                  // for calling it
  CodeAddress undefined_entry = nullptr;               // the engine's stub for this name
  std::atomic<process::BifFunction> call{nullptr};     // what instructions that call the native run: it, or at_breakpoint
  std::atomic<Breakpoint*> breakpoint{nullptr};        // of a global trace; owned
  Export() = default;
  ~Export();
  bool is_defined() const { return function.load(std::memory_order_acquire) != nullptr || (native && !native->is_nif); }
};

// One function of one loaded generation of a module.
struct Function {
  std::atomic<CodeAddress> entry{nullptr};   // starts at the engine's "lower me" stub
  ModuleCode* code = nullptr;
  Mfa mfa;
  uint32_t row = 0;                          // in BeamFile::functions
  const process::NativeRow* native = nullptr;   // a native replaces the body
  std::atomic<Lowered*> lowered{nullptr};
  Export* exported = nullptr;               // its entry follows ours while the generation is current; null: a local function
  FunEntry* lambda = nullptr;                // likewise, where funs are made of it
  std::atomic<Breakpoint*> breakpoint{nullptr};   // set once; owned by the module
};

struct ModuleCode {
  Term module;
  std::unique_ptr<beam::BeamFile> file;      // kept: functions are lowered from it
  std::unique_ptr<heap::LiteralArea> literal_area;
  std::vector<Term> literals;                // decoded at load; index as in the file
  std::unique_ptr<Function[]> functions;
  size_t function_count = 0;
  std::vector<Function*> label_to_function;  // entry labels; null for inner labels
  std::vector<Export*> imports;        // resolved
  std::vector<FunEntry*> lambdas;            // one a FunT row
  Function* on_load = nullptr;
  std::unique_ptr<Export> on_load_call;   // a way to call it while it is not exported
  bool has_on_load_failed = false;           // waits for its purge
  void* nif_library = nullptr;
  std::mutex lowering_mutex;                 // one function at a time is lowered; guards literal_area then
  uint64_t generation = 0;                   // unique a machine
  // Set by the engine when it lowers; called when the generation is purged.
  void (*release_lowered)(ModuleCode&) = nullptr;
  Function* find(Term name, uint32_t arity) const;   // any function, exported or not
  ~ModuleCode();
};

// What local funs of (module, uniq, index) have in common. Never freed while the machine lives.
struct FunEntry : public FunHead {
  std::atomic<CodeAddress> entry{nullptr};   // engine's "unloaded fun" stub when the code is gone or is being purged
  std::atomic<Function*> function{nullptr};  // null: the code is gone. To be followed inside an epoch: purge retires it
  CodeAddress unloaded_entry = nullptr;
};

// A function's code address changes from `from` (lowered, counted, freed …): what leads to it follows, unless it leads elsewhere by now.
inline void replace_entry(Function& function, CodeAddress from, CodeAddress to) {
  CodeAddress expected = from;
  function.entry.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
  expected = from;
  if (function.exported) function.exported->entry.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
  expected = from;
  if (function.lambda) function.lambda->entry.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
}

struct Module {
  Term name;
  std::atomic<ModuleCode*> current{nullptr};
  std::atomic<ModuleCode*> old{nullptr};
};

}  // namespace athanor::code
