// SPDX-License-Identifier: Apache-2.0
#include "io/inet/options.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

#include "io/inet/address.hpp"

namespace athanor::io::inet {

namespace {

enum class Failure : uint8_t { Hide, Tell };
struct SystemOption { uint8_t number; int level, name; Failure failure; };
constexpr SystemOption kSystemOptions[] = {
#define SYSTEM_OPTION(number, level, name, failure) {number, level, name, Failure::failure},
#include "io/inet/options.def"
#undef SYSTEM_OPTION
};

const SystemOption* find(uint8_t number) {
  for (const SystemOption& option : kSystemOptions) {
    if (option.number == number) return &option;
  }
  return nullptr;
}

Setting set_membership(int socket, int family, uint8_t number, uint32_t domain, OptionReader& more) {
  uint32_t interface;
  std::string_view group, local;
  if (!more.number(interface)) return Setting::Invalid;
  if (domain == kInet && family == AF_INET) {
    struct ip_mreqn request = {};
    if (!more.text(4, group) || !more.text(4, local)) return Setting::Invalid;
    std::memcpy(&request.imr_multiaddr, group.data(), 4);
    std::memcpy(&request.imr_address, local.data(), 4);
    request.imr_ifindex = static_cast<int>(interface);
    ::setsockopt(socket, IPPROTO_IP, number == kAddMembership ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
    return Setting::Done;   // OTP: whatever comes of it
  }
  if (domain == kInet6 && family == AF_INET6) {
    struct ipv6_mreq request = {};
    if (!more.text(16, group)) return Setting::Invalid;
    std::memcpy(&request.ipv6mr_multiaddr, group.data(), 16);
    request.ipv6mr_interface = interface;
    ::setsockopt(socket, IPPROTO_IPV6, number == kAddMembership ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, &request, sizeof request);
    return Setting::Done;
  }
  return Setting::Invalid;
}

Setting set_multicast_interface(int socket, int family, uint32_t value) {
  uint32_t network = htonl(value);
  if (family == AF_INET) ::setsockopt(socket, IPPROTO_IP, IP_MULTICAST_IF, &network, sizeof network);
  else if (family == AF_INET6) ::setsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &value, sizeof value);
  else return Setting::Invalid;
  return Setting::Done;
}

void put(std::string& reply, uint8_t number, uint32_t value) {
  reply += static_cast<char>(number);
  write_number(reply, value, 4);
}

constexpr size_t kRawHead = 13;   // number, level, name, length

Setting get_raw(int socket, OptionReader& more, std::string& reply) {
  uint32_t level, name, has_data, bytes;
  std::string_view given;
  if (!more.number(level) || !more.number(name) || !more.number(has_data, 1) || !more.number(bytes)) return Setting::Invalid;
  if (reply.size() + kRawHead + bytes > kLongestOptionReply || (has_data != 0 && !more.text(bytes, given))) return Setting::Invalid;
  std::string value(bytes, '\0');
  if (!given.empty()) std::memcpy(value.data(), given.data(), given.size());
  auto length = static_cast<socklen_t>(bytes);
  if (::getsockopt(socket, static_cast<int>(level), static_cast<int>(name), value.data(), &length) != 0) return Setting::Done;
  put(reply, kRaw, level);
  write_number(reply, name, 4);
  write_number(reply, length, 4);
  reply.append(value, 0, length);
  return Setting::Done;
}

// What the last packet's header said, of a stream: each as an option again.
Setting get_packet_options(int socket, int family, std::string& reply) {
  if (family != AF_INET && family != AF_INET6) return Setting::Invalid;
  alignas(struct cmsghdr) char control[2 * CMSG_SPACE(sizeof(int))];
  socklen_t length = sizeof control;
  int got = family == AF_INET ? ::getsockopt(socket, IPPROTO_IP, IP_PKTOPTIONS, control, &length)
                              : ::getsockopt(socket, IPPROTO_IPV6, IPV6_2292PKTOPTIONS, control, &length);
  if (got != 0) return Setting::Done;
  std::string inner;
  struct msghdr message = {};
  message.msg_control = control;
  message.msg_controllen = length;
  for (struct cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) write_ancillary(*at, inner);
  put(reply, kPacketOptions, static_cast<uint32_t>(inner.size()));
  reply += inner;
  return Setting::Done;
}

}  // namespace

void write_ancillary(const cmsghdr& header, std::string& out) {
  uint8_t number = 0;
  if (header.cmsg_level == IPPROTO_IP && (header.cmsg_type == IP_TOS || header.cmsg_type == IP_RECVTOS)) number = 9;
  else if (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_TCLASS) number = 41;
  else if (header.cmsg_level == IPPROTO_IP && (header.cmsg_type == IP_TTL || header.cmsg_type == IP_RECVTTL)) number = 46;
  else return;
  const unsigned char* data = CMSG_DATA(&header);
  size_t bytes = header.cmsg_len - CMSG_LEN(0);
  uint32_t value = 0;
  if (bytes == 1) value = data[0];
  else if (bytes >= sizeof value) std::memcpy(&value, data, sizeof value);
  put(out, number, value);
}

bool OptionReader::number(uint32_t& value, size_t bytes) {
  if (rest_.size() < bytes) return false;
  value = read_number(rest_, static_cast<int>(bytes));
  rest_.remove_prefix(bytes);
  return true;
}

bool OptionReader::text(size_t bytes, std::string_view& value) {
  if (rest_.size() < bytes) return false;
  value = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return true;
}

Setting set_system_option(int socket, int family, uint8_t number, uint32_t value, OptionReader& more) {
  std::string_view text;
  uint32_t name, bytes;
  switch (number) {
    case kLinger: {
      struct linger linger = {static_cast<int>(value), 0};
      if (!more.number(bytes)) return Setting::Invalid;
      linger.l_linger = static_cast<int>(bytes);
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
      return Setting::Done;
    }
    case kRaw:
      if (!more.number(name) || !more.number(bytes) || !more.text(bytes, text)) return Setting::Invalid;
      ::setsockopt(socket, static_cast<int>(value), static_cast<int>(name), text.data(), static_cast<socklen_t>(text.size()));
      return Setting::Done;
    case kBindToDevice: {
      char device[IFNAMSIZ] = {};
      if (!more.text(value, text) || text.size() >= sizeof device) return Setting::Invalid;
      std::memcpy(device, text.data(), text.size());
      return ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device, sizeof device) == 0 ? Setting::Done : Setting::Invalid;
    }
    case kMulticastInterface: return set_multicast_interface(socket, family, value);
    case kAddMembership:
    case kDropMembership: return set_membership(socket, family, number, value, more);
    default: break;
  }
  const SystemOption* option = find(number);
  if (option == nullptr) return Setting::Unknown;
  int whole = static_cast<int>(value), priority = 0;
  socklen_t length = sizeof priority;
  // Linux changes the priority with the type of service; programs see them as two things.
  bool keeps = option->name == IP_TOS && option->level == IPPROTO_IP && ::getsockopt(socket, SOL_SOCKET, SO_PRIORITY, &priority, &length) == 0;
  bool is_set = ::setsockopt(socket, option->level, option->name, &whole, sizeof whole) == 0;
  if (is_set && keeps) ::setsockopt(socket, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
  return is_set || option->failure == Failure::Hide ? Setting::Done : Setting::Invalid;
}

Setting get_system_option(int socket, int family, uint8_t number, OptionReader& more, std::string& reply) {
  switch (number) {
    case kLinger: {
      struct linger linger = {};
      socklen_t length = sizeof linger;
      if (::getsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, &length) != 0) return Setting::Done;
      put(reply, number, static_cast<uint32_t>(linger.l_onoff));
      write_number(reply, static_cast<uint32_t>(linger.l_linger), 4);
      return Setting::Done;
    }
    case kRaw: return get_raw(socket, more, reply);
    case kPacketOptions: return get_packet_options(socket, family, reply);
    case kBindToDevice: {
      char device[IFNAMSIZ] = {};
      socklen_t length = sizeof device;
      if (::getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device, &length) != 0) return Setting::Done;
      size_t bytes = ::strnlen(device, length);
      put(reply, number, static_cast<uint32_t>(bytes));
      reply.append(device, bytes);
      return Setting::Done;
    }
    case kMulticastInterface: {
      uint32_t value = 0;
      socklen_t length = sizeof value;
      if (family != AF_INET && family != AF_INET6) return Setting::Invalid;
      bool is_four = family == AF_INET;
      if (::getsockopt(socket, is_four ? IPPROTO_IP : IPPROTO_IPV6, is_four ? IP_MULTICAST_IF : IPV6_MULTICAST_IF, &value, &length) != 0) {
        return Setting::Done;
      }
      // OTP: the value's bytes, then the family.
      put(reply, number, is_four ? ntohl(value) : value);
      write_number(reply, is_four ? kInet : kInet6, 4);
      return Setting::Done;
    }
    default: break;
  }
  const SystemOption* option = find(number);
  if (option == nullptr) return Setting::Unknown;
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(socket, option->level, option->name, &value, &length) == 0) put(reply, number, static_cast<uint32_t>(value));
  return Setting::Done;
}

}  // namespace athanor::io::inet
