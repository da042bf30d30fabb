// SPDX-License-Identifier: Apache-2.0
// Structs of the IR's instructions, expanded from instructions.def.
#pragma once

#include "code/module.hpp"
#include "engine/frame.hpp"
#include "engine/ir/operand.hpp"

namespace athanor::engine::ir {

#define FIELD(type, name) type name;
#define LIST(type, name)
#define INSTRUCTION(Name, ...) \
  struct Name {                \
    Handler handler;           \
    __VA_ARGS__                \
  };                           \
  static_assert(sizeof(Name) % sizeof(Word) == 0);
#include "engine/ir/instructions.def"
#undef INSTRUCTION
#undef LIST
#undef FIELD

template <class Instruction>
constexpr size_t kWords = sizeof(Instruction) / sizeof(Word);

// The instruction at a code address, and what follows its fixed part.
template <class Instruction>
inline const Instruction& at(const Word* ip) { return *reinterpret_cast<const Instruction*>(ip); }
template <class Instruction>
inline const Word* tail(const Word* ip) { return ip + kWords<Instruction>; }

}  // namespace athanor::engine::ir
