// SPDX-License-Identifier: Apache-2.0
// Control messages of sendmsg and recvmsg: [#{level, type, data, value}] to and from the system's buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "term/allocator.hpp"

namespace athanor::io::socket {

// The list of maps for a buffer of `bytes`; one cut off at the end is the atom bad_data.
Term make_control_messages(Allocator& heap, const uint8_t* buffer, size_t bytes);
// False: malformed, or more than `room` bytes.
bool read_control_messages(Term list, size_t room, std::vector<uint8_t>& buffer);
// The value of IP_RECVERR's message; none(): too short.
Term make_extended_error(Allocator& heap, const uint8_t* data, size_t bytes);

}  // namespace athanor::io::socket
