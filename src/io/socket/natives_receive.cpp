// SPDX-License-Identifier: Apache-2.0
// nif_recv, nif_recvfrom, nif_recvmsg. The system reads into an off-heap binary that the answer shows; little data moves to the heap.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/socket/address.hpp"
#include "io/socket/control_messages.hpp"
#include "io/socket/flags.hpp"
#include "io/socket/natives.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_atom;
using io::error_tuple;

namespace {

// A stream is read on from where one call stopped, so a call need not take all that is asked for; no datagram is larger.
constexpr uint64_t kLargestRead = 16 << 20;

class Buffer {
 public:
  explicit Buffer(uint64_t bytes) : binary_(OffHeapBinary::create(std::min(bytes, kLargestRead))) {}
  ~Buffer() {
    if (binary_ != nullptr) binary_->release();
  }
  Buffer(const Buffer&) = delete;
  uint8_t* data() { return binary_->data(); }
  size_t size() const { return binary_->capacity; }
  Term take(Allocator& heap, size_t used) {
    if (used <= athanor::binary::kHeapBinaryMax) return athanor::binary::from_bytes(heap, binary_->data(), used);
    OffHeapBinary* binary = std::exchange(binary_, nullptr);
    if (used < binary->capacity - binary->capacity / 4) binary = OffHeapBinary::reallocate(binary, used);
    binary->size = used;
    return athanor::binary::from_off_heap(heap, binary, used);
  }

 private:
  OffHeapBinary* binary_;
};

void count_package(Socket& socket, size_t bytes) {
  ++socket.received.packages;
  socket.received.bytes += bytes;
}

// Whether it is our turn; else what to answer. `reference` is the atom zero where the caller will not wait.
bool may_receive(Process& self, Socket& socket, Term reference, BifResult& answer) {
  const bool is_ours = is_our_turn(self, socket, socket.read, Role::Accept, reference, answer);
  if (is_ours) ++socket.received.tries;
  return is_ours;
}

bool is_ours(Process& self, Socket& socket) { return socket.read.current.pid == self.pid(); }
void finish_ours(Process& self, Socket& socket) {
  if (is_ours(self, socket)) socket.finish(socket.read);   // what was read without waiting leaves the others their turn
}
void wait(Process& self, Socket& socket, Term reference) {
  socket.become_current(socket.read, Role::Receive, self.pid(), reference);
  socket.ask(socket.read);
}

BifResult receive_failed(Process& self, Socket& socket, int error, Term reference) {
  if (error == EAGAIN) {
    if (reference == atoms::zero) return atoms::ok;
    socket.receive_counted = 0;
    wait(self, socket, reference);
    return atoms::select;
  }
  ++socket.received.fails;
  if (is_ours(self, socket)) socket.fail(socket.read, error_atom(error));
  return error_tuple(self.heap(), error);
}
BifResult stream_ended(Process& self, Socket& socket) {
  ++socket.received.fails;
  if (is_ours(self, socket)) socket.fail(socket.read, atoms::closed);
  return closed(self);
}

// Arguments that all three have: a length and flags.
bool read_length(Term term, uint64_t& length) { return integer::to_uint64(term, length) && length <= static_cast<uint64_t>(INT64_MAX); }
BifResult bad_number(Process& self, std::initializer_list<Term> numbers) {
  for (Term number : numbers)
    if (!is_integer(number)) return self.badarg();
  for (Term number : numbers) {
    uint64_t length;
    if (!read_length(number, length)) return not_an_int(self, number);
  }
  return not_an_int(self, *(numbers.end() - 1));
}
bool is_receive_reference(Term term) { return is_reference(term) || term == atoms::zero; }

// (Socket, Length, Flags, Reference)
struct Question {
  Socket* socket;
  Term reference;
  uint64_t length;
  int flags;
};
bool read_question(Process& self, const Term* args, Question& question, BifResult& answer) {
  question.socket = socket_of(args[0]);
  question.reference = args[3];
  if (question.socket == nullptr || !is_receive_reference(question.reference)) return answer = self.badarg(), false;
  if (read_length(args[1], question.length) && read_int(args[2], question.flags)) return true;
  return answer = bad_number(self, {args[1], args[2]}), false;
}

}  // namespace

// Length 0: what is there, up to the buffer's size, of which a stream may give several to a package ({otp, rcvbuf}).
BifResult nif_recv_4(Process& self, const Term* args) {
  BifResult answer(atoms::ok);
  Question asked;
  if (!read_question(self, args, asked, answer)) return answer;
  auto [socket, reference, length, flags] = asked;
  std::lock_guard lock(socket->read.mutex);
  if (!may_receive(self, *socket, reference, answer)) return answer;
  Buffer buffer(length != 0 ? length : socket->receive_bytes);
  ssize_t count = ::recv(socket->descriptor, buffer.data(), buffer.size(), flags);
  if (count < 0) return receive_failed(self, *socket, errno, reference);
  bool is_stream = socket->type == SOCK_STREAM;
  if (count == 0 && is_stream) return stream_ended(self, *socket);
  auto bytes = static_cast<size_t>(count);
  Allocator& heap = self.heap();
  TransferCounters& counters = socket->received;
  counters.package += bytes;
  bool is_full = bytes == buffer.size();
  if (is_stream && length == 0 && is_full && ++socket->receive_counted < socket->receive_count) {
    counters.bytes += bytes;
    if (reference != atoms::zero) socket->become_current(socket->read, Role::Receive, self.pid(), reference);
    return make_tuple(heap, atoms::more, buffer.take(heap, bytes));
  }
  if (is_stream && bytes < length && reference != atoms::zero) {
    counters.bytes += bytes;
    wait(self, *socket, reference);
    return make_tuple(heap, atoms::select, buffer.take(heap, bytes));
  }
  socket->receive_counted = 0;
  count_package(*socket, bytes);
  counters.finish_package();
  finish_ours(self, *socket);
  return ok(heap, buffer.take(heap, bytes));
}

BifResult nif_recvfrom_4(Process& self, const Term* args) {
  BifResult answer(atoms::ok);
  Question asked;
  if (!read_question(self, args, asked, answer)) return answer;
  auto [socket, reference, length, flags] = asked;
  std::lock_guard lock(socket->read.mutex);
  if (!may_receive(self, *socket, reference, answer)) return answer;
  Buffer buffer(length != 0 ? length : socket->receive_bytes);
  Address from;
  ssize_t count = ::recvfrom(socket->descriptor, buffer.data(), buffer.size(), flags, &from.any, &from.length);
  if (count < 0) return receive_failed(self, *socket, errno, reference);
  if (count == 0 && socket->type == SOCK_STREAM) return stream_ended(self, *socket);
  count_package(*socket, static_cast<size_t>(count));
  finish_ours(self, *socket);
  Allocator& heap = self.heap();
  Term source = make_address(heap, &from.any, static_cast<int>(std::min<size_t>(from.length, sizeof from.storage)));
  return ok(heap, make_tuple(heap, source, buffer.take(heap, static_cast<size_t>(count))));
}

BifResult nif_recvmsg_5(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  Term reference = args[4];
  uint64_t length, control_length;
  int flags;
  if (socket == nullptr || !is_receive_reference(reference)) return self.badarg();
  if (!read_length(args[1], length) || !read_length(args[2], control_length) || !read_int(args[3], flags))
    return bad_number(self, {args[1], args[2], args[3]});
  std::lock_guard lock(socket->read.mutex);
  BifResult answer(atoms::ok);
  if (!may_receive(self, *socket, reference, answer)) return answer;
  Buffer buffer(length != 0 ? length : socket->receive_bytes);
  std::vector<uint8_t> control(std::min(control_length != 0 ? control_length : socket->receive_control_bytes, kLargestRead));
  Address from;
  iovec vector{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &from.any;
  message.msg_namelen = from.length;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t count = ::recvmsg(socket->descriptor, &message, flags | MSG_CMSG_CLOEXEC);
  if (count < 0) return receive_failed(self, *socket, errno, reference);
  if (count == 0 && socket->type == SOCK_STREAM) return stream_ended(self, *socket);
  count_package(*socket, static_cast<size_t>(count));
  finish_ours(self, *socket);
  Allocator& heap = self.heap();
  Term source = Term::none();
  if (message.msg_namelen != 0) source = make_address(heap, &from.any, static_cast<int>(std::min<size_t>(message.msg_namelen, sizeof from.storage)));
  Term pieces = cons(heap, buffer.take(heap, static_cast<size_t>(count)), Term::nil());
  int shown = message.msg_flags & ((flags & MSG_CMSG_CLOEXEC) != 0 ? ~0 : ~MSG_CMSG_CLOEXEC);
  return ok(heap, make_map(heap, {{atoms::iov, pieces}, {atoms::ctrl, make_control_messages(heap, control.data(), message.msg_controllen)},
                                  {atoms::flags, flag_list(heap, message_flags(), shown)}, {atoms::addr, source}}));
}

}  // namespace athanor::bif::prim_socket
