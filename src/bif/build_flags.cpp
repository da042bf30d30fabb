// SPDX-License-Identifier: Apache-2.0
#include "bif/build_flags.hpp"

namespace athanor::bif {

std::string_view compile_flags() { return ATH_COMPILE_FLAGS; }
std::string_view link_flags() { return ATH_LINK_FLAGS; }

}  // namespace athanor::bif
