// SPDX-License-Identifier: Apache-2.0
// nif_setopt, nif_getopt: options of the system by the table, options of the socket module itself (level otp), options by number.
#include <sys/socket.h>

#include <cerrno>

#include "io/socket/address.hpp"
#include "io/socket/messages.hpp"
#include "io/socket/natives.hpp"
#include "io/socket/options.hpp"
#include "process/process_table.hpp"
#include "process/state.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_tuple;

namespace {

// Numbers that prim_socket writes for {otp, Name}.
enum OtpOption : int {
  kDebug = 1001, kWrapMessages = 1002, kControllingProcess = 1003, kReceiveBuffer = 1004, kReceiveControlBuffer = 1006,
  kSendControlBuffer = 1007, kDescriptor = 1008, kMeta = 1009, kUseRegistry = 1010,
  kTriple = 1996, kProtocol = 1997, kType = 1998, kDomain = 1999,
};

Term bad_value(Process& self) { return invalid(self.heap(), atoms::value); }

// A positive size, or default.
bool read_size(Term term, size_t otherwise, size_t& size) {
  uint64_t number;
  if (term == atoms::default_) return size = otherwise, true;
  if (!integer::to_uint64(term, number) || number == 0 || number > static_cast<uint64_t>(INT64_MAX)) return false;
  size = number;
  return true;
}

BifResult set_receive_buffer(Process& self, Socket& socket, Term value) {
  size_t bytes;
  unsigned count = 0;
  if (!read_size(value, Socket::kReceiveBytes, bytes)) {
    if (!is_tuple_of(value, 2) || !read_unsigned(tuple_element(value, 0), count) || count == 0 ||
        !read_size(tuple_element(value, 1), Socket::kReceiveBytes, bytes))
      return bad_value(self);
  }
  socket.receive_count = count;
  socket.receive_bytes = bytes;
  return atoms::ok;
}

// A new owner that has ended already is as one that ends at once: the socket closes.
BifResult set_owner(Process& self, Socket& socket, Term value) {
  {
    std::scoped_lock lock(socket.read.mutex, socket.write.mutex);
    if (!socket.write.is_open()) return closed(self);
    if (socket.owner != self.pid()) return failed_invalid(self.heap(), atoms::not_owner);
    if (!value.is_local_pid()) return bad_value(self);
    socket.sockets->watch(socket, value);
    socket.owner = value;
  }
  process::Process* owner = self.runtime().processes->find(value);
  if (owner == nullptr || process::is_exiting(*owner)) socket.process_exited(value);
  return atoms::ok;
}

BifResult set_meta(Process& self, Socket& socket, Term value) {
  if (socket.owner != self.pid()) return failed_invalid(self.heap(), atoms::not_owner);
  athanor::heap::discard(socket.meta);
  socket.meta = athanor::heap::pack(value, nullptr);
  return atoms::ok;
}

BifResult set_use_registry(Process& self, Socket& socket, Term value) {
  if (value != atoms::true_) return bad_value(self);
  if (!socket.use_registry.exchange(true)) tell_registry(self.runtime(), socket, RegistryChange::Add);
  return atoms::ok;
}

BifResult set_flag(Process& self, std::atomic<bool>& flag, Term value) {
  bool is_on;
  if (!read_boolean(value, is_on)) return bad_value(self);
  flag.store(is_on);
  return atoms::ok;
}

BifResult set_size(Process& self, size_t& size, size_t otherwise, Term value) {
  return read_size(value, otherwise, size) ? BifResult(atoms::ok) : BifResult(bad_value(self));
}

BifResult unknown_otp_option(Process& self, int option) {
  return raise_invalid(self, make_tuple(self.heap(), atoms::otp_socket_option, Term::small(option)));
}

BifResult set_otp(Process& self, Socket& socket, int option, Term value) {
  if (option == kControllingProcess) return set_owner(self, socket, value);
  std::scoped_lock lock(socket.read.mutex, socket.write.mutex);
  if (option < kDebug || option > kUseRegistry || option == kDescriptor || option == 1005) return unknown_otp_option(self, option);
  if (!socket.read.is_open()) return closed(self);
  switch (option) {
    case kDebug: return set_flag(self, socket.debug, value);
    case kWrapMessages: return set_flag(self, socket.wrap_messages, value);
    case kReceiveBuffer: return set_receive_buffer(self, socket, value);
    case kReceiveControlBuffer: return set_size(self, socket.receive_control_bytes, Socket::kControlBytes, value);
    case kSendControlBuffer: return set_size(self, socket.send_control_bytes, Socket::kControlBytes, value);
    case kMeta: return set_meta(self, socket, value);
    default: return set_use_registry(self, socket, value);
  }
}

Term boolean_term(bool value) { return value ? atoms::true_ : atoms::false_; }

BifResult get_otp(Process& self, Socket& socket, int option) {
  Allocator& heap = self.heap();
  std::scoped_lock lock(socket.read.mutex, socket.write.mutex);
  if (option == kUseRegistry) return ok(heap, boolean_term(socket.use_registry));
  bool is_known = (option >= kDebug && option <= kMeta && option != 1005) || (option >= kTriple && option <= kDomain);
  if (!is_known) return unknown_otp_option(self, option);
  if (!socket.read.is_open()) return closed(self);
  auto size = [&](size_t bytes) { return integer::from_uint64(heap, bytes); };
  switch (option) {
    case kDebug: return ok(heap, boolean_term(socket.debug));
    case kWrapMessages: return ok(heap, boolean_term(socket.wrap_messages));
    case kControllingProcess: return ok(heap, socket.owner);
    case kReceiveBuffer:
      if (socket.receive_count == 0) return ok(heap, size(socket.receive_bytes));
      return ok(heap, make_tuple(heap, Term::small(socket.receive_count), size(socket.receive_bytes)));
    case kReceiveControlBuffer: return ok(heap, size(socket.receive_control_bytes));
    case kSendControlBuffer: return ok(heap, size(socket.send_control_bytes));
    case kDescriptor: return ok(heap, Term::small(socket.descriptor));
    case kMeta: return ok(heap, athanor::heap::copy(socket.meta.term, heap, self.runtime().literals));
    case kDomain: return ok(heap, make_domain(socket.domain));
    case kType: return ok(heap, make_type(socket.type));
    case kProtocol: return ok(heap, Term::small(socket.protocol));
    default: return ok(heap, make_tuple(heap, make_domain(socket.domain), make_type(socket.type), Term::small(socket.protocol)));
  }
}

BifResult set_native(Process& self, Socket& socket, int level, int number, Term value) {
  std::lock_guard lock(socket.write.mutex);
  if (!socket.write.is_open()) return closed(self);
  if (std::string bytes; iolist_to_string(value, bytes)) {
    return set_bytes(self.heap(), socket, level, number, bytes.data(), bytes.size());
  }
  int integer;
  bool is_on;
  if (!read_int(value, integer)) {
    if (!read_boolean(value, is_on)) return failed_invalid(self.heap(), atoms::value);
    integer = is_on ? 1 : 0;
  }
  return set_bytes(self.heap(), socket, level, number, &integer, sizeof integer);
}

// Bytes as the system gives them; `bytes` holds what it is to see at first.
BifResult get_native_bytes(Process& self, Socket& socket, int level, int number, std::vector<uint8_t>& bytes) {
  auto length = static_cast<socklen_t>(bytes.size());
  if (::getsockopt(socket.descriptor, level, number, bytes.data(), &length) != 0) return error_tuple(self.heap(), errno);
  return ok(self.heap(), athanor::binary::from_bytes(self.heap(), bytes.data(), std::min<size_t>(length, bytes.size())));
}

constexpr int kLargestNative = 1 << 20;   // no option of the system comes near it

BifResult get_native(Process& self, Socket& socket, int level, int number, Term form) {
  std::lock_guard lock(socket.read.mutex);
  if (!socket.read.is_open()) return closed(self);
  Allocator& heap = self.heap();
  int size;
  if (form == atoms::integer) return get_integer(heap, socket, level, number, [](int value) { return Term::small(value); });
  if (form == atoms::boolean) return get_integer(heap, socket, level, number, [](int value) { return boolean_term(value != 0); });
  if (read_int(form, size)) {
    if (size == 0) return ::getsockopt(socket.descriptor, level, number, nullptr, nullptr) == 0 ? BifResult(atoms::ok) : BifResult(error_tuple(heap, errno));
    if (size < 0) return bad_value(self);
    std::vector<uint8_t> bytes(static_cast<size_t>(std::min(size, kLargestNative)));
    return get_native_bytes(self, socket, level, number, bytes);
  }
  if (!athanor::binary::is_binary(form)) return bad_value(self);
  athanor::binary::Scratch scratch;
  std::string_view start = athanor::binary::bytes_of(form, scratch);
  std::vector<uint8_t> bytes(start.begin(), start.end());
  return get_native_bytes(self, socket, level, number, bytes);
}

// Socket, level and number of both natives; else the answer. `is_otp`: the level is that of the socket module.
bool read_option(Process& self, const Term* args, Socket*& socket, bool& is_otp, int& level, int& number, BifResult& answer) {
  socket = socket_of(args[0]);
  is_otp = args[1] == atoms::otp;
  if (socket == nullptr) answer = self.badarg();
  else if (!read_int(args[2], number)) answer = not_an_int(self, args[2]);
  else if (!is_otp && !read_level(args[1], level)) answer = not_an_int(self, args[1]);
  else return true;
  return false;
}

}  // namespace

BifResult nif_setopt_5(Process& self, const Term* args) {
  Socket* socket;
  bool is_otp;
  int level, number, native;
  BifResult answer(atoms::ok);
  if (!read_int(args[4], native)) return self.badarg();
  if (!read_option(self, args, socket, is_otp, level, number, answer)) return answer;
  if (is_otp) return native == 0 ? set_otp(self, *socket, number, args[3]) : self.badarg();
  if (native != 0) return set_native(self, *socket, level, number, args[3]);
  std::lock_guard lock(socket->write.mutex);
  if (!socket->write.is_open()) return closed(self);
  const Option* option = find_option(level, number);
  if (option == nullptr || option->set == nullptr) return invalid(self.heap(), atoms::socket_option);
  return option->set(self.heap(), *socket, *option, args[3]);
}

BifResult nif_getopt_3(Process& self, const Term* args) {
  Socket* socket;
  bool is_otp;
  int level, number;
  BifResult answer(atoms::ok);
  if (!read_option(self, args, socket, is_otp, level, number, answer)) return answer;
  if (is_otp) return get_otp(self, *socket, number);
  std::lock_guard lock(socket->read.mutex);
  if (!socket->read.is_open()) return closed(self);
  const Option* option = find_option(level, number);
  if (option == nullptr || option->get == nullptr) return invalid(self.heap(), atoms::socket_option);
  return option->get(self.heap(), *socket, *option);
}

BifResult nif_getopt_4(Process& self, const Term* args) {
  Socket* socket;
  bool is_otp;
  int level, number;
  BifResult answer(atoms::ok);
  if (!read_option(self, args, socket, is_otp, level, number, answer)) return answer;
  return is_otp ? self.badarg() : get_native(self, *socket, level, number, args[3]);
}

}  // namespace athanor::bif::prim_socket
