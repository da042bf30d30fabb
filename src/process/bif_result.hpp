// SPDX-License-Identifier: Apache-2.0
// The type of a built-in and of what it answers.
#pragma once

#include <cstdint>

#include "term/boxed.hpp"

namespace athanor::process {

class Process;

// A value, or none(): then the process holds what to do instead (Process::pending): raise, trap, wait.
struct [[nodiscard]] BifResult {
  Term value;
  BifResult(Term term) : value(term) {}
  bool has_value() const { return !value.is_none(); }
};

// Runs on the thread that owns the process (or lends it, for dirty ones). args[0 .. arity-1] are terms that stay put
// during the call: allocating never collects.
using BifFunction = BifResult (*)(Process& self, const Term* args);

enum class BifKind : uint8_t {
  Guard,     // allowed in guards: no side effects, fails with a plain reason
  Light,     // short; does not trap, yield or exit
  Full,      // may trap, yield by trapping, wait, change flags of the process
  DirtyCpu,  // long computation: runs in the dirty pool
  DirtyIo,   // blocks on the system: runs in the dirty pool
};

// A row of the native table; the tables are constants (code/native_table.hpp joins them).
struct NativeRow {
  const char* module;
  const char* name;
  uint8_t arity;
  BifKind kind;
  BifFunction function;
  uint16_t first_release, last_release;  // 25 .. 999 ("latest")
  bool is_nif;   // stock OTP has it as NIF of a static library: not in is_builtin/3, entered after load_nif
  bool has_code = false;   // the release has Erlang code of this name, which it stands for: not in system_info(snifs)
};

}  // namespace athanor::process
