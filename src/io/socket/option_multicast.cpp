// SPDX-License-Identifier: Apache-2.0
// Membership in multicast groups: maps of addresses that are set, never asked for.
#include <netinet/in.h>

#include <cstddef>
#include <vector>

#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/option_kinds.hpp"
#include "term/map.hpp"

namespace athanor::io::socket {

namespace {
bool read_in_field(Term map, Term key, in_addr& address) {
  Term term = map::get(map, key);
  return !term.is_none() && read_in_address(term, address);
}
}  // namespace

Term Membership::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  ip_mreq request{};
  if (!is_map(value) || !read_in_field(value, atoms::multiaddr, request.imr_multiaddr) ||
      !read_in_field(value, atoms::interface, request.imr_interface))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &request, sizeof request);
}

Term SourceMembership::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  ip_mreq_source request{};
  if (!is_map(value) || !read_in_field(value, atoms::multiaddr, request.imr_multiaddr) ||
      !read_in_field(value, atoms::interface, request.imr_interface) || !read_in_field(value, atoms::sourceaddr, request.imr_sourceaddr))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &request, sizeof request);
}

Term Membership6::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  ipv6_mreq request{};
  if (!is_map(value)) return invalid(heap, atoms::value);
  Term group = map::get(value, atoms::multiaddr), interface = map::get(value, atoms::interface);
  if (group.is_none() || interface.is_none() || !read_in6_address(group, request.ipv6mr_multiaddr) ||
      !read_unsigned(interface, request.ipv6mr_interface))
    return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, &request, sizeof request);
}

// null, or a group with the sources that are let in or kept out.
Term SourceFilter::set(Allocator& heap, Socket& socket, const Option& option, Term value) {
  if (value == atoms::null) return set_bytes(heap, socket, option.level, option.number, nullptr, 0);
  if (!is_map(value)) return invalid(heap, atoms::value);
  Term mode = map::get(value, atoms::mode), sources = map::get(value, atoms::slist);
  int64_t count = sources.is_none() ? -1 : bif::list_length(sources);
  if (count < 0 || (mode != atoms::include && mode != atoms::exclude)) return invalid(heap, atoms::value);
  std::vector<uint8_t> memory(offsetof(ip_msfilter, imsf_slist) + static_cast<size_t>(count) * sizeof(in_addr));
  if (memory.size() < sizeof(ip_msfilter)) memory.resize(sizeof(ip_msfilter));
  auto& filter = *reinterpret_cast<ip_msfilter*>(memory.data());
  if (!read_in_field(value, atoms::multiaddr, filter.imsf_multiaddr) || !read_in_field(value, atoms::interface, filter.imsf_interface))
    return invalid(heap, atoms::value);
  filter.imsf_fmode = mode == atoms::include ? MCAST_INCLUDE : MCAST_EXCLUDE;
  filter.imsf_numsrc = static_cast<uint32_t>(count);
  auto* places = reinterpret_cast<in_addr*>(memory.data() + offsetof(ip_msfilter, imsf_slist));
  for (Term list = sources; list.is_list_cell(); list = list.tail())
    if (!read_in_address(list.head(), *places++)) return invalid(heap, atoms::value);
  return set_bytes(heap, socket, option.level, option.number, memory.data(), IP_MSFILTER_SIZE(static_cast<size_t>(count)));
}

}  // namespace athanor::io::socket
