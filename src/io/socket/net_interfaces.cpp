// SPDX-License-Identifier: Apache-2.0
// prim_net: the network interfaces of this system.
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/network_namespace.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "io/socket/net.def"
#include "bif/declare.inc"

namespace athanor::bif::prim_net {

using namespace io::socket;
using io::error_tuple;

namespace {

Term text_term(Allocator& heap, const char* text) { return latin1_list(heap, text); }

// OTP: fewer flags are named here than by socket:ioctl/3, and what is left over is not shown.
Term flags_term(Allocator& heap, unsigned flags) {
  static constexpr struct { unsigned number; Term name; } kFlags[] = {
      {IFF_UP, atoms::up},           {IFF_BROADCAST, atoms::broadcast}, {IFF_DEBUG, atoms::debug},         {IFF_LOOPBACK, atoms::loopback},
      {IFF_POINTOPOINT, atoms::pointopoint}, {IFF_NOTRAILERS, atoms::notrailers}, {IFF_RUNNING, atoms::running}, {IFF_NOARP, atoms::noarp},
      {IFF_PROMISC, atoms::promisc}, {IFF_MASTER, atoms::master},       {IFF_SLAVE, atoms::slave},         {IFF_MULTICAST, atoms::multicast},
      {IFF_PORTSEL, atoms::portsel}, {IFF_AUTOMEDIA, atoms::automedia}, {IFF_DYNAMIC, atoms::dynamic}};
  Term names[std::size(kFlags)];
  size_t count = 0;
  for (const auto& flag : kFlags)
    if ((flags & flag.number) != 0) names[count++] = flag.name;
  return make_list(heap, names, count);
}

Term interface_term(Allocator& heap, const ifaddrs& entry) {
  auto address = [&](const sockaddr* from) { return from != nullptr ? make_address(heap, from, 0) : Term::none(); };
  bool is_pair = (entry.ifa_flags & IFF_POINTOPOINT) != 0 && entry.ifa_dstaddr != nullptr;
  bool has_broadcast = !is_pair && (entry.ifa_flags & IFF_BROADCAST) != 0;
  return make_map(heap, {{atoms::name, text_term(heap, entry.ifa_name)}, {atoms::flags, flags_term(heap, entry.ifa_flags)},
                         {atoms::addr, address(entry.ifa_addr)}, {atoms::netmask, address(entry.ifa_netmask)},
                         {atoms::dstaddr, is_pair ? address(entry.ifa_dstaddr) : Term::none()},
                         {atoms::broadaddr, has_broadcast ? address(entry.ifa_broadaddr) : Term::none()}});
}

}  // namespace

BifResult nif_getifaddrs_1(Process& self, const Term* args) {
  if (!is_map(args[0])) return self.badarg();
  std::string path;
  Term place = map_size(args[0]) == 1 ? map::get(args[0], atoms::netns) : Term::none();
  if (!place.is_none() && !read_latin1(place, path)) return self.badarg();
  Allocator& heap = self.heap();
  NetworkNamespace there(path);
  if (there.error() != 0) return error_tuple(heap, there.error());
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return error_tuple(heap, errno);
  std::vector<Term> list;
  for (ifaddrs* entry = found; entry != nullptr; entry = entry->ifa_next) list.push_back(interface_term(heap, *entry));
  ::freeifaddrs(found);
  if (int error = there.leave(); error != 0) return error_tuple(heap, error);
  return ok(heap, make_list(heap, list.data(), list.size()));
}

BifResult nif_if_name2index_1(Process& self, const Term* args) {
  std::string name;
  Allocator& heap = self.heap();
  if (!read_latin1(args[0], name) || name.size() > IF_NAMESIZE) return failed(heap, atoms::einval);
  unsigned index = ::if_nametoindex(name.c_str());
  return index == 0 ? error_tuple(heap, errno) : ok(heap, Term::small(index));
}

BifResult nif_if_index2name_1(Process& self, const Term* args) {
  unsigned index;
  if (!read_unsigned(args[0], index)) return self.badarg();
  char name[IF_NAMESIZE + 1] = {};
  Allocator& heap = self.heap();
  return ::if_indextoname(index, name) == nullptr ? failed(heap, atoms::enxio) : ok(heap, text_term(heap, name));
}

BifResult nif_if_names_0(Process& self, const Term*) {
  Allocator& heap = self.heap();
  struct if_nameindex* found = ::if_nameindex();
  if (found == nullptr) return error_tuple(heap, errno);
  std::vector<Term> list;
  for (auto* entry = found; entry->if_index != 0; ++entry)
    list.push_back(make_tuple(heap, Term::small(entry->if_index), text_term(heap, entry->if_name)));
  ::if_freenameindex(found);
  return ok(heap, make_list(heap, list.data(), list.size()));
}

// What Windows alone has: net falls back on the others.
#define ATH_NOT_SUPPORTED(name, arity) \
  BifResult name##_##arity(Process& self, const Term*) { return self.error(atoms::notsup); }
ATH_NOT_SUPPORTED(nif_get_adapters_addresses, 1)
ATH_NOT_SUPPORTED(nif_get_if_entry, 1)
ATH_NOT_SUPPORTED(nif_get_interface_info, 1)
ATH_NOT_SUPPORTED(nif_get_ip_address_table, 1)

}  // namespace athanor::bif::prim_net
