// SPDX-License-Identifier: Apache-2.0
// Hashes of terms. Iterative.
#pragma once

#include <cstdint>

#include "term/hash_mix.hpp"
#include "term/term.hpp"

namespace athanor {

inline constexpr uint32_t kInternalHashStart = 3432918353u;

uint32_t phash2(Term t);                       // erlang:phash2 before reduction to its range
uint32_t phash(Term t);                        // erlang:phash before reduction
uint32_t map_hash(Term key, uint32_t salt);    // decides the shape and order of hashed maps (release 25's; atoms by name)
uint32_t table_hash_slow(Term key);
// Decides the order of hashed ETS tables, as release 25's does; atoms inside other terms by name, where the stock VM takes their index.
inline uint32_t table_hash(Term key) {
  if (key.is_small()) return hashing::add_word(kInternalHashStart, key.raw);
  return table_hash_slow(key);
}
uint64_t internal_hash(Term t);                // our own tables; equal_exact terms hash alike. Not visible.

}  // namespace athanor
