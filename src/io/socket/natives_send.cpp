// SPDX-License-Identifier: Apache-2.0
// nif_send, nif_sendto, nif_sendmsg. Bytes go to the system from where they lie.
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <memory>

#include "io/socket/address.hpp"
#include "io/socket/control_messages.hpp"
#include "io/socket/natives.hpp"
#include "term/map.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_atom;
using io::error_tuple;

namespace {

Term size_term(Allocator& heap, ssize_t bytes) { return integer::from_int64(heap, bytes); }

void count_package(Socket& socket, ssize_t bytes) {
  ++socket.sent.packages;
  socket.sent.bytes += static_cast<uint64_t>(bytes);
  socket.sent.finish_package();
}

// The system took less than everything, or nothing (`written` < 0). `more`: there are bytes that it was not shown, so no need to wait.
BifResult send_rest(Process& self, Socket& socket, ssize_t written, bool more, Term reference) {
  Side& side = socket.write;
  Allocator& heap = self.heap();
  if (written >= 0) {
    socket.sent.package += static_cast<uint64_t>(written);
    if (socket.type != SOCK_STREAM) {
      count_package(socket, written);
      socket.finish(side);
      return ok(heap, size_term(heap, written));
    }
  }
  socket.become_current(side, Role::Send, self.pid(), reference);
  if (more) return make_tuple(heap, atoms::iov, size_term(heap, written));
  socket.ask(side);
  ++socket.sent.waits;
  return written >= 0 ? BifResult(make_tuple(heap, atoms::select, size_term(heap, written))) : BifResult(atoms::select);
}

BifResult after_send(Process& self, Socket& socket, ssize_t written, size_t wanted, bool more, Term reference) {
  Side& side = socket.write;
  if (written < 0) {
    int error = errno;
    if (error == EAGAIN || error == EINTR) return send_rest(self, socket, -1, false, reference);
    ++socket.sent.fails;
    // OTP: what was wrong in this call alone leaves the others their turn.
    if (error != EINVAL && side.role == Role::Send) socket.fail(side, error_atom(error));
    return error_tuple(self.heap(), error);
  }
  if (static_cast<size_t>(written) < wanted || more) return send_rest(self, socket, written, more && static_cast<size_t>(written) == wanted, reference);
  socket.sent.package += static_cast<uint64_t>(written);
  count_package(socket, written);
  socket.finish(side);
  return atoms::ok;
}

// Whether it is our turn to send; else what to answer.
bool may_send(Process& self, Socket& socket, Term reference, BifResult& answer) {
  return is_our_turn(self, socket, socket.write, Role::Connect, reference, answer);
}

BifResult send(Process& self, Socket& socket, Term data, int flags, const Address* to, Term reference) {
  std::lock_guard lock(socket.write.mutex);
  BifResult answer(atoms::ok);
  if (!may_send(self, socket, reference, answer)) return answer;
  athanor::binary::Scratch scratch;
  std::string_view bytes = athanor::binary::bytes_of(data, scratch);
  ++socket.sent.tries;
  ssize_t written = ::sendto(socket.descriptor, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL, to != nullptr ? &to->any : nullptr,
                             to != nullptr ? to->length : 0);
  return after_send(self, socket, written, bytes.size(), false, reference);
}

}  // namespace

BifResult nif_send_4(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  int flags;
  if (socket == nullptr || !is_reference(args[3]) || !athanor::binary::is_binary(args[1])) return self.badarg();
  if (!read_int(args[2], flags)) return not_an_int(self, args[2]);
  return send(self, *socket, args[1], flags, nullptr, args[3]);
}

BifResult nif_sendto_5(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  int flags;
  if (socket == nullptr || !is_reference(args[4]) || !athanor::binary::is_binary(args[1])) return self.badarg();
  if (!read_int(args[3], flags)) return not_an_int(self, args[3]);
  Address to;
  if (!read_address(args[2], to)) return invalid(self.heap(), atoms::sockaddr);
  return send(self, *socket, args[1], flags, &to, args[4]);
}

namespace {

// The pieces of an I/O vector, as many as the system takes at once; empty ones are left out.
struct Pieces {
  iovec vector[IOV_MAX];
  size_t count = 0, bytes = 0;
  std::vector<std::unique_ptr<athanor::binary::Scratch>> scratches;   // of those that start inside a byte
  bool more = false;                                         // there are others behind
  // False: an element that is no binary, or no proper list.
  bool read(Term list) {
    for (; list.is_list_cell(); list = list.tail()) {
      Term piece = list.head();
      if (!athanor::binary::is_binary(piece)) return false;
      athanor::binary::Bits bits = athanor::binary::bits_of(piece);
      if (bits.bit_size == 0) continue;
      if (count == IOV_MAX) { more = true; break; }
      std::string_view view(reinterpret_cast<const char*>(bits.bytes), bits.bit_size / 8);
      if (!bits.is_aligned() || bits.bit_offset != 0) {
        scratches.push_back(std::make_unique<athanor::binary::Scratch>());
        view = athanor::binary::bytes_of(piece, *scratches.back());
      }
      vector[count++] = {const_cast<char*>(view.data()), view.size()};
      bytes += view.size();
    }
    return more || list.is_nil();
  }
};

}  // namespace

BifResult nif_sendmsg_5(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  int flags;
  if (socket == nullptr || !is_reference(args[3]) || !is_map(args[1])) return self.badarg();
  if (!read_int(args[2], flags)) return not_an_int(self, args[2]);
  std::lock_guard lock(socket->write.mutex);
  BifResult answer(atoms::ok);
  if (!may_send(self, *socket, args[3], answer)) return answer;
  msghdr message{};
  Address to;
  Term address = map::get(args[1], atoms::addr), control = map::get(args[1], atoms::ctrl);
  if (!address.is_none()) {
    if (!read_address(address, to)) return invalid(self.heap(), atoms::addr);
    message.msg_name = &to.any;
    message.msg_namelen = to.length;
  }
  Pieces pieces;
  // Only a stream may be sent in several calls.
  if (!pieces.read(args[4]) || (pieces.more && socket->type != SOCK_STREAM)) return invalid(self.heap(), atoms::iov);
  std::vector<uint8_t> control_bytes;
  if (!control.is_none() && !read_control_messages(control, socket->send_control_bytes, control_bytes)) return invalid(self.heap(), atoms::ctrl);
  message.msg_iov = pieces.vector;
  message.msg_iovlen = pieces.count;
  message.msg_control = control_bytes.empty() ? nullptr : control_bytes.data();
  message.msg_controllen = control_bytes.size();
  ++socket->sent.tries;
  ssize_t written = ::sendmsg(socket->descriptor, &message, flags | MSG_NOSIGNAL);
  return after_send(self, *socket, written, pieces.bytes, pieces.more, args[3]);
}

}  // namespace athanor::bif::prim_socket
