// SPDX-License-Identifier: Apache-2.0
// What the error queue of a socket tells (IP_RECVERR): the error, who found it, and whose it was.
#include <time.h>

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <cstring>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/control_messages.hpp"

namespace athanor::io::socket {

namespace {

struct Word { int number; Term name; };

template <size_t n>
Term word_of(const Word (&words)[n], int number) {
  for (const Word& word : words)
    if (word.number == number) return word.name;
  return Term::small(number);
}

constexpr Word kOrigins[] = {{SO_EE_ORIGIN_NONE, atoms::none},         {SO_EE_ORIGIN_LOCAL, atoms::local},
                             {SO_EE_ORIGIN_ICMP, atoms::icmp},         {SO_EE_ORIGIN_ICMP6, atoms::icmp6},
                             {SO_EE_ORIGIN_TXSTATUS, atoms::txstatus}, {SO_EE_ORIGIN_ZEROCOPY, atoms::zerocopy},
                             {SO_EE_ORIGIN_TXTIME, atoms::txtime}};
constexpr Word kTypes[] = {{ICMP_DEST_UNREACH, atoms::dest_unreach}, {ICMP_TIME_EXCEEDED, atoms::time_exceeded}};
constexpr Word kCodes[] = {{ICMP_NET_UNREACH, atoms::net_unreach},   {ICMP_HOST_UNREACH, atoms::host_unreach},
                           {ICMP_PORT_UNREACH, atoms::port_unreach}, {ICMP_FRAG_NEEDED, atoms::frag_needed},
                           {ICMP_NET_UNKNOWN, atoms::net_unknown},   {ICMP_HOST_UNKNOWN, atoms::host_unknown}};
constexpr Word kTypes6[] = {{ICMP6_DST_UNREACH, atoms::dest_unreach}, {ICMP6_PACKET_TOO_BIG, atoms::pkt_toobig},
                            {ICMP6_TIME_EXCEEDED, atoms::time_exceeded}};
constexpr int kPolicyFails = 5, kRejectedRoute = 6;   // RFC 4443; the headers do not name them
constexpr Word kCodes6[] = {{ICMP6_DST_UNREACH_NOROUTE, atoms::noroute},           {ICMP6_DST_UNREACH_ADMIN, atoms::adm_prohibited},
                            {ICMP6_DST_UNREACH_BEYONDSCOPE, atoms::not_neighbour}, {ICMP6_DST_UNREACH_ADDR, atoms::addr_unreach},
                            {ICMP6_DST_UNREACH_NOPORT, atoms::port_unreach},       {kPolicyFails, atoms::policy_fail},
                            {kRejectedRoute, atoms::reject_route}};

}  // namespace

Term make_extended_error(Allocator& heap, const uint8_t* data, size_t bytes) {
  sock_extended_err error;
  if (bytes < sizeof error) return Term::none();
  std::memcpy(&error, data, sizeof error);
  Term type = Term::small(error.ee_type), code = Term::small(error.ee_code);
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
    type = word_of(kTypes, error.ee_type);
    if (error.ee_type == ICMP_DEST_UNREACH) code = word_of(kCodes, error.ee_code);
  } else if (error.ee_origin == SO_EE_ORIGIN_ICMP6) {
    type = word_of(kTypes6, error.ee_type);
    if (error.ee_type == ICMP6_DST_UNREACH) code = word_of(kCodes6, error.ee_code);
  }
  Term offender = Term::none();
  if (bytes > sizeof error) {
    Address address;
    size_t length = std::min(bytes - sizeof error, sizeof address.storage);
    std::memcpy(&address.storage, data + sizeof error, length);
    offender = make_address(heap, &address.any, static_cast<int>(length));
  }
  return make_map(heap, {{atoms::error, error_atom(static_cast<int>(error.ee_errno))}, {atoms::origin, word_of(kOrigins, error.ee_origin)},
                         {atoms::type, type}, {atoms::code, code}, {atoms::info, Term::small(static_cast<int32_t>(error.ee_info))},
                         {atoms::data, Term::small(static_cast<int32_t>(error.ee_data))}, {atoms::offender, offender}});
}

}  // namespace athanor::io::socket
