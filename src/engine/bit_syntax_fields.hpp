// SPDX-License-Identifier: Apache-2.0
// Writing fields of a few bits, inside bit_syntax_*.cpp.
#pragma once

#include "engine/bit_syntax.hpp"

namespace athanor::engine::bit_syntax {

// The low `bits` (at most 64) of value, most significant first; other bits of the bytes touched stay.
inline void write_bits(uint8_t* bytes, uint64_t position, uint64_t value, uint64_t bits) {
  uint8_t* at = bytes + (position >> 3);
  const unsigned offset = position & 7;
  const unsigned room = 8 - offset;
  if (bits < 64) value &= (uint64_t{1} << bits) - 1;
  if (bits <= room) {
    const unsigned shift = static_cast<unsigned>(room - bits);
    const unsigned mask = ((1u << bits) - 1) << shift;
    *at = static_cast<uint8_t>((*at & ~mask) | (value << shift));
    return;
  }
  uint64_t left = bits - room;
  if (offset != 0) {
    *at = static_cast<uint8_t>((*at & ~(0xFFu >> offset)) | (value >> left));
    ++at;
  } else {
    left = bits;
  }
  while (left >= 8) {
    left -= 8;
    *at++ = static_cast<uint8_t>(value >> left);
  }
  if (left != 0) *at = static_cast<uint8_t>((*at & (0xFFu >> left)) | ((value << (8 - left)) & 0xFF));
}

inline bool is_code_point(Term t) {
  if (!t.is_small()) return false;
  const int64_t v = t.small_value();
  return v >= 0 && v <= 0x10FFFF && !(v >= 0xD800 && v <= 0xDFFF);
}

// A code point as the bits that stand for it.
struct Utf8Field {
  uint64_t raw, bits;
};
inline Utf8Field utf8_field(uint32_t v) {
  const auto tail = [v](int shift) -> uint64_t { return 0x80 | (v >> shift & 0x3F); };
  if (v < 0x80) return {v, 8};
  if (v < 0x800) return {(0xC0 | v >> 6) << 8 | tail(0), 16};
  if (v < 0x10000) return {(0xE0 | v >> 12) << 16 | tail(6) << 8 | tail(0), 24};
  return {uint64_t{0xF0 | v >> 18} << 24 | tail(12) << 16 | tail(6) << 8 | tail(0), 32};
}

}  // namespace athanor::engine::bit_syntax
