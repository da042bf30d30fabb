// SPDX-License-Identifier: Apache-2.0
// nif_supports: what prim_socket makes its tables from when it is loaded.
#include <netdb.h>
#include <netinet/in.h>

#include "io/socket/flags.hpp"
#include "io/socket/ioctl_requests.hpp"
#include "io/socket/natives.hpp"
#include "io/socket/options.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;

namespace {

// Those of the system's list, then those that are there in any case: [{[Name, Alias …], Number}], last first.
Term protocol_list(Allocator& heap) {
  Term list = Term::nil();
  auto add = [&](Term names, int number) { list = cons(heap, make_tuple(heap, names, Term::small(number)), list); };
  protoent entry, *found = nullptr;
  char buffer[4096];
  ::setprotoent(1);
  while (::getprotoent_r(&entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    Term names = Term::nil();
    for (char** alias = entry.p_aliases; *alias != nullptr; ++alias) names = cons(heap, intern(*alias), names);
    add(cons(heap, intern(entry.p_name), names), entry.p_proto);
  }
  ::endprotoent();
  auto add_one = [&](Term name, int number) { add(cons(heap, name, Term::nil()), number); };
  add_one(atoms::ip, IPPROTO_IP);
  add_one(atoms::ipv6, IPPROTO_IPV6);
  add_one(atoms::tcp, IPPROTO_TCP);
  add_one(atoms::udp, IPPROTO_UDP);
  add_one(atoms::sctp, IPPROTO_SCTP);
  return list;
}

}  // namespace

BifResult nif_supports_0(Process& self, const Term*) {
  Allocator& heap = self.heap();
  Term items[5];
  size_t count = 0;
  for (Term what : {atoms::sctp, atoms::ipv6, atoms::local, atoms::netns, atoms::sendfile})
    items[count++] = make_tuple(heap, what, atoms::true_);
  return make_list(heap, items, count);
}

BifResult nif_supports_1(Process& self, const Term* args) {
  Allocator& heap = self.heap();
  if (args[0] == atoms::msg_flags) return flag_table(heap, message_flags());
  if (args[0] == atoms::ioctl_flags) return flag_table(heap, interface_flags());
  if (args[0] == atoms::protocols) return protocol_list(heap);
  if (args[0] == atoms::ioctl_requests) return ioctl_request_table(heap);
  if (args[0] == atoms::options) return supported_options(heap);
  return Term::nil();
}

}  // namespace athanor::bif::prim_socket
