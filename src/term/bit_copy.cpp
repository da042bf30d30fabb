// SPDX-License-Identifier: Apache-2.0
// Copying of bits between any two bit positions.
#include <cstring>

#include "term/binary.hpp"

namespace athanor::binary {
namespace {

// `count` (1..8) bits of `bytes` from bit `bit` on, right-aligned. Touches a second byte only when they reach into it.
inline unsigned load_few(const uint8_t* bytes, uint64_t bit, unsigned count) {
  bytes += bit / 8;
  unsigned shift = bit % 8;
  unsigned value = bytes[0];
  if (shift + count > 8) return (((value << 8) | bytes[1]) >> (16 - shift - count)) & ((1u << count) - 1);
  return (value >> (8 - shift - count)) & ((1u << count) - 1);
}

inline void store_few(uint8_t* bytes, uint64_t bit, unsigned count, unsigned value) {  // within one byte
  uint8_t& byte = bytes[bit / 8];
  unsigned shift = 8 - bit % 8 - count;
  unsigned mask = ((1u << count) - 1) << shift;
  byte = static_cast<uint8_t>((byte & ~mask) | ((value << shift) & mask));
}

inline uint64_t load_big_endian(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  return __builtin_bswap64(word);
}

inline void store_big_endian(uint8_t* bytes, uint64_t word) {
  word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, 8);
}

}  // namespace

void copy_bits(const uint8_t* from, uint64_t from_bit, uint8_t* to, uint64_t to_bit, uint64_t bits) {
  if (bits == 0) return;
  if (unsigned inside = to_bit % 8; inside != 0) {  // fill the first byte of the target
    unsigned count = bits < 8 - inside ? static_cast<unsigned>(bits) : 8 - inside;
    store_few(to, to_bit, count, load_few(from, from_bit, count));
    from_bit += count;
    to_bit += count;
    bits -= count;
  }
  from += from_bit / 8;
  to += to_bit / 8;
  unsigned shift = from_bit % 8;
  size_t whole = bits / 8;
  if (shift == 0) {
    if (whole != 0) std::memmove(to, from, whole);
  } else {
    size_t i = 0;
    for (; i + 8 <= whole; i += 8) {
      store_big_endian(to + i, (load_big_endian(from + i) << shift) | (from[i + 8] >> (8 - shift)));
    }
    for (; i < whole; ++i) to[i] = static_cast<uint8_t>((from[i] << shift) | (from[i + 1] >> (8 - shift)));
  }
  if (auto rest = static_cast<unsigned>(bits % 8)) {
    store_few(to + whole, 0, rest, load_few(from + whole, shift, rest));
  }
}

}  // namespace athanor::binary
