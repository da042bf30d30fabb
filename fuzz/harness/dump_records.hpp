// SPDX-License-Identifier: Apache-2.0
// The sections of a crash dump that are records: lines of a head, which the release's crashdump_viewer knows in that section, and a value.
#pragma once

#include <string_view>
#include <vector>

namespace athanor::fuzz {

// Ends the program where a line is none.
void check_dump_records(std::string_view tag, const std::vector<std::string_view>& lines);

}  // namespace athanor::fuzz
