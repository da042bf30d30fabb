// SPDX-License-Identifier: Apache-2.0
// The 32-bit mixing step that the stock VM's phash2 and map hash share (Bob Jenkins' lookup2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "term/boxed.hpp"
#include "term/context.hpp"

namespace athanor::hashing {

// OTP: each kind of term mixes with its own multiple of the golden ratio.
constexpr uint32_t golden(uint32_t times) { return 0x9E3779B9u * times; }

inline void mix(uint32_t& a, uint32_t& b, uint32_t& c) {
  const auto round = [&](int right1, int left, int right2) {
    a = (a - b - c) ^ (c >> right1);
    b = (b - c - a) ^ (a << left);
    c = (c - a - b) ^ (b >> right2);
  };
  round(13, 8, 13);
  round(12, 16, 5);
  round(3, 10, 15);
}

// Mixes two words into the hash under the constant of their kind.
inline uint32_t add(uint32_t hash, uint32_t first, uint32_t second, uint32_t kind) {
  uint32_t a = kind + first, b = kind + second;
  mix(a, b, hash);
  return hash;
}
// OTP: an immediate by its word; small integers, nil, pids and ports are tagged as the stock VM's are.
inline uint32_t add_word(uint32_t hash, Word word) { return add(hash, static_cast<uint32_t>(word), static_cast<uint32_t>(word >> 32), golden(1)); }
inline uint32_t add(uint32_t hash, uint32_t value, uint32_t kind) { return add(hash, value, 0, kind); }

uint32_t add_bytes(const uint8_t* bytes, size_t count, uint32_t start);
// A bitstring; its bytes in blocks, then the bits of a last partial byte.
uint32_t add_bitstring(uint32_t hash, Term bitstring, bool truncate_size);

inline uint32_t add_big(uint32_t hash, Term big) {
  size_t count = header_arity(box_header(big));
  uint32_t kind = boxed_kind(big) == BoxedKind::NegativeBig ? golden(10) : golden(11);
  for (size_t i = 1; i <= count; ++i) {
    Word limb = big.pointer()[i].raw;
    hash = add(hash, static_cast<uint32_t>(limb), static_cast<uint32_t>(limb >> 32), kind);
  }
  return hash;
}

inline Word float_bits(Term t) {  // -0.0 as 0.0: they are equal in the stock release
  double value = float_value(t);
  return value == 0.0 ? 0 : __builtin_bit_cast(Word, value);
}

inline bool is_byte(Term t) { return t.is_small() && static_cast<uint64_t>(t.small_value()) < 256; }

}  // namespace athanor::hashing
