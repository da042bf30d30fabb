// SPDX-License-Identifier: Apache-2.0
// Messages about sockets: {'$socket', Socket, select | abort, Info} to who waits, {'$socket', add | del, Socket} to the registry.
#pragma once

#include "io/socket/socket.hpp"

namespace athanor::io::socket {

void send_select(process::Runtime& runtime, Socket& socket, Term pid, Term reference);
void send_abort(process::Runtime& runtime, Socket& socket, Term pid, Term reference, Term reason);
enum class RegistryChange : uint8_t { Add, Delete };
void tell_registry(process::Runtime& runtime, Socket& socket, RegistryChange change);

}  // namespace athanor::io::socket
