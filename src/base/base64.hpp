// SPDX-License-Identifier: Apache-2.0
// Bytes as text, as crash dumps hold them (RFC 4648, with padding).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace athanor::base {

inline std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    auto byte = [&](size_t at) { return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : uint8_t{0}; };
    const uint32_t three = uint32_t{byte(i)} << 16 | uint32_t{byte(i + 1)} << 8 | byte(i + 2);
    out += kDigits[three >> 18];
    out += kDigits[three >> 12 & 63];
    out += i + 1 < bytes.size() ? kDigits[three >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kDigits[three & 63] : '=';
  }
  return out;
}

}  // namespace athanor::base
