// SPDX-License-Identifier: Apache-2.0
#include "machine/own_modules.hpp"

#include "athanor/release.hpp"

namespace athanor::machine {

#ifdef ATH_OWN_MODULES

namespace {
constexpr uint8_t kEpmd[] = {
#include "athanor_epmd.inc"
};
constexpr OwnModule kModules[] = {{"athanor_epmd", kEpmd}};
}  // namespace

std::span<const OwnModule> own_modules() { return kModules; }

#else

std::span<const OwnModule> own_modules() { return {}; }

#endif

}  // namespace athanor::machine

namespace athanor {

bool has_own_module(const std::string& name) {
  for (const machine::OwnModule& own : machine::own_modules()) {
    if (name == own.name) return true;
  }
  return false;
}

}  // namespace athanor
