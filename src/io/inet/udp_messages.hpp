// SPDX-License-Identifier: Apache-2.0
// Addresses and options of datagrams as terms.
#pragma once

#include <sys/socket.h>

#include "bif/bif.hpp"
#include "io/inet/address.hpp"

namespace athanor::io::inet {

// {A,B,C,D} | {A,…,H} | {local, Path} | {unspec, <<>>}, and the port.
Term address_terms(Allocator& heap, const Address& address, Term& port);
// The address as bytes; of a family unknown here, one that says so.
std::string address_bytes(const Address& address);
// These in front of the data, as recv takes it apart.
Term with_address(Allocator& heap, Term data, const Address& address);
// [{tos, N}, …]
Term ancillary_list(Allocator& heap, const msghdr& message);
// Options to send along, from number and value each, into the message's control bytes. False: malformed, unknown or too many.
bool read_ancillary(std::string_view data, msghdr& message);

}  // namespace athanor::io::inet
