// SPDX-License-Identifier: Apache-2.0
#include "io/inet/interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.hpp"
#include "io/inet/address.hpp"

namespace athanor::io::inet {

namespace {

enum InterfaceOption : uint8_t { kAddress = 1, kBroadcast, kDestination, kMtu, kNetmask, kFlags, kHardware };
enum InterfaceFlag : uint32_t {
  kUp = 1, kHasBroadcast = 2, kIsLoopback = 4, kPointToPoint = 8, kRunning = 16, kMulticast = 32, kDown = 256, kNoBroadcast = 512,
  kNoPointToPoint = 2048,
};

uint32_t flags_of(unsigned flags) {
  uint32_t result = 0;
  if (flags & IFF_UP) result |= kUp | kRunning;   // OTP: what is up is said to run
  if (flags & IFF_BROADCAST) result |= kHasBroadcast;
  if (flags & IFF_LOOPBACK) result |= kIsLoopback;
  if (flags & IFF_POINTOPOINT) result |= kPointToPoint;
  if (flags & IFF_MULTICAST) result |= kMulticast;
  return result;
}

// Family and address without a port; the address of a device in 16 bits of length and its bytes.
void write_host(uint8_t option, const sockaddr* address, std::string& out) {
  if (address == nullptr) return;
  if (address->sa_family == AF_INET || address->sa_family == 0) {
    out += static_cast<char>(option);
    out += static_cast<char>(kInet);
    out.append(reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr), 4);
  } else if (address->sa_family == AF_INET6) {
    out += static_cast<char>(option);
    out += static_cast<char>(kInet6);
    out.append(reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr), 16);
  } else if (address->sa_family == AF_PACKET) {
    auto* device = reinterpret_cast<const sockaddr_ll*>(address);
    size_t bytes = std::min<size_t>(device->sll_halen, sizeof device->sll_addr);
    if (bytes < 2) return;
    out += static_cast<char>(option);
    write_number(out, bytes, 2);
    out.append(reinterpret_cast<const char*>(device->sll_addr), bytes);
  }
}

// Removes length and name from the front.
bool take_name(std::string_view& data, ifreq& request) {
  if (data.empty()) return false;
  size_t bytes = static_cast<uint8_t>(data[0]);
  if (data.size() < 1 + bytes) return false;
  std::memset(&request, 0, sizeof request);
  std::memcpy(request.ifr_name, data.data() + 1, std::min<size_t>(bytes, IFNAMSIZ - 1));
  data.remove_prefix(1 + bytes);
  return true;
}

bool take_host(std::string_view& data, sockaddr& address) {
  if (data.size() < 5 || data[0] != kInet) return false;   // one of IPv6 does not fit these requests
  auto& in = reinterpret_cast<sockaddr_in&>(address);
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, data.data() + 1, 4);
  data.remove_prefix(5);
  return true;
}

bool take_number(std::string_view& data, int bytes, uint32_t& value) {
  if (data.size() < static_cast<size_t>(bytes)) return false;
  value = read_number(data, bytes);
  data.remove_prefix(static_cast<size_t>(bytes));
  return true;
}

void change_flags(int socket, ifreq& request, uint32_t wanted) {
  if (::ioctl(socket, SIOCGIFFLAGS, &request) < 0) request.ifr_flags = 0;
  int flags = request.ifr_flags;
  if (wanted & kUp) flags |= IFF_UP;
  if (wanted & kDown) flags &= ~IFF_UP;
  if (wanted & kHasBroadcast) flags |= IFF_BROADCAST;
  if (wanted & kNoBroadcast) flags &= ~IFF_BROADCAST;
  if (wanted & kPointToPoint) flags |= IFF_POINTOPOINT;
  if (wanted & kNoPointToPoint) flags &= ~IFF_POINTOPOINT;
  if (flags == request.ifr_flags) return;
  request.ifr_flags = static_cast<short>(flags);
  ::ioctl(socket, SIOCSIFFLAGS, &request);
}

}  // namespace

int interface_addresses(std::string& reply) {
  struct ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return errno;
  for (struct ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
    reply += base::utf8_of_latin1(at->ifa_name);
    reply += '\0';
    reply += static_cast<char>(kFlags);
    write_number(reply, flags_of(at->ifa_flags), 4);
    int family = at->ifa_addr == nullptr ? -1 : at->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) {
      write_host(kAddress, at->ifa_addr, reply);
      write_host(kNetmask, at->ifa_netmask, reply);
      if (at->ifa_dstaddr != nullptr && (at->ifa_flags & IFF_POINTOPOINT)) write_host(kDestination, at->ifa_dstaddr, reply);
      else if (at->ifa_flags & IFF_BROADCAST) write_host(kBroadcast, at->ifa_broadaddr, reply);
    } else if (family == AF_PACKET) {
      write_host(kHardware, at->ifa_addr, reply);
    }
    reply += '\0';
  }
  ::freeifaddrs(all);
  return 0;
}

int interface_list(std::string& reply) {
  struct ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return errno;
  // OTP: those that have an IPv4 address, once for each.
  for (struct ifaddrs* at = all; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    reply += at->ifa_name;
    reply += '\0';
  }
  ::freeifaddrs(all);
  return 0;
}

int interface_get(int socket, std::string_view data, std::string& reply) {
  ifreq request;
  if (!take_name(data, request)) return EINVAL;
  for (char option : data) {
    switch (option) {
      case kAddress:
        if (::ioctl(socket, SIOCGIFADDR, &request) == 0) write_host(kAddress, &request.ifr_addr, reply);
        break;
      case kBroadcast:
        if (::ioctl(socket, SIOCGIFBRDADDR, &request) == 0) write_host(kBroadcast, &request.ifr_broadaddr, reply);
        break;
      case kDestination:
        if (::ioctl(socket, SIOCGIFDSTADDR, &request) == 0) write_host(kDestination, &request.ifr_dstaddr, reply);
        break;
      case kNetmask:
        if (::ioctl(socket, SIOCGIFNETMASK, &request) == 0) write_host(kNetmask, &request.ifr_netmask, reply);
        break;
      case kHardware:
        if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) break;
        reply += option;
        write_number(reply, IFHWADDRLEN, 2);
        reply.append(request.ifr_hwaddr.sa_data, IFHWADDRLEN);
        break;
      case kMtu:
        if (::ioctl(socket, SIOCGIFMTU, &request) != 0) break;
        reply += option;
        write_number(reply, static_cast<uint32_t>(request.ifr_mtu), 4);
        break;
      case kFlags:
        reply += option;
        write_number(reply, flags_of(::ioctl(socket, SIOCGIFFLAGS, &request) == 0 ? static_cast<uint16_t>(request.ifr_flags) : 0u), 4);
        break;
      default: return EINVAL;
    }
  }
  return 0;
}

// OTP: what the system refuses is passed over.
int interface_set(int socket, std::string_view data) {
  ifreq request;
  if (!take_name(data, request)) return EINVAL;
  while (!data.empty()) {
    auto option = static_cast<uint8_t>(data[0]);
    data.remove_prefix(1);
    uint32_t value;
    switch (option) {
      case kAddress:
        if (!take_host(data, request.ifr_addr)) return EINVAL;
        ::ioctl(socket, SIOCSIFADDR, &request);
        break;
      case kBroadcast:
        if (!take_host(data, request.ifr_broadaddr)) return EINVAL;
        ::ioctl(socket, SIOCSIFBRDADDR, &request);
        break;
      case kDestination:
        if (!take_host(data, request.ifr_dstaddr)) return EINVAL;
        ::ioctl(socket, SIOCSIFDSTADDR, &request);
        break;
      case kNetmask:
        if (!take_host(data, request.ifr_netmask)) return EINVAL;
        ::ioctl(socket, SIOCSIFNETMASK, &request);
        break;
      case kHardware:
        if (!take_number(data, 2, value) || data.size() < value) return EINVAL;
        std::memset(&request.ifr_hwaddr, 0, sizeof request.ifr_hwaddr);
        std::memcpy(request.ifr_hwaddr.sa_data, data.data(), std::min<size_t>(value, sizeof request.ifr_hwaddr.sa_data));
        data.remove_prefix(value);
        ::ioctl(socket, SIOCSIFHWADDR, &request);
        break;
      case kMtu:
        if (!take_number(data, 4, value)) return EINVAL;
        request.ifr_mtu = static_cast<int>(value);
        ::ioctl(socket, SIOCSIFMTU, &request);
        break;
      case kFlags:
        if (!take_number(data, 4, value)) return EINVAL;
        change_flags(socket, request, value);
        break;
      default: return EINVAL;
    }
  }
  return 0;
}

}  // namespace athanor::io::inet
