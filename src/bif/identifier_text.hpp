// SPDX-License-Identifier: Apache-2.0
// Pids, ports and references as text.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "term/term.hpp"

namespace athanor::bif {

// Reads "<a.b.c>", "#Port<a.b>", "#Ref<a.b.c.d>": the numbers between `prefix` and '>'; empty where the text is no such thing.
std::vector<uint64_t> identifier_numbers(Term list, std::string_view prefix);

}  // namespace athanor::bif
