// SPDX-License-Identifier: Apache-2.0
// nif_bind, nif_connect, nif_listen, nif_accept.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/socket/address.hpp"
#include "io/socket/messages.hpp"
#include "io/socket/natives.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_atom;
using io::error_tuple;

BifResult nif_bind_2(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  Address address;
  if (!read_address(args[1], address)) return invalid(self.heap(), atoms::sockaddr);
  std::lock_guard lock(socket->read.mutex);
  if (!socket->read.is_open()) return closed(self);
  if (::bind(socket->descriptor, &address.any, address.length) != 0) return error_tuple(self.heap(), errno);
  socket->read.state |= kBound;
  return atoms::ok;
}

BifResult nif_listen_2(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  int backlog;
  if (socket == nullptr) return self.badarg();
  if (!read_int(args[1], backlog)) return not_an_int(self, args[1]);
  std::lock_guard lock(socket->read.mutex);
  if (!socket->read.is_open()) return closed(self);
  if (::listen(socket->descriptor, backlog) != 0) return error_tuple(self.heap(), errno);
  socket->read.state |= kListening;
  return atoms::ok;
}

namespace {

// The connecting process has been told that the descriptor is ready: did it work?
BifResult finish_connect(Process& self, Socket& socket) {
  socket.finish(socket.write);
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket.descriptor, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return error_tuple(self.heap(), error);
  socket.write.state |= kConnected;
  return atoms::ok;
}

BifResult connect(Process& self, Socket& socket, const Address* address, Term reference) {
  std::lock_guard lock(socket.write.mutex);
  Side& side = socket.write;
  if (!side.is_open()) return closed(self);
  if (side.role == Role::Send) return bad_state(self);
  if (side.role == Role::Connect) {
    if (side.current.pid == self.pid()) return finish_connect(self, socket);
    if (address != nullptr) return failed(self.heap(), atoms::already);
    return raise_invalid(self, atoms::state);
  }
  if (address == nullptr) return raise_invalid(self, atoms::state);
  if (::connect(socket.descriptor, &address->any, address->length) == 0) {
    side.state |= kConnected;
    return atoms::ok;
  }
  if (errno != EAGAIN && errno != EINPROGRESS) return error_tuple(self.heap(), errno);
  socket.become_current(side, Role::Connect, self.pid(), reference);
  side.state |= kConnecting;
  socket.ask(side);
  return atoms::select;
}

}  // namespace

BifResult nif_connect_3(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr || !is_reference(args[1])) return self.badarg();
  Address address;
  if (!read_address(args[2], address)) return invalid(self.heap(), atoms::sockaddr);
  return connect(self, *socket, &address, args[1]);
}

BifResult nif_connect_1(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  return socket != nullptr ? connect(self, *socket, nullptr, Term::none()) : self.badarg();
}

namespace {

Term make_accepted(Process& self, Socket& listener, int descriptor) {
  Sockets::Made made = sockets_of(self).make(self.heap(), self.pid(), descriptor, listener.domain, listener.type, listener.protocol);
  Socket& socket = *made.socket;
  socket.receive_bytes = listener.receive_bytes;
  socket.receive_count = listener.receive_count;
  socket.receive_control_bytes = listener.receive_control_bytes;
  {
    std::lock_guard lock(listener.write.mutex);
    socket.send_control_bytes = listener.send_control_bytes;
    listener.write.state |= kConnected;   // OTP: of the two it is the listener that is shown as connected
  }
  socket.wrap_messages = listener.wrap_messages.load();
  socket.debug = listener.debug.load();
  socket.use_registry = listener.use_registry.load();
  if (socket.use_registry) tell_registry(self.runtime(), socket, RegistryChange::Add);
  return ok(self.heap(), made.reference);
}

}  // namespace

BifResult nif_accept_2(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  std::lock_guard lock(socket->read.mutex);
  Side& side = socket->read;
  BifResult answer(atoms::ok);
  if (!is_our_turn(self, *socket, side, Role::Receive, args[1], answer)) return answer;
  ++socket->accepted.tries;
  int descriptor = ::accept4(socket->descriptor, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor >= 0) {
    ++socket->accepted.successes;
    if (side.role == Role::Accept) socket->finish(side);
    return make_accepted(self, *socket, descriptor);
  }
  int error = errno;
  if (error == EAGAIN) {
    if (side.role == Role::Accept) ++socket->accepted.waits;
    socket->become_current(side, Role::Accept, self.pid(), args[1]);
    side.state |= kAccepting;
    socket->ask(side);
    return atoms::select;
  }
  ++socket->accepted.fails;
  if (side.role == Role::Accept) socket->fail(side, error_atom(error));
  return error_tuple(self.heap(), error);
}

}  // namespace athanor::bif::prim_socket
