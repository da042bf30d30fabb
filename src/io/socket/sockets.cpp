// SPDX-License-Identifier: Apache-2.0
#include "io/socket/sockets.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>

#include "bif/magic.hpp"
#include "io/ports.hpp"

namespace athanor::io::socket {

Sockets::Sockets(process::Runtime& runtime) : runtime_(runtime) {}

Sockets::Made Sockets::make(Allocator& heap, Term owner, int descriptor, int domain, int type, int protocol) {
  auto* socket = new Socket(shared_from_this(), descriptor, domain, type, protocol);
  Term reference = bif::make_magic_reference(runtime_, heap, socket);
  socket->reference_words[0] = reference.pointer()[1].raw;
  socket->reference_words[1] = reference.pointer()[2].raw;
  socket->release();                  // the reference's count is left
  watch(*socket, owner);
  socket->owner = owner;
  socket->debug = socket_debug.load(std::memory_order_relaxed);
  socket->use_registry = use_registry.load(std::memory_order_relaxed);
  socket->wrap_messages = wrap_messages.load(std::memory_order_relaxed);
  count_opened(*socket);
  return {socket, reference};
}

void Sockets::watch(Socket& socket, Term pid) {
  if (pid == socket.owner) return;
  std::lock_guard lock(mutex_);
  if (std::find(socket.watched_.begin(), socket.watched_.end(), pid) != socket.watched_.end()) return;
  socket.watched_.push_back(pid);
  watched_.add(pid);
  by_process_.emplace(pid.pid_number(), &socket);
}

void Sockets::forget(Socket& socket) {
  std::lock_guard lock(mutex_);
  for (Term pid : socket.watched_) {
    auto [at, end] = by_process_.equal_range(pid.pid_number());
    while (at != end && at->second != &socket) ++at;
    if (at == end) continue;
    by_process_.erase(at);
    watched_.remove(pid);
  }
  socket.watched_.clear();
}

namespace {
// A count more, unless the last one has just gone: then the socket is being freed and waits for our mutex.
bool retain_if_alive(Socket& socket) {
  uint64_t count = socket.references.load(std::memory_order_relaxed);
  while (count != 0)
    if (socket.references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) return true;
  return false;
}
}  // namespace

void Sockets::process_exited(Term pid) {
  if (!watched_.may_own(pid)) return;
  std::vector<Socket*> concerned;
  {
    std::lock_guard lock(mutex_);
    auto [first, last] = by_process_.equal_range(pid.pid_number());
    for (auto at = first; at != last; ++at) {
      if (retain_if_alive(*at->second)) concerned.push_back(at->second);
      watched_.remove(pid);
      std::erase(at->second->watched_, pid);
    }
    by_process_.erase(first, last);
  }
  for (Socket* socket : concerned) {
    socket->process_exited(pid);
    socket->release();
  }
}

void Sockets::close_all() {
  std::vector<Socket*> open;
  {
    std::lock_guard lock(mutex_);
    for (auto& [pid, socket] : by_process_)
      if (std::find(open.begin(), open.end(), socket) == open.end() && retain_if_alive(*socket)) open.push_back(socket);
    by_process_.clear();
    for (Socket* socket : open) socket->watched_.clear();
  }
  for (Socket* socket : open) {
    Socket::Remains remains = socket->give_up();
    if (remains.was_open && socket->close_on_close) ::close(remains.descriptor);
    if (remains.file >= 0) ::close(remains.file);
    if (socket->polled_.exchange(false)) socket->release();
    socket->release();
  }
}

void Sockets::count(const Socket& socket, int64_t change) {
  std::lock_guard lock(mutex_);
  auto add = [&](uint64_t& counter) { counter += static_cast<uint64_t>(change); };
  add(counts_.all);
  if (socket.domain == AF_INET) add(counts_.inet);
  // OTP: local sockets are counted among the inet6 ones, and num_dlocal stays 0.
  else if (socket.domain == AF_INET6 || socket.domain == AF_UNIX) add(counts_.inet6);
  if (socket.type == SOCK_STREAM) add(counts_.stream);
  else if (socket.type == SOCK_DGRAM) add(counts_.datagram);
  else if (socket.type == SOCK_SEQPACKET) add(counts_.sequenced);
  if (socket.protocol == IPPROTO_IP) add(counts_.ip);
  else if (socket.protocol == IPPROTO_TCP) add(counts_.tcp);
  else if (socket.protocol == IPPROTO_UDP) add(counts_.udp);
  else if (socket.protocol == IPPROTO_SCTP) add(counts_.sctp);
}
void Sockets::count_opened(const Socket& socket) { count(socket, 1); }
void Sockets::count_closed(const Socket& socket) { count(socket, -1); }

SocketCounts Sockets::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

Sockets& sockets_of(process::Process& self) { return self.runtime().ports->sockets(); }

}  // namespace athanor::io::socket
