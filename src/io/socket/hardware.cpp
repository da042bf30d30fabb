// SPDX-License-Identifier: Apache-2.0
#include "io/socket/hardware.hpp"

#include <linux/if_packet.h>
#include <net/if_arp.h>

#include "term/atom_table.hpp"

namespace athanor::io::socket {

Term hardware_type(int number) {
  switch (number) {
#define HARDWARE(type, atom, names_address) case type: return atoms::atom;
#define PACKET(type, atom)
#include "io/socket/hardware.def"
#undef HARDWARE
#undef PACKET
    default: return Term::small(number);
  }
}

Term hardware_address_type(int number) {
  switch (number) {
#define HARDWARE(type, atom, names_address) case type: return names_address ? atoms::atom : Term::small(number);
#define PACKET(type, atom)
#include "io/socket/hardware.def"
#undef HARDWARE
#undef PACKET
    default: return Term::small(number);
  }
}

Term packet_type(int number) {
  switch (number) {
#define HARDWARE(type, atom, names_address)
#define PACKET(type, atom) case type: return atoms::atom;
#include "io/socket/hardware.def"
#undef HARDWARE
#undef PACKET
    default: return Term::small(number);
  }
}

}  // namespace athanor::io::socket
