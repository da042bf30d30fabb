// SPDX-License-Identifier: Apache-2.0
// Socket addresses as the inet drivers write them: family (1 inet, 2 inet6, 5 local), port in 16 bits, address.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace athanor::io::inet {

enum Family : uint8_t { kAnyFamily = 0, kInet = 1, kInet6 = 2, kLocal = 5 };

// Reads an address from the front of `data` and removes it. False: malformed.
bool read_address(std::string_view& data, sockaddr_storage& address, socklen_t& length);
// Appends one; unknown families as kAnyFamily.
void write_address(const sockaddr_storage& address, socklen_t length, std::string& out);

inline void write_number(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
inline uint32_t read_number(std::string_view data, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(data[static_cast<size_t>(i)]);
  return value;
}

}  // namespace athanor::io::inet
