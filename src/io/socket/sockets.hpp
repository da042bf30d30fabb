// SPDX-License-Identifier: Apache-2.0
// What the sockets of one machine share: settings, counts, and which processes' ends concern which sockets. Sockets hold it, so that
// one which outlives the machine's end in a term still finds it.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "io/owner_filter.hpp"
#include "io/socket/socket.hpp"

namespace athanor::io::socket {

struct SocketCounts { uint64_t all = 0, datagram = 0, stream = 0, sequenced = 0, local = 0, inet = 0, inet6 = 0, ip = 0, tcp = 0, udp = 0, sctp = 0; };

class Sockets : public std::enable_shared_from_this<Sockets> {
 public:
  explicit Sockets(process::Runtime& runtime);
  process::Runtime& runtime() const { return runtime_; }

  // A socket for an open descriptor, owned by `owner`, with its reference on `heap`. The descriptor does not block.
  struct Made { Socket* socket; Term reference; };
  Made make(Allocator& heap, Term owner, int descriptor, int domain, int type, int protocol);

  // Has the socket told of the end of this process. Once is enough for as long as the socket lives; its owner is watched already.
  void watch(Socket& socket, Term pid);
  void forget(Socket& socket);
  void process_exited(Term pid);      // on its exit; any thread in an epoch
  void close_all();                   // the machine ends: threads have stopped

  void count_opened(const Socket& socket);
  void count_closed(const Socket& socket);
  SocketCounts counts() const;

  std::atomic<bool> debug{false}, socket_debug{false}, use_registry{true}, wrap_messages{false}, net_debug{false};

 private:
  void count(const Socket& socket, int64_t change);

  process::Runtime& runtime_;
  mutable std::mutex mutex_;
  OwnerFilter watched_;
  std::multimap<uint32_t, Socket*> by_process_;
  SocketCounts counts_;
};

Sockets& sockets_of(process::Process& self);

}  // namespace athanor::io::socket
