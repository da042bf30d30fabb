// SPDX-License-Identifier: Apache-2.0
// UTF-8: code points to bytes and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace athanor::base {

// Writes a code point at `out`, where there is room for four bytes; how many it took. Surrogates are written like any other.
inline size_t put_utf8(uint32_t point, char* out) {
  const auto last = [&](unsigned shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    out[0] = static_cast<char>(point);
    return 1;
  }
  if (point < 0x800) {
    out[0] = static_cast<char>(0xC0 | point >> 6);
    out[1] = last(0);
    return 2;
  }
  if (point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | point >> 12);
    out[1] = last(6);
    out[2] = last(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | point >> 18);
  out[1] = last(12);
  out[2] = last(6);
  out[3] = last(0);
  return 4;
}

inline bool continues_utf8(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// The character that begins at `bytes`, of which there are `left`, one at least: its length. 0: it is malformed, a surrogate, or not all of it is there.
inline size_t read_utf8(const uint8_t* bytes, size_t left, uint32_t& point) {
  const uint8_t first = bytes[0];
  if (first < 0x80) {
    point = first;
    return 1;
  }
  if (first < 0xE0) {
    if (first < 0xC2 || left < 2 || !continues_utf8(bytes[1])) return 0;
    point = (first & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    return 2;
  }
  if (first < 0xF0) {
    if (left < 3 || !continues_utf8(bytes[1]) || !continues_utf8(bytes[2])) return 0;
    point = (first & 0xFu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    return point < 0x800 || (point >= 0xD800 && point < 0xE000) ? 0 : 3;
  }
  if (first > 0xF4 || left < 4 || !continues_utf8(bytes[1]) || !continues_utf8(bytes[2]) || !continues_utf8(bytes[3])) return 0;
  point = (first & 0x7u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
  return point < 0x10000 || point > 0x10FFFF ? 0 : 4;
}

inline void append_utf8(std::string& out, uint32_t point) {
  char bytes[4];
  out.append(bytes, put_utf8(point, bytes));
}

inline std::string utf8_of_latin1(std::string_view latin1) {
  std::string out;
  for (const char c : latin1) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

}  // namespace athanor::base
