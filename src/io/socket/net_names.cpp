// SPDX-License-Identifier: Apache-2.0
// prim_net: names of hosts and services. Those that ask a name server are dirty.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "io/posix_error.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/sockets.hpp"
#define ATH_FAMILY "io/socket/net.def"
#include "bif/declare.inc"

namespace athanor::bif::prim_net {

using namespace io::socket;
using io::error_tuple;

namespace {

constexpr size_t kHostBytes = 1025, kServiceBytes = 256;

Term text_term(Allocator& heap, const char* text) { return latin1_list(heap, text); }

struct Failure { int number; Term name; };
template <size_t n>
Term failure_term(Allocator& heap, const Failure (&failures)[n], int number) {
  for (const Failure& failure : failures)
    if (failure.number == number) return failed(heap, failure.name);
  return failed(heap, atoms::einval);
}

constexpr Failure kNameFailures[] = {
    {EAI_AGAIN, atoms::eagain}, {EAI_BADFLAGS, atoms::ebadflags}, {EAI_FAIL, atoms::efail},         {EAI_FAMILY, atoms::efamily},
    {EAI_MEMORY, atoms::emem},  {EAI_NONAME, atoms::enoname},     {EAI_OVERFLOW, atoms::eoverflow},
};
constexpr Failure kAddressFailures[] = {
    {EAI_ADDRFAMILY, atoms::eaddrfamily}, {EAI_AGAIN, atoms::eagain},    {EAI_BADFLAGS, atoms::ebadflags}, {EAI_FAIL, atoms::efail},
    {EAI_FAMILY, atoms::efamily},         {EAI_MEMORY, atoms::emem},     {EAI_NODATA, atoms::enodata},     {EAI_NONAME, atoms::enoname},
    {EAI_SERVICE, atoms::eservice},       {EAI_SOCKTYPE, atoms::esocktype}, {EAI_SYSTEM, atoms::esystem},
};

// undefined, or a list of flags that ends anyhow.
bool read_name_flags(Term term, int& flags) {
  static constexpr struct { Term name; int number; } kFlags[] = {
      {atoms::namereqd, NI_NAMEREQD},       {atoms::dgram, NI_DGRAM},             {atoms::nofqdn, NI_NOFQDN},
      {atoms::numerichost, NI_NUMERICHOST}, {atoms::numericserv, NI_NUMERICSERV}, {atoms::idn, NI_IDN}};
  flags = 0;
  if (term == atoms::undefined) return true;
  if (!term.is_list()) return false;
  for (; term.is_list_cell(); term = term.tail()) {
    int number = 0;
    for (const auto& flag : kFlags)
      if (flag.name == term.head()) number = flag.number;
    if (number == 0) return false;
    flags |= number;
  }
  return true;
}

// undefined or a string; false: neither.
bool read_optional_text(Term term, bool& is_given, std::string& text) {
  is_given = term != atoms::undefined;
  return !is_given || (!term.is_atom() && read_latin1(term, text));
}

}  // namespace

BifResult nif_info_0(Process& self, const Term*) {
  return make_map(self.heap(), {{atoms::debug, sockets_of(self).net_debug.load() ? atoms::true_ : atoms::false_}});
}

// {debug, boolean()}
BifResult nif_command_1(Process& self, const Term* args) {
  bool is_on;
  if (!is_tuple_of(args[0], 2) || tuple_element(args[0], 0) != atoms::debug || !read_boolean(tuple_element(args[0], 1), is_on))
    return failed(self.heap(), atoms::einval);
  sockets_of(self).net_debug.store(is_on);
  return atoms::ok;
}

BifResult nif_gethostname_0(Process& self, const Term*) {
  char name[HOST_NAME_MAX + 2] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return error_tuple(self.heap(), errno);
  return ok(self.heap(), text_term(self.heap(), name));
}

BifResult nif_getnameinfo_2(Process& self, const Term* args) {
  Address address;
  int flags;
  Allocator& heap = self.heap();
  if (!read_address(args[0], address)) return failed(heap, atoms::einval);
  if (!read_name_flags(args[1], flags)) return self.badarg();
  char host[kHostBytes], service[kServiceBytes];
  const process::Outside outside;
  int result = ::getnameinfo(&address.any, address.length, host, sizeof host, service, sizeof service, flags);
  if (result == EAI_SYSTEM) return error_tuple(heap, errno);
  if (result != 0) return failure_term(heap, kNameFailures, result);
  return ok(heap, make_map(heap, {{atoms::host, text_term(heap, host)}, {atoms::service, text_term(heap, service)}}));
}

BifResult nif_getaddrinfo_3(Process& self, const Term* args) {
  std::string host, service;
  bool has_host, has_service;
  if (!read_optional_text(args[0], has_host, host) || !read_optional_text(args[1], has_service, service) || (!has_host && !has_service))
    return self.badarg();
  Allocator& heap = self.heap();
  addrinfo* found = nullptr;
  const process::Outside outside;
  int result = ::getaddrinfo(has_host ? host.c_str() : nullptr, has_service ? service.c_str() : nullptr, nullptr, &found);
  if (result != 0) return failure_term(heap, kAddressFailures, result);
  std::vector<Term> list;
  for (addrinfo* entry = found; entry != nullptr; entry = entry->ai_next)
    list.push_back(make_map(heap, {{atoms::family, make_domain(entry->ai_family)}, {atoms::type, make_type(entry->ai_socktype)},
                                   {atoms::protocol, Term::small(entry->ai_protocol)},
                                   {atoms::addr, make_address(heap, entry->ai_addr, static_cast<int>(entry->ai_addrlen))}}));
  ::freeaddrinfo(found);
  return ok(heap, make_list(heap, list.data(), list.size()));
}

}  // namespace athanor::bif::prim_net
