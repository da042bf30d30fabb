// SPDX-License-Identifier: Apache-2.0
// Native code of one function, and how it takes the interpreter's place. It hangs on the function's Lowered and so goes with the
// module's generation: a purge waits until no stack holds one of its return addresses, exactly as for interpreted code.
#pragma once

#include <memory>

#include "code/module.hpp"

namespace athanor::engine::jit {

class CodeMemory;

struct NativeCode {
  NativeCode(CodeMemory& memory, code::Function& function) : memory(memory), function(function) {}
  ~NativeCode();
  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;

  CodeMemory& memory;              // outlives it
  code::Function& function;
  const void* machine_code = nullptr;
  size_t bytes = 0;                // of code and data
  code::CodeAddress entry = nullptr;
};

// Calls go to the native code from now on, unless the entry leads elsewhere than to the function's lowered form (a breakpoint, a purge):
// then it waits for nothing and false is given. The function must have been lowered. Any thread.
bool publish(std::unique_ptr<NativeCode> native);
// Calls go to the interpreter again. Frames of the native code live on: it stays until the generation goes.
void withdraw(code::Function& function);

}  // namespace athanor::engine::jit
