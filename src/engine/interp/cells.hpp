// SPDX-License-Identifier: Apache-2.0
// Cells: code addresses that are no lowered function. Each is a handler's word with its operands behind it and a CallSite before it.
#pragma once

#include <deque>

#include "engine/interp/interpreter.hpp"

namespace athanor::engine {

struct FixedCell {
  const CallSite* site;
  Handler handler;
  const Word* address() const { return reinterpret_cast<const Word*>(&handler); }
};
struct NativeCell {
  const CallSite* site;
  Handler handler;
  const process::NativeRow* row;
};
struct FunctionCell {
  const CallSite* site;
  Handler handler;
  code::Function* function;
};
struct ExportCell {
  const CallSite* site;
  Handler handler;
  code::Export* exported;
};
struct FunCell {
  const CallSite* site;
  Handler handler;
  code::FunEntry* entry;
};
template <class Cell>
const Word* address_of(const Cell& cell) { return reinterpret_cast<const Word*>(&cell.handler); }
template <class Cell>
const Cell& cell_at(const Word* ip) {
  return *reinterpret_cast<const Cell*>(reinterpret_cast<const char*>(ip) - offsetof(Cell, handler));
}

struct BreakpointCell {
  const CallSite* site;
  Handler handler;
  code::Breakpoint* breakpoint;
  CallSite place;          // of a function
};

extern const CallSite kNoSite;
extern const FixedCell kNormalExit;     // the first return address of every process
extern const FixedCell kExiting;        // ends the process with vm.exit_reason
extern const FixedCell kApplyList;      // x0, x1, x2 = module, function, argument list
extern const FixedCell kApplyFunList;   // x0, x1 = fun, argument list
extern const FixedCell kRetryNative;    // the CallBif before the return address on the stack, for which no reduction was left
extern const FixedCell kHibernated;     // x0, x1, x2 as kApplyList's; waits for a message first

// Cells made on demand; they live as long as the program (a few words for each thing they name).
code::CodeAddress native_entry(const process::NativeRow& row, Mfa mfa);
code::CodeAddress undefined_entry(code::Export& exported);
code::CodeAddress unloaded_fun_entry(code::FunEntry& entry);
code::CodeAddress lowering_entry(code::Function& function);   // ir/lowering/lowered.cpp
void make_breakpoint_cell(code::Breakpoint& breakpoint);      // breakpoints.cpp; it goes with the breakpoint
// The cell, if ip is one of a native; null otherwise.
const NativeCell* native_cell_at(const Word* ip);

// What a built-in left in the process instead of a value. `site` null: it was called as a function and its return address is on the
// stack; else it was called by an instruction, whose next one is `after`. Gives the address to go on at, or null: the slice is over and
// vm.outcome set. `name`, where it is known, saves looking the row's texts up.
const Word* continue_native(Interpreter& vm, const process::NativeRow& row, const CallSite* site, const Word* after, const Mfa* name = nullptr);

// --- calls whose target is found at run time (calls.cpp); registers are set up for it, `live` says how many. The state is synced ---
struct Target {
  const Word* entry;
  uint32_t live;
  bool is_call = true;    // false: an exception, go to entry as it is
};
// x[0..2]: module, function, argument list.
Target apply_list(Interpreter& vm, const CallSite* site);
// x[arity], x[arity + 1]: module, function.
Target apply_fixed(Interpreter& vm, const CallSite* site, uint32_t arity);
// x[0], x[1]: fun, argument list.
Target apply_fun_list(Interpreter& vm, const CallSite* site, FunCaller caller);
Target call_fun(Interpreter& vm, const CallSite* site, Term fun, uint32_t arity, FunCaller caller);
// x[0..arity) are its arguments: error_handler is called.
Target call_undefined(Interpreter& vm, Mfa mfa);
Target call_debugger(Interpreter& vm, Mfa mfa);   // by breakpoint/3 of the error handler

}  // namespace athanor::engine
