// SPDX-License-Identifier: Apache-2.0
#include "io/inet/udp_messages.hpp"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace athanor::io::inet {

namespace {

Term tuple_of(Allocator& heap, const Term* elements, size_t count) {
  Term* place = heap.allocate(count + 1);
  place[0].raw = tuple_header(count);
  for (size_t i = 0; i < count; ++i) place[1 + i] = elements[i];
  return Term::boxed(place);
}

}  // namespace

Term address_terms(Allocator& heap, const Address& address, Term& port) {
  std::string bytes;
  if (!write_address(address, bytes)) {
    port = Term::small(0);
    return bif::make_tuple(heap, address.storage.ss_family == AF_UNSPEC ? intern("unspec") : atoms::undefined, binary::from_text(heap, {}));
  }
  Term parts[8];
  if (bytes[0] == kLocal) {
    port = Term::small(0);
    return bif::make_tuple(heap, atoms::local, binary::from_text(heap, std::string_view(bytes).substr(2)));
  }
  port = Term::small(read_number(std::string_view(bytes).substr(1), 2));
  if (bytes[0] == kInet) {
    for (size_t i = 0; i < 4; ++i) parts[i] = Term::small(static_cast<uint8_t>(bytes[3 + i]));
    return tuple_of(heap, parts, 4);
  }
  for (size_t i = 0; i < 8; ++i) parts[i] = Term::small(read_number(std::string_view(bytes).substr(3 + 2 * i), 2));
  return tuple_of(heap, parts, 8);
}

std::string address_bytes(const Address& address) {
  std::string bytes;
  if (!write_address(address, bytes)) bytes.assign(1, static_cast<char>(address.storage.ss_family == AF_UNSPEC ? kUnspecified : kUndefined));
  return bytes;
}

Term with_address(Allocator& heap, Term data, const Address& address) {
  std::string bytes = address_bytes(address);
  for (size_t i = bytes.size(); i-- > 0;) data = bif::cons(heap, Term::small(static_cast<uint8_t>(bytes[i])), data);
  return data;
}

Term ancillary_list(Allocator& heap, const msghdr& message) {
  std::string bytes;
  auto* header = const_cast<msghdr*>(&message);
  for (cmsghdr* at = CMSG_FIRSTHDR(header); at != nullptr; at = CMSG_NXTHDR(header, at)) write_ancillary(*at, bytes);
  Term list = Term::nil();
  for (size_t at = bytes.size(); at >= 5; at -= 5) {
    std::string_view one = std::string_view(bytes).substr(at - 5, 5);
    Term name = one[0] == 9 ? intern("tos") : one[0] == 41 ? intern("tclass") : intern("ttl");
    list = bif::cons(heap, bif::make_tuple(heap, name, Term::small(static_cast<int32_t>(read_number(one.substr(1), 4)))), list);
  }
  return list;
}

bool read_ancillary(std::string_view data, msghdr& message) {
  std::memset(message.msg_control, 0, message.msg_controllen);
  size_t used = 0;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); !data.empty(); at = CMSG_NXTHDR(&message, at)) {
    if (at == nullptr || data.size() < 5) return false;
    switch (data[0]) {
      case 9: at->cmsg_level = IPPROTO_IP, at->cmsg_type = IP_TOS; break;
      case 41: at->cmsg_level = IPPROTO_IPV6, at->cmsg_type = IPV6_TCLASS; break;
      case 46: at->cmsg_level = IPPROTO_IP, at->cmsg_type = IP_TTL; break;
      default: return false;
    }
    int value = static_cast<int>(read_number(data.substr(1), 4));
    at->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(at), &value, sizeof value);
    used += CMSG_SPACE(sizeof value);
    data.remove_prefix(5);
  }
  message.msg_controllen = used;
  return true;
}

}  // namespace athanor::io::inet
