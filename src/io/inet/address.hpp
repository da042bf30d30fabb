// SPDX-License-Identifier: Apache-2.0
// Socket addresses as the inet drivers write them: family, port in 16 bits, address; local ones: family, length, path.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace athanor::io::inet {

enum Family : uint8_t { kUnspecified = 0, kInet = 1, kInet6 = 2, kAny = 3, kLoopback = 4, kLocal = 5, kUndefined = 6, kFamilyList = 7 };

struct Address {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// AF_INET and so on; -1: none of ours.
int system_family(uint8_t family);
uint8_t family_code(int system_family);

// Reads an address from the front of `data` and removes it. `family`: the socket's (AF_INET …), for kAny and kLoopback.
// Null, or what is wrong (einval, eafnosupport).
const char* read_address(std::string_view& data, int family, Address& address);
// Appends one. False: of a family that has no form here.
bool write_address(const Address& address, std::string& out);
// Its port; -1: it has none.
int port_of(const Address& address);

// A control message as an option (tos, tclass, ttl) with its value; others are left out.
void write_ancillary(const cmsghdr& header, std::string& out);

inline void write_number(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
inline uint32_t read_number(std::string_view data, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<uint8_t>(data[static_cast<size_t>(i)]);
  return value;
}

}  // namespace athanor::io::inet
