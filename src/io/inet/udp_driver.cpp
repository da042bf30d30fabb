// SPDX-License-Identifier: Apache-2.0
#include "io/inet/udp_driver.hpp"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/inet/address.hpp"
#include "io/posix_error.hpp"

namespace athanor::io::inet {

namespace {

constexpr char kReplyError = 0, kReplyOk = 1;
constexpr char kEmptyOutputQueue = 1;   // subscription

// Options the system keeps, by their number in the protocol; all are one int.
struct SystemOption { uint8_t number; int level, name; };
constexpr SystemOption kSystemOptions[] = {
    {0, SOL_SOCKET, SO_REUSEADDR}, {1, SOL_SOCKET, SO_KEEPALIVE}, {2, SOL_SOCKET, SO_DONTROUTE}, {4, SOL_SOCKET, SO_BROADCAST},
    {5, SOL_SOCKET, SO_OOBINLINE}, {6, SOL_SOCKET, SO_SNDBUF},    {7, SOL_SOCKET, SO_RCVBUF},    {8, SOL_SOCKET, SO_PRIORITY},
    {9, IPPROTO_IP, IP_TOS},       {12, IPPROTO_IP, IP_MULTICAST_TTL}, {13, IPPROTO_IP, IP_MULTICAST_LOOP},
    {16, IPPROTO_IPV6, IPV6_V6ONLY}, {43, IPPROTO_IP, IP_RECVTOS}, {46, IPPROTO_IP, IP_TTL},     {47, IPPROTO_IP, IP_RECVTTL},
};
enum DriverOption : uint8_t { kLinger = 3, kBuffer = 20, kHeader = 21, kActive = 22, kMode = 24, kDeliver = 25, kExitOnClose = 26 };

const SystemOption* system_option(uint8_t number) {
  for (const SystemOption& option : kSystemOptions) {
    if (option.number == number) return &option;
  }
  return nullptr;
}

}  // namespace

UdpDriver::~UdpDriver() {
  if (socket_ >= 0) ::close(socket_);
}

void UdpDriver::close(Port& port) {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  ports_.release(port);
}

int UdpDriver::open(std::string_view data) {
  if (data.size() != 2 || socket_ >= 0) return EINVAL;
  family_ = static_cast<uint8_t>(data[0]);
  int domain = family_ == kInet ? AF_INET : family_ == kInet6 ? AF_INET6 : family_ == kLocal ? AF_UNIX : -1;
  if (domain < 0 || data[1] != 2) return EINVAL;   // type: datagrams
  socket_ = ::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return socket_ < 0 ? errno : 0;
}

int UdpDriver::bind(std::string_view data, std::string& reply) {
  sockaddr_storage address;
  socklen_t length;
  if (socket_ < 0) return EINVAL;
  if (!read_address(data, address, length)) return EINVAL;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0) return errno;
  length = sizeof address;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  std::string whole;
  write_address(address, length, whole);
  reply.append(whole, 1, 2);   // the port
  return 0;
}

// Repeated (option, value); the value of all is 32 bits, but linger (64) and active with a count (48).
int UdpDriver::set_options(std::string_view data) {
  while (!data.empty()) {
    auto option = static_cast<uint8_t>(data[0]);
    data.remove_prefix(1);
    size_t bytes = option == kLinger ? 8 : 4;
    if (data.size() < bytes) return EINVAL;
    int value = static_cast<int>(read_number(data, 4));
    if (option == kLinger) {
      struct linger linger = {value, static_cast<int>(read_number(data.substr(4), 4))};
      if (socket_ >= 0 && ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) != 0) return errno;
    } else if (const SystemOption* system = system_option(option)) {
      if (socket_ < 0) return EINVAL;
      if (::setsockopt(socket_, system->level, system->name, &value, sizeof value) != 0) return errno;
    } else {
      auto number = static_cast<uint32_t>(value);
      switch (option) {
        case kBuffer: buffer_ = number; break;
        case kHeader: header_ = number; break;
        case kActive: active_ = number; break;
        case kMode: mode_ = number; break;
        case kDeliver: deliver_ = number; break;
        case kExitOnClose: exit_on_close_ = number; break;
        default: return EINVAL;
      }
      if (option == kActive && number == 3) {
        if (data.size() < 6) return EINVAL;
        data.remove_prefix(2);
      }
    }
    data.remove_prefix(bytes);
  }
  return 0;
}

int UdpDriver::get_options(std::string_view data, std::string& reply) {
  for (char number : data) {
    auto option = static_cast<uint8_t>(number);
    uint32_t value = 0;
    if (option == kLinger) {
      struct linger linger = {};
      socklen_t length = sizeof linger;
      if (socket_ < 0 || ::getsockopt(socket_, SOL_SOCKET, SO_LINGER, &linger, &length) != 0) continue;
      reply += number;
      write_number(reply, static_cast<uint32_t>(linger.l_onoff), 4);
      write_number(reply, static_cast<uint32_t>(linger.l_linger), 4);
      continue;
    }
    if (const SystemOption* system = system_option(option)) {
      int result = 0;
      socklen_t length = sizeof result;
      if (socket_ < 0 || ::getsockopt(socket_, system->level, system->name, &result, &length) != 0) continue;   // OTP: left out
      value = static_cast<uint32_t>(result);
    } else {
      switch (option) {
        case kBuffer: value = buffer_; break;
        case kHeader: value = header_; break;
        case kActive: value = active_; break;
        case kMode: value = mode_; break;
        case kDeliver: value = deliver_; break;
        case kExitOnClose: value = exit_on_close_; break;
        default: return EINVAL;
      }
    }
    reply += number;
    write_number(reply, value, 4);
  }
  return 0;
}

bool UdpDriver::control(Port&, uint32_t operation, std::string_view data, std::string& reply) {
  if (operation < kControlBase) return false;
  int error = 0;
  reply = kReplyOk;
  switch (operation - kControlBase) {
    case kOpen: error = open(data); break;
    case kBind: error = bind(data, reply); break;
    case kSetOptions: error = set_options(data); break;
    case kGetOptions: error = get_options(data, reply); break;
    case kSubscribe:
      for (char what : data) {
        if (what != kEmptyOutputQueue) { error = EINVAL; break; }
        reply += what;
        write_number(reply, 0, 4);   // nothing is ever queued
      }
      break;
    case kGetHostName: {
      char name[256];
      if (::gethostname(name, sizeof name) != 0) error = errno;
      else reply.append(name, ::strnlen(name, sizeof name));
      break;
    }
    case kGetDescriptor: write_number(reply, static_cast<uint32_t>(socket_), 4); break;
    case kName:
    case kPeer: {
      sockaddr_storage address;
      socklen_t length = sizeof address;
      auto* place = reinterpret_cast<sockaddr*>(&address);
      bool peer = operation - kControlBase == kPeer;
      if (socket_ < 0) error = EINVAL;
      else if ((peer ? ::getpeername(socket_, place, &length) : ::getsockname(socket_, place, &length)) != 0) error = errno;
      else write_address(address, length, reply);
      break;
    }
    default: error = ENOTSUP; break;
  }
  if (error != 0) {
    reply = kReplyError;
    reply += error_name(error);
  }
  return true;
}

// Address, length of ancillary data and these, the datagram.
void UdpDriver::output(Port& port, std::string&& bytes) {
  std::string_view data = bytes;
  sockaddr_storage address;
  socklen_t length;
  int error = 0;
  if (socket_ < 0 || !read_address(data, address, length) || data.size() < 4) {
    error = EINVAL;
  } else {
    size_t ancillary = read_number(data, 4);
    data.remove_prefix(4);
    if (ancillary != 0) error = ENOTSUP;
    else if (::sendto(socket_, data.data(), data.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), length) < 0) error = errno;
  }
  port.send_inet_reply(port.caller(), error);
}

}  // namespace athanor::io::inet
