// SPDX-License-Identifier: Apache-2.0
// How values of options are read and written: a kind is a struct with `set` and `get`, either null. options.def names them.
#pragma once

#include "io/socket/options.hpp"

namespace athanor::io::socket {

using SetOption = Term (*)(Allocator& heap, Socket& socket, const Option& option, Term value);
using GetOption = Term (*)(Allocator& heap, Socket& socket, const Option& option);

#define ATH_KIND(name)                                                              \
  struct name {                                                                     \
    static Term set(Allocator& heap, Socket& socket, const Option& option, Term value); \
    static Term get(Allocator& heap, Socket& socket, const Option& option);         \
  };
#define ATH_KIND_SET(name)                                                          \
  struct name {                                                                     \
    static Term set(Allocator& heap, Socket& socket, const Option& option, Term value); \
    static constexpr GetOption get = nullptr;                                       \
  };
#define ATH_KIND_GET(name)                                                          \
  struct name {                                                                     \
    static constexpr SetOption set = nullptr;                                       \
    static Term get(Allocator& heap, Socket& socket, const Option& option);         \
  };

// option_kinds.cpp
ATH_KIND(Boolean)
ATH_KIND(Integer)
ATH_KIND_GET(ReadInteger)
ATH_KIND(Device)             // a string
ATH_KIND(Congestion)         // a string
ATH_KIND_GET(Domain)
ATH_KIND_GET(Type)
ATH_KIND_GET(Protocol)       // the number; `default` for local sockets
ATH_KIND(Linger)             // #{onoff := boolean(), linger := seconds}, abort
ATH_KIND(PathMtu)            // want, dont, do, probe
ATH_KIND(TypeOfService)      // lowdelay, throughput, reliability, mincost, or a number
ATH_KIND(InAddress)
ATH_KIND(Hops)               // 0..255, default
ATH_KIND_SET(AddressForm)    // a domain
// option_multicast.cpp
ATH_KIND_SET(Membership)
ATH_KIND_SET(SourceMembership)
ATH_KIND_SET(SourceFilter)
ATH_KIND_SET(Membership6)
// control_messages.cpp
ATH_KIND_GET(PacketOptions)
// option_sctp.cpp
ATH_KIND(SctpAssociation)
ATH_KIND_SET(SctpEvents)
ATH_KIND(SctpInit)
ATH_KIND(SctpTimeouts)

bool read_type_of_service(Term term, int& value);
Term make_type_of_service(int value);

}  // namespace athanor::io::socket
