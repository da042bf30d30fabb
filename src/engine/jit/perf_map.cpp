// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/perf_map.hpp"

#include <unistd.h>

#include <string>

#include "term/context.hpp"

namespace athanor::engine::jit {

PerfMap::PerfMap() {
  const std::string path = "/tmp/perf-" + std::to_string(::getpid()) + ".map";
  file_ = std::fopen(path.c_str(), "we");
  if (!file_) std::fprintf(stderr, "cannot write %s: functions have no names for perf\n", path.c_str());
}

PerfMap::~PerfMap() {
  if (file_) std::fclose(file_);
}

void PerfMap::add(const NativeCode& native) {
  if (!file_) return;
  const Mfa& mfa = native.function.mfa;
  std::string name(atom_text(mfa.module));
  name.append(":").append(atom_text(mfa.function)).append("/").append(std::to_string(mfa.arity));
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';   // a name is one line
  }
  std::lock_guard lock(mutex_);
  std::fprintf(file_, "%lx %zx %s\n", reinterpret_cast<unsigned long>(native.machine_code), native.bytes, name.c_str());
  std::fflush(file_);
}

}  // namespace athanor::engine::jit
