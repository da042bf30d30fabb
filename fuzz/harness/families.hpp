// SPDX-License-Identifier: Apache-2.0
// Natives that are fuzzed together, and the atoms that they understand.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "harness/bench.hpp"
#include "process/bif_result.hpp"

namespace athanor::fuzz {

struct Family {
  std::string_view name;                             // of the target
  std::vector<const process::NativeRow*> natives;
  std::vector<std::string_view> words;
  void (*prepare)(Bench& machine) = nullptr;         // before each input
};

// Null: there is none of this name.
const Family* family(std::string_view name);
// What hostile code may call: all that neither leaves the process tables nor touches the system.
std::span<const process::NativeRow* const> harmless_natives();

}  // namespace athanor::fuzz
