// SPDX-License-Identifier: Apache-2.0
// Terms as text, as erlang:display/1 and the crash texts of the stock VM show them. Iterative, bounded.
#pragma once

#include <string>

#include "term/term.hpp"

namespace athanor {

std::string to_text(Term t, size_t max_bytes = size_t{1} << 20);
std::string float_to_short_text(double value);                  // shortest text that reads back, as ~w prints it
std::string pid_text(Term pid);                                  // <0.1.0>

}  // namespace athanor
