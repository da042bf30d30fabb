// SPDX-License-Identifier: Apache-2.0
// Erlang modules that come with the machine (lib/).
#pragma once

#include <cstdint>
#include <span>

namespace athanor::machine {

struct OwnModule {
  const char* name;
  std::span<const uint8_t> bytes;   // of the .beam file
};
std::span<const OwnModule> own_modules();

}  // namespace athanor::machine
