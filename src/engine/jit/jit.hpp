// SPDX-License-Identifier: Apache-2.0
// Turns functions that are called often into machine code. One a machine; any scheduler thread asks it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "term/term.hpp"

namespace athanor::code { struct Function; }
namespace athanor::process { struct Runtime; }

namespace athanor::engine::jit {

class CodeMemory;
class PerfMap;

class Jit {
 public:
  // Functions become native with their call number `calls_before` since they were lowered.
  explicit Jit(uint32_t calls_before, bool perf_map = false);
  ~Jit();   // after all code: modules give theirs back

  uint32_t calls_before() const { return calls_before_; }
  // The function must have been lowered. Those that it calls and that are about to be translated come first: a call goes straight to what is native
  // already, and of a chain of calls it is the caller that is always the first to have been called often. What cannot be translated (no memory, too
  // long) stays with the interpreter. On the caller's thread, in an epoch; takes the lowering_mutex of one module after the other.
  void compile(process::Runtime& runtime, code::Function& function);
  uint64_t functions() const { return functions_.load(std::memory_order_relaxed); }

 private:
  void compile(process::Runtime& runtime, code::Function& function, uint32_t depth, uint32_t& budget);
  // The function behind it, if it is nearly time to translate that: its calls are then no longer counted.
  code::Function* take_if_due(const Word* entry) const;

  std::unique_ptr<CodeMemory> memory_;
  std::unique_ptr<PerfMap> perf_map_;   // null: nobody wants it
  const uint32_t calls_before_;
  std::atomic<uint64_t> functions_{0};
};

}  // namespace athanor::engine::jit
