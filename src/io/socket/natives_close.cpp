// SPDX-License-Identifier: Apache-2.0
// The end of a socket or of one operation: nif_close, nif_finalize_close, nif_shutdown, nif_cancel.
#include <sys/socket.h>

#include <cerrno>

#include "io/socket/natives.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_tuple;

// The first half: nobody waits any more. Whoever closes goes on with finalize_close at once: the poller has let go when this returns.
BifResult nif_close_1(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  std::scoped_lock lock(socket->read.mutex, socket->write.mutex);
  if (!socket->read.is_open()) return closed(self);
  socket->sockets->watch(*socket, self.pid());
  socket->closer = self.pid();
  socket->stop();
  return atoms::ok;
}

// Closing waits where the socket lingers: hence dirty.
BifResult nif_finalize_close_1(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  Socket::Remains remains;
  {
    std::scoped_lock lock(socket->read.mutex, socket->write.mutex);
    if ((socket->read.state & kClosed) != 0) return closed(self);
    if (socket->read.is_open() || socket->closer != self.pid()) return raise_invalid(self, atoms::state);
    remains = socket->give_up();
  }
  int error = socket->dispose(remains);
  if (error == 0) return atoms::ok;
  return error == EAGAIN ? BifResult(failed(self.heap(), atoms::timeout)) : BifResult(error_tuple(self.heap(), error));
}

BifResult nif_shutdown_2(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  int how;
  if (args[1] == atoms::read_write) how = SHUT_RDWR;
  else if (args[1] == atoms::read) how = SHUT_RD;
  else if (args[1] == atoms::write) how = SHUT_WR;
  else return raise_invalid(self, make_tuple(self.heap(), atoms::how, args[1]));
  std::scoped_lock lock(socket->read.mutex, socket->write.mutex);
  if (!socket->read.is_open()) return closed(self);
  return ::shutdown(socket->descriptor, how) == 0 ? BifResult(atoms::ok) : BifResult(error_tuple(self.heap(), errno));
}

namespace {

BifResult cancel(Process& self, Socket& socket, Side& side, Role role, Term reference) {
  std::lock_guard lock(side.mutex);
  if (!side.is_open()) return closed(self);
  if (side.role != role) return atoms::not_found;
  switch (socket.cancel(side, self.pid(), reference)) {
    case Socket::Cancelled::Yes: return atoms::ok;
    case Socket::Cancelled::MessageSent: return atoms::select_sent;
    case Socket::Cancelled::NotFound: break;
  }
  return atoms::not_found;
}

}  // namespace

BifResult nif_cancel_3(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  Term operation = args[1];
  if (socket == nullptr || !operation.is_atom() || !is_reference(args[2])) return self.badarg();
  if (operation == atoms::recv || operation == atoms::recvfrom || operation == atoms::recvmsg)
    return cancel(self, *socket, socket->read, Role::Receive, args[2]);
  if (operation == atoms::accept) return cancel(self, *socket, socket->read, Role::Accept, args[2]);
  if (operation == atoms::send || operation == atoms::sendto || operation == atoms::sendmsg || operation == atoms::sendfile)
    return cancel(self, *socket, socket->write, Role::Send, args[2]);
  if (operation == atoms::connect) return cancel(self, *socket, socket->write, Role::Connect, args[2]);
  std::lock_guard lock(socket->read.mutex);
  return socket->read.is_open() ? self.badarg() : closed(self);
}

}  // namespace athanor::bif::prim_socket
