// SPDX-License-Identifier: Apache-2.0
// What the natives of prim_socket share.
#pragma once

#include "io/magic.hpp"
#include "io/posix_error.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/socket.hpp"
#include "io/socket/sockets.hpp"
#define ATH_FAMILY "io/socket/socket.def"
#include "bif/declare.inc"

namespace athanor::io::socket {

inline Socket* socket_of(Term reference) { return magic_as<Socket>(reference); }
inline BifResult closed(Process& self) { return failed(self.heap(), atoms::closed); }
inline BifResult bad_state(Process& self) { return failed_invalid(self.heap(), atoms::state); }

}  // namespace athanor::io::socket
