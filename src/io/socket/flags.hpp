// SPDX-License-Identifier: Apache-2.0
// Flags of messages and of network interfaces by name.
#pragma once

#include <span>

#include "term/allocator.hpp"

namespace athanor::io::socket {

struct Flag { Term name; int number; };
std::span<const Flag> message_flags();
std::span<const Flag> interface_flags();

// The names of those set, then what is left as a number.
Term flag_list(Allocator& heap, std::span<const Flag> flags, int set);
Term flag_table(Allocator& heap, std::span<const Flag> flags);   // [{Name, Number}]

}  // namespace athanor::io::socket
