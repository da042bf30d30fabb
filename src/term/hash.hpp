// SPDX-License-Identifier: Apache-2.0
// Hashes of terms. Iterative.
#pragma once

#include <cstdint>

#include "term/term.hpp"

namespace athanor {

uint32_t phash2(Term t);                       // erlang:phash2 before reduction to its range
uint32_t phash(Term t);                        // erlang:phash before reduction
uint32_t map_hash(Term key, uint32_t salt);    // decides the shape and order of hashed maps (release 25's; atoms by name)
uint64_t internal_hash(Term t);                // ETS and our own tables; equal_exact terms hash alike. Not visible.

}  // namespace athanor
