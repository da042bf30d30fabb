// SPDX-License-Identifier: Apache-2.0
// Where constructed bitstrings get their bytes, inside bit_syntax_*.cpp.
//
// An appendable binary is a sub-binary from byte 0, with its writable bit set, of a BinaryRef whose flags say kWritable and that
// holds the only count of its bytes: nobody else can look at what lies behind its end. Appending moves the writable bit to the
// new sub-binary. Copies of terms (messages, ETS, literals) raise the count or lack the bits, so they never append in place.
#pragma once

#include "engine/bit_syntax.hpp"

namespace athanor::engine::bit_syntax {

enum BinaryRefFlag : Word {
  kWritable = 1,
  kHasContexts = 4,   // match contexts hold the address of the bytes: grow in place, but never move
};
constexpr Word kSubBinaryWritable = Word{1} << 16;

// No machine holds more; the stock VM ends with "Cannot allocate", we with system_limit.
constexpr uint64_t kMaxBits = uint64_t{1} << 43;

// A fresh bitstring of `bits` bits, to be written through `state`. none(): there is no memory for so many.
Term new_bits(Allocator& heap, BuildState& state, uint64_t bits);
// `source` with room for `bits` more. none(): `what` is type, unit or size. `in_place`: bs_private_append, the source itself grows.
Term append_bits(process::Process& self, BuildState& state, Term source, uint64_t bits, uint32_t unit, bool in_place, Term& what);

}  // namespace athanor::engine::bit_syntax
