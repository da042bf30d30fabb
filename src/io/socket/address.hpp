// SPDX-License-Identifier: Apache-2.0
// Socket addresses as terms: #{family := inet, addr := {127,0,0,1}, port := 80} and its kin, to and from the system's structures.
#pragma once

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "term/allocator.hpp"

namespace athanor::io::socket {

struct Address {
  union {
    sockaddr any;
    sockaddr_in in;
    sockaddr_in6 in6;
    sockaddr_un local;
    sockaddr_ll packet;
    sockaddr_storage storage;
  };
  socklen_t length;
  Address() : storage{}, length(sizeof storage) {}
};

bool read_address(Term map, Address& address);                 // false: malformed
bool read_in_address(Term term, in_addr& address);             // a tuple of four, any, loopback, broadcast
bool read_in6_address(Term term, in6_addr& address);           // a tuple of eight, any, loopback

// `length` <= 0: what the family says.
Term make_address(Allocator& heap, const sockaddr* address, int length);
Term make_hardware_address(Allocator& heap, const sockaddr* address);
Term make_in_address(Allocator& heap, const in_addr& address);
Term make_in6_address(Allocator& heap, const in6_addr& address);

// inet, inet6, local, unspec, or any number. `by_number` tells that it was one.
bool read_domain(Term term, int& domain, bool* by_number = nullptr);
Term make_domain(int domain);
bool read_type(Term term, int& type);                          // stream, dgram, raw, seqpacket, or any number
Term make_type(int type);
bool read_level(Term term, int& level);                        // socket, or a protocol's number
Term make_level(int level);

}  // namespace athanor::io::socket
