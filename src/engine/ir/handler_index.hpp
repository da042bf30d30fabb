// SPDX-License-Identifier: Apache-2.0
// Which row of handlers.def a handler's word is of, whatever the kinds of its operands. For what reads lowered code: the translator to
// machine code.
#pragma once

#include <cstdint>

#include "term/term.hpp"

namespace athanor::engine::ir {

enum class Op : uint16_t {
  unknown,
#define HANDLER(name) name,
#define VARIANTS_1(name) name,
#define VARIANTS_2(name) name,
#define VARIANTS_3(name) name,
#define VARIANTS_4(name) name,
#include "engine/interp/ops/handlers.def"
#undef HANDLER
#undef VARIANTS_1
#undef VARIANTS_2
#undef VARIANTS_3
#undef VARIANTS_4
};

// Op::unknown: no handler's word. Any thread.
Op op_of(Word handler);

}  // namespace athanor::engine::ir
