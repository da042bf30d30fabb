// SPDX-License-Identifier: Apache-2.0
// Operands of IR instructions. A Register is a byte offset into the x registers, or, with bit 2 set, into the frame of y
// registers. A Source is one word: a term whose low bits say so (anything but 00), else a Register.
#pragma once

#include <cstdint>

#include "term/term.hpp"

namespace athanor::engine::ir {

using Register = uint32_t;
using Source = Word;
using JumpOffset = int32_t;   // words, from the start of the instruction that holds it

constexpr uint32_t kYBit = 4;
constexpr Register x_register(uint32_t index) { return index * 8; }
constexpr Register y_register(uint32_t index) { return index * 8 | kYBit; }
constexpr bool is_y(Register r) { return (r & kYBit) != 0; }
constexpr uint32_t register_index(Register r) { return r / 8; }
constexpr bool is_constant(Source source) { return (source & 3) != 0; }

// What an instruction may know of an operand when it is lowered; handlers are templates over it.
enum class Kind : uint8_t { X, Y, Constant };
constexpr Kind kind_of(Source source) { return is_constant(source) ? Kind::Constant : (source & kYBit) ? Kind::Y : Kind::X; }

inline Term& x_at(Term* x, Register r) { return *reinterpret_cast<Term*>(reinterpret_cast<char*>(x) + r); }
inline Term& y_at(Term* stack_top, Register r) { return *reinterpret_cast<Term*>(reinterpret_cast<char*>(stack_top) + r - kYBit); }

inline Term& place(Register r, Term* x, Term* stack_top) { return is_y(r) ? y_at(stack_top, r) : x_at(x, r); }
inline Term load(Source source, Term* x, Term* stack_top) {
  if (is_constant(source)) return Term{source};
  return place(static_cast<Register>(source), x, stack_top);
}
template <Kind kKind>
inline Term load(Source source, Term* x, Term* stack_top) {
  if constexpr (kKind == Kind::X) return x_at(x, static_cast<Register>(source));
  if constexpr (kKind == Kind::Y) return y_at(stack_top, static_cast<Register>(source));
  return Term{source};
}
template <Kind kKind>
inline Term& place(Register r, Term* x, Term* stack_top) {
  static_assert(kKind != Kind::Constant);
  if constexpr (kKind == Kind::X) return x_at(x, r);
  return y_at(stack_top, r);
}

}  // namespace athanor::engine::ir
