// SPDX-License-Identifier: Apache-2.0
// The lowered form of a function as text, a line an instruction: which handler, which fields. For the golden files of tests/instr and for
// reading; expanded from the rows of instructions.def and handlers.def.
#pragma once

#include <map>
#include <string>

#include "engine/ir/instructions.hpp"

namespace athanor::engine::ir {

// What lowering notes while it emits: which row's layout stands at which word.
enum class Row : uint8_t {
#define FIELD(type, name)
#define LIST(type, name)
#define INSTRUCTION(Name, ...) Name,
#include "engine/ir/instructions.def"
#undef INSTRUCTION
#undef LIST
#undef FIELD
};
template <class Instruction>
inline constexpr Row kRow = Row::Jump;
#define FIELD(type, name)
#define LIST(type, name)
#define INSTRUCTION(Name, ...) \
  template <>                  \
  inline constexpr Row kRow<Name> = Row::Name;
#include "engine/ir/instructions.def"
#undef INSTRUCTION
#undef LIST
#undef FIELD
using Layout = std::map<size_t, Row>;   // by word; later notes replace earlier ones

std::string listing(const Word* words, size_t count, const Layout& layout);

}  // namespace athanor::engine::ir
