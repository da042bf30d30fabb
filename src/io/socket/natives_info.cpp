// SPDX-License-Identifier: Apache-2.0
// nif_info, nif_command, nif_sockname, nif_peername.
#include <limits.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/socket/address.hpp"
#include "io/socket/natives.hpp"
#include "term/map.hpp"

namespace athanor::bif::prim_socket {

using namespace io::socket;
using io::error_tuple;

namespace {

constexpr int kCounterBits = 64;

Term boolean_term(bool value) { return value ? atoms::true_ : atoms::false_; }
Term number_term(Allocator& heap, uint64_t value) { return integer::from_uint64(heap, value); }

Term state_list(Allocator& heap, uint32_t state) {
  static constexpr struct { uint32_t bit; Term name; } kNames[] = {
      {kBound, atoms::bound},         {kListening, atoms::listening}, {kAccepting, atoms::accepting}, {kConnecting, atoms::connecting},
      {kConnected, atoms::connected}, {kSelected, atoms::selected},   {kClosing, atoms::closing},     {kClosed, atoms::closed}};
  Term names[std::size(kNames)];
  size_t count = 0;
  for (const auto& row : kNames)
    if ((state & row.bit) != 0) names[count++] = row.name;
  return make_list(heap, names, count);
}

// OTP: descriptor 0 counts as none.
Term creation_term(Allocator& heap, const Socket& socket) {
  if (socket.original_descriptor <= 0) return atoms::normal;
  return socket.close_on_close ? make_tuple(heap, atoms::fromfd, Term::small(socket.original_descriptor)) : atoms::fromfd;
}

Term counters_term(Allocator& heap, const Socket& socket) {
  const TransferCounters &in = socket.received, &out = socket.sent;
  auto number = [&](uint64_t value) { return number_term(heap, value); };
  Term base = make_map(heap, {{atoms::read_byte, number(in.bytes)}, {atoms::read_fails, number(in.fails)}, {atoms::read_pkg, number(in.packages)},
                              {atoms::read_pkg_max, number(in.largest_package)}, {atoms::read_tries, number(in.tries)},
                              {atoms::read_waits, number(in.waits)}, {atoms::write_byte, number(out.bytes)},
                              {atoms::write_fails, number(out.fails)}, {atoms::write_pkg, number(out.packages)},
                              {atoms::write_pkg_max, number(out.largest_package)}, {atoms::write_tries, number(out.tries)},
                              {atoms::write_waits, number(out.waits)}, {atoms::acc_success, number(socket.accepted.successes)},
                              {atoms::acc_fails, number(socket.accepted.fails)}, {atoms::acc_tries, number(socket.accepted.tries)},
                              {atoms::acc_waits, number(socket.accepted.waits)}});
  if (socket.sendfile == nullptr) return base;
  const SendfileCounters& file = *socket.sendfile;
  Term more = make_map(heap, {{atoms::sendfile, number(file.calls)}, {atoms::sendfile_byte, number(file.bytes)},
                              {atoms::sendfile_fails, number(file.fails)}, {atoms::sendfile_max, number(file.largest)},
                              {atoms::sendfile_pkg, number(file.packages)}, {atoms::sendfile_pkg_max, number(file.largest_package)},
                              {atoms::sendfile_tries, number(file.tries)}, {atoms::sendfile_waits, number(file.waits)}});
  return map::merge(heap, base, more);
}

}  // namespace

BifResult nif_info_0(Process& self, const Term*) {
  Allocator& heap = self.heap();
  Sockets& sockets = sockets_of(self);
  SocketCounts counts = sockets.counts();
  auto number = [&](uint64_t value) { return number_term(heap, value); };
  Term counters = make_map(heap, {{atoms::num_cnt_bits, Term::small(kCounterBits)}, {atoms::num_sockets, number(counts.all)},
                                  {atoms::num_tdgrams, number(counts.datagram)}, {atoms::num_tstreams, number(counts.stream)},
                                  {atoms::num_tseqpkgs, number(counts.sequenced)}, {atoms::num_dlocal, number(counts.local)},
                                  {atoms::num_dinet, number(counts.inet)}, {atoms::num_dinet6, number(counts.inet6)},
                                  {atoms::num_pip, number(counts.ip)}, {atoms::num_ptcp, number(counts.tcp)},
                                  {atoms::num_pudp, number(counts.udp)}, {atoms::num_psctp, number(counts.sctp)}});
  return make_map(heap, {{atoms::debug, boolean_term(sockets.debug)}, {atoms::socket_debug, boolean_term(sockets.socket_debug)},
                         {atoms::use_registry, boolean_term(sockets.use_registry)}, {atoms::iow, boolean_term(sockets.wrap_messages)},
                         {atoms::counters, counters}, {atoms::iov_max, Term::small(IOV_MAX)}});
}

BifResult nif_info_1(Process& self, const Term* args) {
  Socket* socket = socket_of(args[0]);
  if (socket == nullptr) return self.badarg();
  Allocator& heap = self.heap();
  std::scoped_lock lock(socket->read.mutex, socket->write.mutex);
  auto number = [&](uint64_t value) { return number_term(heap, value); };
  Term owner = socket->owner.is_none() ? atoms::undefined : socket->owner;
  return make_map(heap, {{atoms::domain, make_domain(socket->domain)}, {atoms::type, make_type(socket->type)},
                         {atoms::protocol, Term::small(socket->protocol)}, {atoms::owner, owner},
                         {atoms::rstates, state_list(heap, socket->read.state)}, {atoms::wstates, state_list(heap, socket->write.state)},
                         {atoms::ctype, creation_term(heap, *socket)}, {atoms::counters, counters_term(heap, *socket)},
                         {atoms::num_readers, number(socket->read.waiting(Role::Receive))},
                         {atoms::num_writers, number(socket->write.waiting(Role::Send))},
                         {atoms::num_acceptors, number(socket->read.waiting(Role::Accept))}});
}

BifResult nif_command_1(Process& self, const Term* args) {
  if (!is_map(args[0])) return self.badarg();
  Term command = map::get(args[0], atoms::command), data = map::get(args[0], atoms::data);
  if (command.is_none() || data.is_none()) return self.badarg();
  Sockets& sockets = sockets_of(self);
  std::atomic<bool>* flag = command == atoms::debug          ? &sockets.debug
                            : command == atoms::socket_debug ? &sockets.socket_debug
                            : command == atoms::use_registry ? &sockets.use_registry
                                                             : nullptr;
  if (flag == nullptr) return raise_invalid(self, make_tuple(self.heap(), atoms::command, command));
  bool is_on;
  if (!read_boolean(data, is_on)) return raise_invalid(self, make_tuple(self.heap(), atoms::data, data));
  flag->store(is_on);
  return atoms::ok;
}

namespace {

BifResult name(Process& self, Term reference, int (*ask)(int, sockaddr*, socklen_t*)) {
  Socket* socket = socket_of(reference);
  if (socket == nullptr) return self.badarg();
  std::lock_guard lock(socket->read.mutex);
  if (!socket->read.is_open()) return closed(self);
  Address address;
  if (ask(socket->descriptor, &address.any, &address.length) != 0) return error_tuple(self.heap(), errno);
  return ok(self.heap(), make_address(self.heap(), &address.any, static_cast<int>(address.length)));
}

}  // namespace

BifResult nif_sockname_1(Process& self, const Term* args) { return name(self, args[0], ::getsockname); }
BifResult nif_peername_1(Process& self, const Term* args) { return name(self, args[0], ::getpeername); }

}  // namespace athanor::bif::prim_socket
