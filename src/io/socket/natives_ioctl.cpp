// SPDX-License-Identifier: Apache-2.0
// nif_ioctl: what the system tells of network interfaces, and what may be set. Dirty: some drivers take their time.
#include <linux/if.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "io/socket/address.hpp"
#include "io/socket/flags.hpp"
#include "io/socket/ioctl_requests.hpp"
#include "io/socket/natives.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

Term ioctl_request_table(Allocator& heap) {
  Term list = Term::nil();
#define IOCTL(name, number, asks, field) list = bif::cons(heap, bif::make_tuple(heap, atoms::name, Term::small(number)), list);
#include "io/socket/ioctl_requests.def"
#undef IOCTL
  return list;
}

}  // namespace athanor::io::socket

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_tuple;

namespace {

enum class Asks : uint8_t { Get, Set, Special };
enum class Field : uint8_t { None, Index, Flags, Address, Mtu, Hardware, Map, QueueLength };

struct Request { unsigned long number; Asks asks; Field field; };
constexpr Request kRequests[] = {
#define IOCTL(name, number, asks, field) {number, Asks::asks, Field::field},
#include "io/socket/ioctl_requests.def"
#undef IOCTL
};

const Request* find_request(uint64_t number, Asks asks) {
  for (const Request& request : kRequests)
    if (request.number == number && request.asks == asks) return &request;
  return nullptr;
}

Term show(Allocator& heap, Field field, const ifreq& answer) {
  switch (field) {
    case Field::Index: return Term::small(answer.ifr_ifindex);
    case Field::Flags: return flag_list(heap, interface_flags(), answer.ifr_flags);
    case Field::Address: return make_address(heap, &answer.ifr_addr, 0);
    case Field::Mtu: return Term::small(answer.ifr_mtu);
    case Field::Hardware: return make_hardware_address(heap, &answer.ifr_hwaddr);
    case Field::QueueLength: return Term::small(answer.ifr_qlen);
    case Field::Map: {
      const ifmap& map = answer.ifr_map;
      return make_map(heap, {{atoms::mem_start, integer::from_uint64(heap, map.mem_start)}, {atoms::mem_end, integer::from_uint64(heap, map.mem_end)},
                             {atoms::base_addr, Term::small(map.base_addr)}, {atoms::irq, Term::small(map.irq)},
                             {atoms::dma, Term::small(map.dma)}, {atoms::port, Term::small(map.port)}});
    }
    case Field::None: break;
  }
  return Term::none();
}

// none(): done; else the name of what is wrong.
Term read(Field field, Term value, ifreq& request) {
  if (field == Field::Address) {
    Address address;
    if (!read_address(value, address) || address.length > sizeof request.ifr_addr) return atoms::sockaddr;
    std::memcpy(&request.ifr_addr, &address.any, address.length);
    return Term::none();
  }
  if (field == Field::Mtu) return read_int(value, request.ifr_mtu) ? Term::none() : atoms::mtu;
  return read_int(value, request.ifr_qlen) ? Term::none() : atoms::txqlen;
}

bool read_name(Term term, ifreq& request) {
  std::string name;
  if (!read_latin1(term, name)) return false;
  name.resize(std::min<size_t>(::strnlen(name.data(), name.size()), IFNAMSIZ - 1));
  std::memcpy(request.ifr_name, name.data(), name.size());
  return true;
}

BifResult not_supported(Process& self) { return failed(self.heap(), atoms::enotsup); }

Term string_term(Allocator& heap, const char* text, size_t room) { return latin1_list(heap, {text, ::strnlen(text, room)}); }

BifResult interface_list(Process& self, Socket& socket) {
  std::vector<ifreq> entries(32);
  ifconf request;
  for (;;) {
    request.ifc_len = static_cast<int>(entries.size() * sizeof(ifreq));
    request.ifc_req = entries.data();
    if (::ioctl(socket.descriptor, SIOCGIFCONF, &request) < 0) return error_tuple(self.heap(), errno);
    if (static_cast<size_t>(request.ifc_len) < entries.size() * sizeof(ifreq)) break;
    entries.resize(entries.size() * 2);
  }
  Allocator& heap = self.heap();
  std::vector<Term> list;
  for (size_t i = 0; i < static_cast<size_t>(request.ifc_len) / sizeof(ifreq); ++i)
    list.push_back(make_map(heap, {{atoms::name, string_term(heap, entries[i].ifr_name, IFNAMSIZ)},
                                   {atoms::addr, make_address(heap, &entries[i].ifr_addr, 0)}}));
  return ok(heap, make_list(heap, list.data(), list.size()));
}

BifResult interface_name(Process& self, Socket& socket, Term index) {
  ifreq request{};
  if (!read_int(index, request.ifr_ifindex)) return self.badarg();
  if (::ioctl(socket.descriptor, SIOCGIFNAME, &request) < 0) return error_tuple(self.heap(), errno);
  return ok(self.heap(), string_term(self.heap(), request.ifr_name, IFNAMSIZ));
}

// `changes`: #{Flag => boolean()}; what it does not name stays as it is.
BifResult set_flags(Process& self, Socket& socket, Term name, Term changes) {
  ifreq request{};
  if (!read_name(name, request)) return self.badarg();
  if (::ioctl(socket.descriptor, SIOCGIFFLAGS, &request) < 0) return error_tuple(self.heap(), errno);
  if (!is_map(changes)) return self.badarg();
  int flags = request.ifr_flags;
  map::Iterator iterator(changes);
  for (Term flag, value; iterator.next(flag, value);) {
    int number;
    if (!read_int(flag, number)) return self.badarg();
    flags = value == atoms::true_ ? flags | number : flags & ~number;
  }
  request.ifr_flags = static_cast<short>(flags);
  return ::ioctl(socket.descriptor, SIOCSIFFLAGS, &request) < 0 ? BifResult(error_tuple(self.heap(), errno)) : BifResult(atoms::ok);
}

BifResult get(Process& self, Socket& socket, uint64_t number, Term argument) {
  if (number == SIOCGIFNAME) return interface_name(self, socket, argument);
  const Request* request = find_request(number, Asks::Get);
  if (request == nullptr) return not_supported(self);
  ifreq answer{};
  if (!read_name(argument, answer)) return self.badarg();
  if (::ioctl(socket.descriptor, request->number, &answer) < 0) return error_tuple(self.heap(), errno);
  return ok(self.heap(), show(self.heap(), request->field, answer));
}

BifResult set(Process& self, Socket& socket, uint64_t number, Term name, Term value) {
  if (number == SIOCSIFFLAGS) return set_flags(self, socket, name, value);
  constexpr Request kNetmask{SIOCSIFNETMASK, Asks::Set, Field::Address};   // has a number, but no name
  const Request* request = number == SIOCSIFNETMASK ? &kNetmask : find_request(number, Asks::Set);
  if (request == nullptr) return not_supported(self);
  ifreq wish{};
  if (!read_name(name, wish)) return self.badarg();
  Term wrong = read(request->field, value, wish);
  if (!wrong.is_none()) return invalid(self.heap(), wrong);
  return ::ioctl(socket.descriptor, request->number, &wish) < 0 ? BifResult(error_tuple(self.heap(), errno)) : BifResult(atoms::ok);
}

// The socket and the request's number, with the read side locked; else the answer.
struct Call {
  Socket* socket = nullptr;
  uint64_t number = 0;
  std::unique_lock<std::mutex> lock;
  BifResult answer = atoms::ok;
  Call(Process& self, const Term* args) {
    Socket* found = socket_of(args[0]);
    if (found == nullptr || !integer::to_uint64(args[1], number)) { answer = self.badarg(); return; }
    lock = std::unique_lock(found->read.mutex);
    if (!found->read.is_open()) { answer = closed(self); return; }
    socket = found;
  }
};

}  // namespace

BifResult nif_ioctl_2(Process& self, const Term* args) {
  Call call(self, args);
  if (call.socket == nullptr) return call.answer;
  return call.number == SIOCGIFCONF ? interface_list(self, *call.socket) : not_supported(self);
}
BifResult nif_ioctl_3(Process& self, const Term* args) {
  Call call(self, args);
  return call.socket == nullptr ? call.answer : get(self, *call.socket, call.number, args[2]);
}
BifResult nif_ioctl_4(Process& self, const Term* args) {
  Call call(self, args);
  return call.socket == nullptr ? call.answer : set(self, *call.socket, call.number, args[2], args[3]);
}

}  // namespace athanor::bif::prim_socket
