// SPDX-License-Identifier: Apache-2.0
// Breakpoints sit on entries: a function's or an export's entry leads to the breakpoint's cell, which tells the tracer and goes on at the
// real entry. Lowered code is left alone, and what is not traced pays nothing.
//
//   local:   Function::entry ──► cell ──► Breakpoint::real     (its Export and FunEntry lead to the cell too)
//   global:  Export::entry   ──► cell ──► the function's entry, looked up each time
//
// A process may have stopped at a cell, so a breakpoint lives as long as what it sits on: cleared ones only pass calls on.
#pragma once

#include <atomic>
#include <memory>

#include "code/module.hpp"

namespace athanor::code {

struct Breakpoint {
  // What is watched: bits of `watched`.
  enum : uint32_t {
    kTraced = 1,   // of processes with the flag `call`
    kAlways = 2,   // of all processes
    kSaved = 8,    // of processes with the flag kSavesCalls
    kDiverts = 4,  // nothing is told: calls go to breakpoint/3 of the caller's error handler, which the debugger answers
  };
  virtual ~Breakpoint() = default;
  Mfa mfa;
  Function* function = nullptr;                  // null: it sits on `exported`
  Export* exported = nullptr;
  CodeAddress address = nullptr;                 // of the cell
  std::shared_ptr<void> cell;                    // the engine's
  std::atomic<CodeAddress> real{nullptr};        // the function's own entry
  std::atomic<uint32_t> watched{0};
};

// Stands in for a native whose export or function has a breakpoint: instructions that call natives by themselves go through the entry then.
process::BifResult at_breakpoint(process::Process& self, const Term* args);

}  // namespace athanor::code
