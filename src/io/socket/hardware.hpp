// SPDX-License-Identifier: Apache-2.0
// Names of kinds of network hardware and of packets, as packet addresses and ioctl show them.
#pragma once

#include "term/term.hpp"

namespace athanor::io::socket {

Term hardware_type(int number);            // of a packet address: an atom, or the number
Term hardware_address_type(int number);    // of ioctl's gifhwaddr
Term packet_type(int number);

}  // namespace athanor::io::socket
