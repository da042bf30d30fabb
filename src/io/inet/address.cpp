// SPDX-License-Identifier: Apache-2.0
#include "io/inet/address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace athanor::io::inet {

bool read_address(std::string_view& data, sockaddr_storage& address, socklen_t& length) {
  std::memset(&address, 0, sizeof address);
  if (data.empty()) return false;
  auto family = static_cast<uint8_t>(data[0]);
  if (family == kInet) {
    if (data.size() < 7) return false;
    auto& in = reinterpret_cast<sockaddr_in&>(address);
    in.sin_family = AF_INET;
    std::memcpy(&in.sin_port, data.data() + 1, 2);
    std::memcpy(&in.sin_addr, data.data() + 3, 4);
    length = sizeof in;
    data.remove_prefix(7);
    return true;
  }
  if (family == kInet6) {
    // family, port, address, flow information and scope
    if (data.size() < 27) return false;
    auto& in = reinterpret_cast<sockaddr_in6&>(address);
    in.sin6_family = AF_INET6;
    std::memcpy(&in.sin6_port, data.data() + 1, 2);
    std::memcpy(&in.sin6_flowinfo, data.data() + 3, 4);
    std::memcpy(&in.sin6_addr, data.data() + 7, 16);
    in.sin6_scope_id = read_number(data.substr(23), 4);
    length = sizeof in;
    data.remove_prefix(27);
    return true;
  }
  if (family == kLocal) {
    if (data.size() < 2) return false;
    auto& local = reinterpret_cast<sockaddr_un&>(address);
    size_t bytes = static_cast<uint8_t>(data[1]);
    if (data.size() < 2 + bytes || bytes >= sizeof local.sun_path) return false;
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, data.data() + 2, bytes);
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes + 1);
    data.remove_prefix(2 + bytes);
    return true;
  }
  return false;
}

void write_address(const sockaddr_storage& address, socklen_t length, std::string& out) {
  if (address.ss_family == AF_INET) {
    auto& in = reinterpret_cast<const sockaddr_in&>(address);
    out += static_cast<char>(kInet);
    out.append(reinterpret_cast<const char*>(&in.sin_port), 2);
    out.append(reinterpret_cast<const char*>(&in.sin_addr), 4);
  } else if (address.ss_family == AF_INET6) {
    auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    out += static_cast<char>(kInet6);
    out.append(reinterpret_cast<const char*>(&in.sin6_port), 2);
    out.append(reinterpret_cast<const char*>(&in.sin6_flowinfo), 4);
    out.append(reinterpret_cast<const char*>(&in.sin6_addr), 16);
    write_number(out, in.sin6_scope_id, 4);
  } else if (address.ss_family == AF_UNIX) {
    auto& local = reinterpret_cast<const sockaddr_un&>(address);
    size_t bytes = length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
    if (bytes > 0 && local.sun_path[0] != '\0') bytes = ::strnlen(local.sun_path, bytes);
    out += static_cast<char>(kLocal);
    out += static_cast<char>(bytes);
    out.append(local.sun_path, bytes);
  } else {
    out += static_cast<char>(kAnyFamily);
  }
}

}  // namespace athanor::io::inet
