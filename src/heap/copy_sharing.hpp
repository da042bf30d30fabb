// SPDX-License-Identifier: Apache-2.0
// Deep copies in which what was one stays one: for terms that are kept, where a flat copy could be exponentially larger.
#pragma once

#include "term/allocator.hpp"

namespace athanor::heap {

// Copies into `to`, in pieces; literals too. `words`: what it took. Slower than heap::copy, which keeps no account of what it has seen.
Term copy_sharing(Term t, Allocator& to, size_t& words);

}  // namespace athanor::heap
