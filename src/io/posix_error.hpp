// SPDX-License-Identifier: Apache-2.0
// Error numbers of the system as the atoms that programs see: ENOENT is enoent.
#pragma once

#include "term/allocator.hpp"

namespace athanor::io {

const char* error_name(int error_number);   // "unknown" for what has no name
Term error_atom(int error_number);
Term error_tuple(Allocator& heap, int error_number);   // {error, Atom}

}  // namespace athanor::io
