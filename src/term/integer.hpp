// SPDX-License-Identifier: Apache-2.0
// Integers without limit: small, or sign and magnitude in a box (GMP's mpn layer on the heap). All functions take and
// give normalised integers: what fits a small is a small. none() = too large (system_limit).
#pragma once

#include <cstdint>
#include <string>

#include "term/allocator.hpp"
#include "term/boxed.hpp"

namespace athanor::integer {

constexpr size_t kMaxLimbs = (size_t{1} << 19) - 1;  // OTP: what is wider is a system_limit

Term from_int64(Allocator& heap, int64_t value);
Term from_uint64(Allocator& heap, uint64_t value);
Term from_limbs(Allocator& heap, const uint64_t* limbs, size_t count, bool negative);  // normalises
Term from_double(Allocator& heap, double integral);  // integral value, finite
bool to_int64(Term t, int64_t& value);    // false: not an integer or does not fit
bool to_uint64(Term t, uint64_t& value);
double to_double(Term t);                 // rounded as the stock VM does; infinite where it does not fit

// Slow paths of arithmetic: both are integers (small or big).
Term add(Allocator& heap, Term a, Term b);
Term subtract(Allocator& heap, Term a, Term b);
Term multiply(Allocator& heap, Term a, Term b);
Term divide(Allocator& heap, Term a, Term b);     // truncates; b != 0
Term remainder(Allocator& heap, Term a, Term b);  // b != 0
Term negate(Allocator& heap, Term a);
Term bit_and(Allocator& heap, Term a, Term b);
Term bit_or(Allocator& heap, Term a, Term b);
Term bit_xor(Allocator& heap, Term a, Term b);
Term bit_not(Allocator& heap, Term a);
Term shift_left(Allocator& heap, Term a, int64_t bits);  // negative bits shift right arithmetically

int compare(Term a, Term b);                      // both integers
int compare_with_double(Term integer, double d);  // exact comparison
bool is_negative(Term t);
size_t limb_count(Term big);
const uint64_t* limbs(Term big);

std::string to_text(Term t, int base);            // digits upper case, base 2..36
// Parses [+-]digits; none() where the text is no integer of that base or too large (`too_large` then set).
Term parse(Allocator& heap, const char* text, size_t length, int base, bool& too_large);

// Bit syntax and external format: magnitude bytes.
Term from_bytes(Allocator& heap, const uint8_t* bytes, size_t count, bool little_endian, bool negative);           // magnitude
Term from_two_complement(Allocator& heap, const uint8_t* bytes, size_t count, bool little_endian, bool is_signed); // field of `count` whole bytes
// Low `bits` of the two's complement of t, written big- or little-endian, left-aligned to whole bytes as a segment of a binary
// is: when bits % 8 != 0 the last byte holds the final bits in its high part (big endian), following the stock VM for little endian.
void to_field(Term t, size_t bits, bool little_endian, uint8_t* out);

}  // namespace athanor::integer
