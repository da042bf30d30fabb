// SPDX-License-Identifier: Apache-2.0
// The file in which Linux's perf looks for the names of code that no program file holds: a line a function, "address size name".
#pragma once

#include <cstdio>
#include <mutex>

#include "engine/jit/native_code.hpp"

namespace athanor::engine::jit {

class PerfMap {
 public:
  PerfMap();    // /tmp/perf-PID.map, begun anew; where it cannot be written, that is said and nothing is
  ~PerfMap();
  PerfMap(const PerfMap&) = delete;
  PerfMap& operator=(const PerfMap&) = delete;
  void add(const NativeCode& native);   // any thread

 private:
  std::mutex mutex_;
  std::FILE* file_;
};

}  // namespace athanor::engine::jit
