// SPDX-License-Identifier: Apache-2.0
// nif_open: a new socket, or one around a descriptor that is there already.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/socket/address.hpp"
#include "io/socket/messages.hpp"
#include "io/socket/natives.hpp"
#include "io/socket/network_namespace.hpp"
#include "term/map.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_tuple;

namespace {

bool query(int descriptor, int option, int& value) {
  socklen_t length = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0;
}

// Sets what the options say beside the socket's own, and tells the registry.
Term finish(Process& self, const Sockets::Made& made, Term options) {
  Sockets& sockets = sockets_of(self);
  made.socket->debug = read_boolean_in(options, atoms::debug, sockets.socket_debug);
  made.socket->use_registry = read_boolean_in(options, atoms::use_registry, sockets.use_registry);
  if (made.socket->use_registry) tell_registry(self.runtime(), *made.socket, RegistryChange::Add);
  return ok(self.heap(), made.reference);
}

std::string namespace_of(Term options) {
  Term path = map::get(options, atoms::netns);
  if (path.is_none() || !binary::is_binary(path)) return {};
  binary::Scratch scratch;
  return std::string(binary::bytes_of(path, scratch));
}

}  // namespace

BifResult nif_open_4(Process& self, const Term* args) {
  int domain, type, protocol;
  if (!read_int(args[2], protocol)) return not_an_int(self, args[2]);
  Term options = args[3];
  if (!is_map(options)) return self.badarg();
  if (!read_domain(args[0], domain)) return invalid(self.heap(), atoms::domain);
  if (!read_type(args[1], type)) return invalid(self.heap(), atoms::type);
  NetworkNamespace place(namespace_of(options));
  if (place.error() != 0) return error_tuple(self.heap(), place.error());
  int descriptor = ::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  if (int error = place.leave(); error != 0) {
    ::close(descriptor);
    return error_tuple(self.heap(), error);
  }
  if (protocol == 0) query(descriptor, SO_PROTOCOL, protocol);
  return finish(self, sockets_of(self).make(self.heap(), self.pid(), descriptor, domain, type, protocol), options);
}

// What the system does not tell of the descriptor must stand in the options. {dup, false}: the descriptor stays the caller's.
BifResult nif_open_2(Process& self, const Term* args) {
  int given, domain, type, protocol;
  if (!read_int(args[0], given)) return not_an_int(self, args[0]);
  Term options = args[1];
  if (!is_map(options)) return self.badarg();
  Term domain_term = map::get(options, atoms::domain), type_term = map::get(options, atoms::type), protocol_term = map::get(options, atoms::protocol);
  if (!query(given, SO_DOMAIN, domain) && (domain_term.is_none() || !read_domain(domain_term, domain))) return invalid(self.heap(), atoms::domain);
  if (!query(given, SO_TYPE, type) && (type_term.is_none() || !read_type(type_term, type))) return invalid(self.heap(), atoms::type);
  if (!query(given, SO_PROTOCOL, protocol) && (protocol_term.is_none() || !read_int(protocol_term, protocol))) protocol = 0;
  bool duplicate = read_boolean_in(options, atoms::dup, true);
  int descriptor = duplicate ? ::fcntl(given, F_DUPFD_CLOEXEC, 0) : given;
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  Sockets::Made made = sockets_of(self).make(self.heap(), self.pid(), descriptor, domain, type, protocol);
  made.socket->original_descriptor = given;
  made.socket->close_on_close = duplicate;
  Address peer;
  if (::getpeername(descriptor, &peer.any, &peer.length) == 0) made.socket->write.state |= kConnected;
  return finish(self, made, options);
}

}  // namespace athanor::bif::prim_socket
