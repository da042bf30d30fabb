// SPDX-License-Identifier: Apache-2.0
// The native table: all rows of natives.def, joined at compile time.
#pragma once

#include <span>

#include "process/bif_result.hpp"

namespace athanor::machine {

std::span<const process::NativeRow* const> native_rows();

}  // namespace athanor::machine
