// SPDX-License-Identifier: Apache-2.0
// A reader of crash dumps as strict as the release's crashdump_viewer is trusting: sections, records, terms. Of a whole dump it looks also whether what
// it reads is what the machine has.
#pragma once

#include <string_view>

#include "process/runtime.hpp"

namespace athanor::fuzz {

enum class DumpExtent : uint8_t {
  Whole,
  SizeLimit,   // cut anywhere, which its last line says
  TimeLimit,   // parts are missing
};

// The machine has not run since the dump was written. Ends the program where something is wrong, in words.
void check_dump(std::string_view dump, DumpExtent extent, process::Runtime& runtime, std::string_view slogan);

}  // namespace athanor::fuzz
