// SPDX-License-Identifier: Apache-2.0
// What the natives of prim_socket share.
#pragma once

#include "io/posix_error.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/socket.hpp"
#include "io/socket/sockets.hpp"
#include "term/magic_reference.hpp"
#define ATH_FAMILY "io/socket/socket.def"
#include "bif/declare.inc"

namespace athanor::io::socket {

inline Socket* socket_of(Term reference) { return magic_as<Socket>(reference); }
inline BifResult closed(Process& self) { return failed(self.heap(), atoms::closed); }
inline BifResult bad_state(Process& self) { return failed_invalid(self.heap(), atoms::state); }

// Whether it is the caller's turn on this side, whose mutex is held; else what to answer. `other`: what else the side may be at work on, which
// excludes this. `reference` is an atom where the caller will not wait.
inline bool is_our_turn(Process& self, Socket& socket, Side& side, Role other, Term reference, BifResult& answer) {
  if (!side.is_open()) return answer = closed(self), false;
  if (side.role == other) return answer = bad_state(self), false;
  switch (socket.take_turn(side, self.pid(), reference)) {
    case Socket::Turn::Queued: return answer = atoms::select, false;
    case Socket::Turn::Repeated: return answer = raise_invalid(self, atoms::state), false;
    case Socket::Turn::Ours: break;
  }
  return true;
}

}  // namespace athanor::io::socket
