// SPDX-License-Identifier: Apache-2.0
// The table of socket options: a level and a number to how its value is read and written.
#pragma once

#include "io/socket/socket.hpp"

namespace athanor::io::socket {

struct Option {
  Term level_name, name;
  int level, number;
  // ok | {error, Reason} | {invalid, value}; null: cannot be set. The write side's mutex is held.
  Term (*set)(Allocator& heap, Socket& socket, const Option& option, Term value);
  // {ok, Value} | {error, Reason}; null: cannot be asked for. The read side's mutex is held.
  Term (*get)(Allocator& heap, Socket& socket, const Option& option);
  bool is_known() const { return set != nullptr || get != nullptr; }
};

const Option* find_option(int level, int number);   // null: unknown
Term supported_options(Allocator& heap);            // [{Level, [Name | {Name, Number}]}]

// setsockopt and the answer to it.
Term set_bytes(Allocator& heap, Socket& socket, int level, int number, const void* value, size_t bytes);
Term get_integer(Allocator& heap, Socket& socket, int level, int number, Term (*make)(int value));
Term get_bytes(Allocator& heap, Socket& socket, int level, int number, void* value, size_t bytes);   // none(): done, else the error

}  // namespace athanor::io::socket
