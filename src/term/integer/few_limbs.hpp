// SPDX-License-Identifier: Apache-2.0
// Arithmetic of integers of a few limbs, as hashes, keys and counters beyond a word are made of: computed in registers and written where the heap
// goes on. What is wider, or no integer, is left to integer.hpp's functions, which do the same for all integers.
#pragma once

#include "term/term.hpp"

namespace athanor::integer::few {

constexpr size_t kLimbs = 4;               // at most, of an operand
constexpr size_t kWords = 2 * kLimbs + 1;  // that must be free at `top`

// The result, and where the heap goes on behind it; value none(): not for these functions.
struct Answer {
  Term value;
  Term* top;
};

Answer add(Term a, Term b, Term* top);
Answer subtract(Term a, Term b, Term* top);
Answer multiply(Term a, Term b, Term* top);
Answer bit_and(Term a, Term b, Term* top);
Answer bit_or(Term a, Term b, Term* top);
Answer bit_xor(Term a, Term b, Term* top);
Answer shift_left(Term a, Term b, Term* top);
Answer shift_right(Term a, Term b, Term* top);   // rounds towards minus infinity

}  // namespace athanor::integer::few
