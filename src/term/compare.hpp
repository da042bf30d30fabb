// SPDX-License-Identifier: Apache-2.0
// The order of all terms. Iterative: depth costs heap, not C++ stack.
#pragma once

#include "term/term.hpp"

namespace athanor {

// Negative, zero, positive. Integers and floats compare by value (1 == 1.0). number < atom < reference < fun < port < pid < tuple < map < nil < list < bitstring.
int compare(Term a, Term b);
// As compare, but 1 and 1.0 differ (integers before floats): the order of ordered_set keys inside maps.
int compare_exact(Term a, Term b);
bool equal_slow(Term a, Term b);        // ==
bool equal_exact_slow(Term a, Term b);  // =:=

inline bool equal(Term a, Term b) {
  if (a == b) return true;
  if (a.is_immediate() && b.is_immediate()) return false;
  return equal_slow(a, b);
}
inline bool equal_exact(Term a, Term b) {
  if (a == b) return true;
  if (a.is_immediate() || b.is_immediate()) return false;
  return equal_exact_slow(a, b);
}
inline int compare_fast(Term a, Term b) {
  if (a == b) return 0;
  if (Term::both_small(a, b)) return static_cast<int64_t>(a.raw) < static_cast<int64_t>(b.raw) ? -1 : 1;
  return compare(a, b);
}

}  // namespace athanor
