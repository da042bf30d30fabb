// SPDX-License-Identifier: Apache-2.0
// Turns functions that are called often into machine code. One a machine; any scheduler thread asks it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

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
  // The function must have been lowered. What cannot be translated (no memory, too long) stays with the interpreter. On the caller's
  // thread; takes the module's lowering_mutex.
  void compile(process::Runtime& runtime, code::Function& function);
  uint64_t functions() const { return functions_.load(std::memory_order_relaxed); }

 private:
  std::unique_ptr<CodeMemory> memory_;
  std::unique_ptr<PerfMap> perf_map_;   // null: nobody wants it
  const uint32_t calls_before_;
  std::atomic<uint64_t> functions_{0};
};

}  // namespace athanor::engine::jit
