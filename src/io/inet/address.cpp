// SPDX-License-Identifier: Apache-2.0
#include "io/inet/address.hpp"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace athanor::io::inet {

int system_family(uint8_t family) {
  switch (family) {
    case kInet: return AF_INET;
    case kInet6: return AF_INET6;
    case kLocal: return AF_UNIX;
    default: return -1;
  }
}

uint8_t family_code(int family) {
  switch (family) {
    case AF_INET: return kInet;
    case AF_INET6: return kInet6;
    case AF_UNIX: return kLocal;
    default: return kUndefined;
  }
}

namespace {

void set_inet(Address& address, std::string_view port, const void* host) {
  auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_port, port.data(), 2);
  std::memcpy(&in.sin_addr, host, 4);
  address.length = sizeof in;
}

sockaddr_in6& set_inet6(Address& address, std::string_view port, const void* host) {
  auto& in = reinterpret_cast<sockaddr_in6&>(address.storage);
  in.sin6_family = AF_INET6;
  std::memcpy(&in.sin6_port, port.data(), 2);
  std::memcpy(&in.sin6_addr, host, 16);
  address.length = sizeof in;
  return in;
}

const char* read_local(std::string_view& data, Address& address) {
  if (data.empty()) return "einval";
  size_t bytes = static_cast<uint8_t>(data[0]);
  if (data.size() < 1 + bytes) return "einval";
  auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
  // A path ends in a zero; a name that begins with one (Linux: abstract) does not.
  size_t zero = bytes > 0 && data[1] == '\0' ? 0 : 1;
  if (bytes + zero > sizeof local.sun_path) return "einval";
  local.sun_family = AF_UNIX;
  std::memcpy(local.sun_path, data.data() + 1, bytes);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes);
  data.remove_prefix(1 + bytes);
  return nullptr;
}

const char* read_well_known(uint8_t which, std::string_view& data, int family, Address& address) {
  if (data.size() < 2) return "einval";
  uint32_t four = htonl(which == kAny ? INADDR_ANY : INADDR_LOOPBACK);
  if (family == AF_INET) set_inet(address, data, &four);
  else if (family == AF_INET6) set_inet6(address, data, which == kAny ? &in6addr_any : &in6addr_loopback);
  else return "einval";
  data.remove_prefix(2);
  return nullptr;
}

}  // namespace

const char* read_address(std::string_view& data, int family, Address& address) {
  address = {};
  if (data.empty()) return "einval";
  auto which = static_cast<uint8_t>(data[0]);
  data.remove_prefix(1);
  switch (which) {
    case kInet:
      if (data.size() < 6) return "einval";
      set_inet(address, data, data.data() + 2);
      data.remove_prefix(6);
      return nullptr;
    case kInet6: {
      if (data.size() < 26) return "einval";   // port, address, flow information, scope
      sockaddr_in6& in = set_inet6(address, data, data.data() + 2);
      in.sin6_flowinfo = read_number(data.substr(18), 4);
      in.sin6_scope_id = read_number(data.substr(22), 4);
      data.remove_prefix(26);
      return nullptr;
    }
    case kLocal: return read_local(data, address);
    case kAny:
    case kLoopback: return read_well_known(which, data, family, address);
    default: return "eafnosupport";
  }
}

bool write_address(const Address& address, std::string& out) {
  if (address.storage.ss_family == AF_INET && address.length >= sizeof(sockaddr_in)) {
    auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
    out += static_cast<char>(kInet);
    out.append(reinterpret_cast<const char*>(&in.sin_port), 2);
    out.append(reinterpret_cast<const char*>(&in.sin_addr), 4);
    return true;
  }
  if (address.storage.ss_family == AF_INET6 && address.length >= sizeof(sockaddr_in6)) {
    auto& in = reinterpret_cast<const sockaddr_in6&>(address.storage);
    out += static_cast<char>(kInet6);
    out.append(reinterpret_cast<const char*>(&in.sin6_port), 2);
    out.append(reinterpret_cast<const char*>(&in.sin6_addr), 16);
    return true;
  }
  if (address.storage.ss_family == AF_UNIX && address.length >= offsetof(sockaddr_un, sun_path)) {
    auto& local = reinterpret_cast<const sockaddr_un&>(address.storage);
    size_t bytes = address.length - offsetof(sockaddr_un, sun_path);
    if (bytes > 255) return false;
    size_t text = ::strnlen(local.sun_path, std::min(bytes, sizeof local.sun_path));
    if (text == 0) text = std::min(bytes, sizeof local.sun_path);   // an abstract name, or none at all
    out += static_cast<char>(kLocal);
    out += static_cast<char>(text);
    out.append(local.sun_path, text);
    return true;
  }
  return false;
}

int port_of(const Address& address) {
  if (address.storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  if (address.storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  return -1;
}

}  // namespace athanor::io::inet
