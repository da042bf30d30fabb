// SPDX-License-Identifier: Apache-2.0
// MD5 as RFC 1321 describes it.
#include "base/md5.hpp"

#include <bit>
#include <cstring>

namespace athanor::base {

namespace {

// floor(2^32 * |sin(i + 1)|), RFC 1321 section 3.4.
constexpr uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1,
    0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
    0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
    0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
    0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d,
    0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kRotations[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

void transform(uint32_t state[4], const uint8_t* block) {
  uint32_t words[16];
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(words, block, 64);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
#pragma clang loop unroll(full)   // a third faster: indices and rotations become constants
  for (int i = 0; i < 64; ++i) {
    uint32_t mixed;
    int index;
    switch (i / 16) {
      case 0: mixed = d ^ (b & (c ^ d)); index = i; break;
      case 1: mixed = (~d & c) + (d & b); index = (5 * i + 1) % 16; break;
      case 2: mixed = b ^ c ^ d; index = (3 * i + 5) % 16; break;
      default: mixed = c ^ (b | ~d); index = (7 * i) % 16; break;
    }
    const uint32_t next = b + std::rotl(a + mixed + kSines[i] + words[index], kRotations[i / 16][i % 4]);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

}  // namespace

void Md5::update(const void* bytes, size_t count) {
  const auto* at = static_cast<const uint8_t*>(bytes);
  const size_t held = bits / 8 % 64;
  bits += static_cast<uint64_t>(count) * 8;
  if (held != 0) {
    const size_t take = count < 64 - held ? count : 64 - held;
    if (take != 0) std::memcpy(pending + held, at, take);
    at += take;
    count -= take;
    if (held + take < 64) return;
    transform(state, pending);
  }
  for (; count >= 64; at += 64, count -= 64) transform(state, at);
  if (count != 0) std::memcpy(pending, at, count);
}

void Md5::finish(uint8_t digest[16]) {
  static constexpr uint8_t kPadding[64] = {0x80};
  const uint64_t total = bits;
  const size_t held = bits / 8 % 64;
  update(kPadding, held < 56 ? 56 - held : 120 - held);
  update(&total, 8);
  std::memcpy(digest, state, 16);
}

}  // namespace athanor::base
