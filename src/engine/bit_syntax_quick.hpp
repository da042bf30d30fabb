// SPDX-License-Identifier: Apache-2.0
// bs_create_bin without errors: segments that are found good as they are read, and then written without further questions. What this way
// declines is create()'s, which finds it as it was.
#pragma once

#include <span>

#include "engine/bit_syntax.hpp"

namespace athanor::engine::bit_syntax {

struct QuickSegment {
  SegmentType type;
  uint8_t flags;
  uint16_t unit;
  Term value;                       // not of a string
  const uint8_t* string;            // of a string
  uint64_t bits;                    // what it will take; of what is appended to: nothing
};
// Sets `bits` (a string's are known). False: not for this way.
bool measure(QuickSegment& segment, Term size);
// `bits`: of all. none(): not for this way, and nothing has changed.
Term create_quick(process::Process& self, std::span<const QuickSegment> segments, uint64_t bits);

}  // namespace athanor::engine::bit_syntax
