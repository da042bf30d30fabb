// SPDX-License-Identifier: Apache-2.0
// nif_sendfile: from an open file of prim_file to a socket, within the system. Dirty: it waits for the file.
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "io/files.hpp"
#include "io/socket/natives.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_atom;
using io::error_tuple;

namespace {

constexpr size_t kChunkBytes = size_t{1} << 29;
constexpr int kWouldBlock = -1;

void close_file(Socket& socket) {
  ::close(socket.sendfile_descriptor);
  socket.sendfile_descriptor = -1;
}

// Until `count` bytes (0: the whole file) are sent. 0, an error number, or kWouldBlock; `sent`: by this call.
int transfer(Socket& socket, off_t offset, uint64_t count, uint64_t& sent) {
  SendfileCounters& counters = *socket.sendfile;
  sent = 0;
  for (;;) {
    size_t chunk = count > 0 ? std::min<uint64_t>(count - sent, kChunkBytes) : kChunkBytes;
    ssize_t bytes = ::sendfile(socket.descriptor, socket.sendfile_descriptor, &offset, chunk);
    int error = bytes < 0 ? errno : 0;
    ++counters.calls;
    if (bytes > 0) {
      sent += static_cast<uint64_t>(bytes);
      ++counters.packages;
      counters.bytes += static_cast<uint64_t>(bytes);
      counters.largest_package = std::max(counters.largest_package, sent);
      counters.sent += static_cast<uint64_t>(bytes);
      counters.largest = std::max(counters.largest, counters.sent);
    }
    if (count > 0 && sent == count) return 0;
    if (error == EINTR) continue;
    if (error != 0) return error == EAGAIN ? kWouldBlock : error;
    if (bytes == 0) return 0;   // the file ends
  }
}

BifResult failure(Process& self, Socket& socket, Term reason) {
  ++socket.sendfile->fails;
  if (socket.write.role == Role::Send) socket.fail(socket.write, reason);
  return failed(self.heap(), reason);
}

BifResult run(Process& self, Socket& socket, off_t offset, uint64_t count, Term reference) {
  uint64_t sent;
  int result = transfer(socket, offset, count, sent);
  Term size = integer::from_uint64(self.heap(), sent);
  if (result == kWouldBlock) {
    socket.become_current(socket.write, Role::Send, self.pid(), reference);
    socket.ask(socket.write);
    ++socket.sendfile->waits;
    return make_tuple(self.heap(), atoms::select, size);
  }
  close_file(socket);
  if (result != 0) return failure(self, socket, error_atom(result));
  socket.finish(socket.write);
  return ok(self.heap(), size);
}

// Offset and count; else the answer.
bool read_range(Process& self, const Term* args, off_t& offset, uint64_t& count, BifResult& answer) {
  int64_t number;
  bool has_offset = integer::to_int64(args[2], number);
  if (!has_offset || !integer::to_uint64(args[3], count)) {
    answer = is_integer(args[2]) && is_integer(args[3]) ? not_an_int(self, args[has_offset ? 3 : 2]) : self.badarg();
    return false;
  }
  offset = number;
  return true;
}

}  // namespace

BifResult nif_sendfile_5(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  off_t offset;
  uint64_t count;
  BifResult answer(atoms::ok);
  if (socket == nullptr || !is_reference(args[1])) return self.badarg();
  if (!read_range(self, args, offset, count, answer)) return answer;
  if (!is_reference(args[4])) return self.badarg();
  std::lock_guard lock(socket->write.mutex);
  if (!is_our_turn(self, *socket, socket->write, Role::Connect, args[1], answer)) return answer;
  if (socket->sendfile_descriptor >= 0) return bad_state(self);
  if (socket->sendfile == nullptr) socket->sendfile = std::make_unique<SendfileCounters>();
  auto* file = magic_as<io::OpenFile>(args[4]);
  if (file == nullptr) return failure(self, *socket, invalid(self.heap(), atoms::efile));
  int error = file->duplicate(socket->sendfile_descriptor);
  if (error != 0) return failure(self, *socket, error_atom(error));
  ++socket->sendfile->tries;
  socket->sendfile->sent = 0;
  return run(self, *socket, offset, count, args[1]);
}

// On from where the socket was full.
BifResult nif_sendfile_4(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  off_t offset;
  uint64_t count;
  BifResult answer(atoms::ok);
  if (socket == nullptr || !is_reference(args[1])) return self.badarg();
  if (!read_range(self, args, offset, count, answer)) return answer;
  std::lock_guard lock(socket->write.mutex);
  Side& side = socket->write;
  if (!side.is_open()) return closed(self);
  if (side.role == Role::Connect) return bad_state(self);
  if (side.role != Role::Send || side.current.pid != self.pid() || socket->sendfile_descriptor < 0) return raise_invalid(self, atoms::state);
  return run(self, *socket, offset, count, args[1]);
}

// Gives the file back where a transfer was left unfinished.
BifResult nif_sendfile_1(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  std::lock_guard lock(socket->write.mutex);
  if (socket->sendfile_descriptor < 0) return bad_state(self);
  close_file(*socket);
  return atoms::ok;
}

}  // namespace athanor::bif::prim_socket
