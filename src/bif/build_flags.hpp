// SPDX-License-Identifier: Apache-2.0
// How this machine was built. CMake gives the flags to build_flags.cpp alone, so that nothing else is built anew for them.
#pragma once

#include <string_view>

namespace athanor::bif {

std::string_view compile_flags();
std::string_view link_flags();

}  // namespace athanor::bif
