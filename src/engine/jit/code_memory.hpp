// SPDX-License-Identifier: Apache-2.0
// Owner of executable memory. Each page is mapped twice, once to write and once to run: no address is both. Only where perf is to name the code
// it is mapped once, for both: perf looks for names of anonymous memory alone, and memory that is mapped twice is a file's.
#pragma once

#include <asmjit/core.h>

#include <atomic>
#include <cstddef>

namespace athanor::engine::jit {

class CodeMemory {
 public:
  explicit CodeMemory(bool for_perf = false);
  CodeMemory(const CodeMemory&) = delete;
  CodeMemory& operator=(const CodeMemory&) = delete;

  // Any thread. Null: the system gives no executable memory (or the code has unbound labels); the caller stays with the interpreter.
  const void* add(asmjit::CodeHolder& code);
  // No thread may be inside any more: through the epochs, as all code.
  void release(const void* code);
  size_t blocks() const { return blocks_.load(std::memory_order_relaxed); }   // added and not released

 private:
  friend class Emitter;
  asmjit::JitRuntime runtime_;
  std::atomic<size_t> blocks_{0};
};

}  // namespace athanor::engine::jit
