// SPDX-License-Identifier: Apache-2.0
#include "io/socket/address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "io/socket/arguments.hpp"
#include "io/socket/hardware.hpp"
#include "term/binary.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

namespace {

constexpr size_t kFamilyBytes = offsetof(sockaddr, sa_data);

// Bytes of a field; false: no such field, or no bytes, or too many.
bool read_bytes(Term map, Term key, char* to, size_t room, size_t& bytes) {
  std::string data;
  Term term = map::get(map, key);
  if (term.is_none() || !bif::iolist_to_string(term, data) || data.size() > room) return false;
  std::memcpy(to, data.data(), data.size());
  bytes = data.size();
  return true;
}

bool read_native(Term map, int family, Address& address) {
  size_t bytes;
  address.storage = {};
  address.storage.ss_family = static_cast<sa_family_t>(family);
  if (!read_bytes(map, atoms::addr, address.any.sa_data, sizeof address.storage - kFamilyBytes, bytes)) return false;
  address.length = static_cast<socklen_t>(kFamilyBytes + bytes);
  return true;
}

bool read_port(Term map, in_port_t& port) {
  int number;
  Term term = map::get(map, atoms::port);
  if (term.is_none() || !read_int(term, number)) return false;
  port = htons(static_cast<uint16_t>(number));
  return true;
}

bool read_in(Term map, Address& address) {
  address.storage = {};
  address.in.sin_family = AF_INET;
  address.length = sizeof address.in;
  Term addr = map::get(map, atoms::addr);
  return read_port(map, address.in.sin_port) && !addr.is_none() && read_in_address(addr, address.in.sin_addr);
}

bool read_in6(Term map, Address& address) {
  address.storage = {};
  address.in6.sin6_family = AF_INET6;
  address.length = sizeof address.in6;
  Term flow = map::get(map, atoms::flowinfo), scope = map::get(map, atoms::scope_id), addr = map::get(map, atoms::addr);
  unsigned flow_number, scope_number;
  if (flow.is_none() || !read_unsigned(flow, flow_number) || scope.is_none() || !read_unsigned(scope, scope_number)) return false;
  address.in6.sin6_flowinfo = flow_number;
  address.in6.sin6_scope_id = scope_number;
  return read_port(map, address.in6.sin6_port) && !addr.is_none() && read_in6_address(addr, address.in6.sin6_addr);
}

// A path is ended by a zero that the length does not count; an abstract name starts with one and needs no end.
bool read_local(Term map, Address& address) {
  size_t bytes;
  address.storage = {};
  address.local.sun_family = AF_UNIX;
  constexpr size_t kRoom = sizeof address.local.sun_path;
  if (!read_bytes(map, atoms::path, address.local.sun_path, kRoom, bytes)) return false;
  if (bytes == kRoom && address.local.sun_path[0] != '\0') return false;
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes);
  return true;
}

Term make_native(Allocator& heap, const sockaddr* address, size_t length, Term family) {
  size_t bytes = length > kFamilyBytes ? length - kFamilyBytes : 0;
  return make_map(heap, {{atoms::family, family}, {atoms::addr, binary::from_bytes(heap, address->sa_data, bytes)}});
}

Term make_local(Allocator& heap, const sockaddr_un& address, int length) {
  constexpr size_t kPath = offsetof(sockaddr_un, sun_path);
  size_t room = length > 0 ? std::min<size_t>(static_cast<size_t>(length) - kPath, sizeof address.sun_path)
                           : ::strnlen(address.sun_path, sizeof address.sun_path - 1) + 1;
  size_t bytes = ::strnlen(address.sun_path, room);
  if (bytes == 0) bytes = room;                     // abstract: all of it counts
  return make_map(heap, {{atoms::family, atoms::local}, {atoms::path, binary::from_bytes(heap, address.sun_path, bytes)}});
}

Term make_packet(Allocator& heap, const sockaddr_ll& address, size_t length) {
  size_t bytes = std::min<size_t>(address.sll_halen, length - offsetof(sockaddr_ll, sll_addr));
  return make_map(heap, {{atoms::family, atoms::packet},
                         {atoms::protocol, Term::small(ntohs(address.sll_protocol))},
                         {atoms::ifindex, Term::small(address.sll_ifindex)},
                         {atoms::hatype, hardware_type(address.sll_hatype)},
                         {atoms::pkttype, packet_type(address.sll_pkttype)},
                         {atoms::addr, binary::from_bytes(heap, address.sll_addr, bytes)}});
}

}  // namespace

bool read_in_address(Term term, in_addr& address) {
  if (term == atoms::loopback) address.s_addr = htonl(INADDR_LOOPBACK);
  else if (term == atoms::any) address.s_addr = htonl(INADDR_ANY);
  else if (term == atoms::broadcast) address.s_addr = htonl(INADDR_BROADCAST);
  else {
    if (!is_tuple_of(term, 4)) return false;
    uint8_t bytes[4];
    for (size_t i = 0; i < 4; ++i) {
      int value;
      if (!read_int(tuple_element(term, i), value) || value < 0 || value > 255) return false;
      bytes[i] = static_cast<uint8_t>(value);
    }
    std::memcpy(&address, bytes, sizeof bytes);
  }
  return true;
}

bool read_in6_address(Term term, in6_addr& address) {
  if (term == atoms::loopback) address = IN6ADDR_LOOPBACK_INIT;
  else if (term == atoms::any) address = IN6ADDR_ANY_INIT;
  else {
    if (!is_tuple_of(term, 8)) return false;
    for (size_t i = 0; i < 8; ++i) {
      int value;
      if (!read_int(tuple_element(term, i), value) || value < 0 || value > 65535) return false;
      address.s6_addr[2 * i] = static_cast<uint8_t>(value >> 8);
      address.s6_addr[2 * i + 1] = static_cast<uint8_t>(value);
    }
  }
  return true;
}

bool read_address(Term map, Address& address) {
  if (!is_map(map)) return false;
  int family;
  bool by_number;
  Term term = map::get(map, atoms::family);
  if (term.is_none() || !read_domain(term, family, &by_number)) return false;
  if (by_number || family == AF_UNSPEC) return read_native(map, family, address);
  if (family == AF_INET) return read_in(map, address);
  return family == AF_INET6 ? read_in6(map, address) : read_local(map, address);
}

Term make_in_address(Allocator& heap, const in_addr& address) {
  uint8_t bytes[4];
  std::memcpy(bytes, &address, sizeof bytes);
  return bif::make_tuple(heap, Term::small(bytes[0]), Term::small(bytes[1]), Term::small(bytes[2]), Term::small(bytes[3]));
}

Term make_in6_address(Allocator& heap, const in6_addr& address) {
  Term* place = heap.allocate(9);
  place[0].raw = tuple_header(8);
  for (int i = 0; i < 8; ++i) place[1 + i] = Term::small(address.s6_addr[2 * i] << 8 | address.s6_addr[2 * i + 1]);
  return Term::boxed(place);
}

Term make_address(Allocator& heap, const sockaddr* address, int length) {
  if (length > 0 && static_cast<size_t>(length) < kFamilyBytes) return binary::from_bytes(heap, address, static_cast<size_t>(length));
  auto complete = [&](size_t bytes) { return length <= 0 || static_cast<size_t>(length) >= bytes; };
  size_t known = length > 0 ? static_cast<size_t>(length) : 0;
  switch (address->sa_family) {
    case AF_INET: {
      if (!complete(sizeof(sockaddr_in))) return make_native(heap, address, known, atoms::inet);
      const auto& in = *reinterpret_cast<const sockaddr_in*>(address);
      return make_map(heap, {{atoms::family, atoms::inet}, {atoms::port, Term::small(ntohs(in.sin_port))},
                             {atoms::addr, make_in_address(heap, in.sin_addr)}});
    }
    case AF_INET6: {
      if (!complete(sizeof(sockaddr_in6))) return make_native(heap, address, known, atoms::inet6);
      const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(address);
      // OTP: flow information and scope are shown as C's signed numbers.
      return make_map(heap, {{atoms::family, atoms::inet6}, {atoms::port, Term::small(ntohs(in6.sin6_port))},
                             {atoms::addr, make_in6_address(heap, in6.sin6_addr)},
                             {atoms::flowinfo, Term::small(static_cast<int32_t>(in6.sin6_flowinfo))},
                             {atoms::scope_id, Term::small(static_cast<int32_t>(in6.sin6_scope_id))}});
    }
    case AF_UNIX: return make_local(heap, *reinterpret_cast<const sockaddr_un*>(address), length);
    case AF_PACKET:
      if (!complete(sizeof(sockaddr_ll))) return make_native(heap, address, known, atoms::packet);
      return make_packet(heap, *reinterpret_cast<const sockaddr_ll*>(address), length > 0 ? known : sizeof(sockaddr_ll));
    case AF_UNSPEC: return make_native(heap, address, known, atoms::unspec);
    default: return make_native(heap, address, known, Term::small(address->sa_family));
  }
}

Term make_hardware_address(Allocator& heap, const sockaddr* address) {
  return make_native(heap, address, sizeof *address, hardware_address_type(address->sa_family));
}

bool read_domain(Term term, int& domain, bool* by_number) {
  if (by_number != nullptr) *by_number = false;
  if (term == atoms::inet) domain = AF_INET;
  else if (term == atoms::inet6) domain = AF_INET6;
  else if (term == atoms::local) domain = AF_UNIX;
  else if (term == atoms::unspec) domain = AF_UNSPEC;
  else {
    if (by_number != nullptr) *by_number = true;
    return read_int(term, domain);
  }
  return true;
}

Term make_domain(int domain) {
  switch (domain) {
    case AF_INET: return atoms::inet;
    case AF_INET6: return atoms::inet6;
    case AF_UNIX: return atoms::local;
    case AF_UNSPEC: return atoms::unspec;
    default: return Term::small(domain);
  }
}

bool read_type(Term term, int& type) {
  if (term == atoms::stream) type = SOCK_STREAM;
  else if (term == atoms::dgram) type = SOCK_DGRAM;
  else if (term == atoms::raw) type = SOCK_RAW;
  else if (term == atoms::seqpacket) type = SOCK_SEQPACKET;
  else return read_int(term, type);
  return true;
}

Term make_type(int type) {
  switch (type) {
    case SOCK_STREAM: return atoms::stream;
    case SOCK_DGRAM: return atoms::dgram;
    case SOCK_RAW: return atoms::raw;
    case SOCK_SEQPACKET: return atoms::seqpacket;
    case SOCK_RDM: return atoms::rdm;
    default: return Term::small(type);
  }
}

bool read_level(Term term, int& level) {
  if (term != atoms::socket) return read_int(term, level);
  level = SOL_SOCKET;
  return true;
}
Term make_level(int level) { return level == SOL_SOCKET ? atoms::socket : Term::small(level); }

}  // namespace athanor::io::socket
