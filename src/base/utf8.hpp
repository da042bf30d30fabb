// SPDX-License-Identifier: Apache-2.0
// Writing UTF-8.
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
