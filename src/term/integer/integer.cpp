// SPDX-License-Identifier: Apache-2.0
// Integers from and to machine numbers, and their order.
#include "term/integer.hpp"

#include <cmath>

#include "term/integer/operand.hpp"

namespace athanor::integer {

Term from_limbs(Allocator& heap, const uint64_t* limbs, size_t count, bool negative) {
  while (count > 0 && limbs[count - 1] == 0) --count;
  if (count > kMaxLimbs) return Term::none();
  if (count == 0) return Term::small(0);
  Result result(heap, count);
  mpn_copyi(result.limbs(), limbs, static_cast<mp_size_t>(count));
  return result.finish(count, negative);
}

Term from_int64(Allocator& heap, int64_t value) {
  if (Term::fits_small(value)) return Term::small(value);
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return from_limbs(heap, &magnitude, 1, value < 0);
}

Term from_uint64(Allocator& heap, uint64_t value) {
  if (value <= static_cast<uint64_t>(Term::kSmallMax)) return Term::small(static_cast<int64_t>(value));
  return from_limbs(heap, &value, 1, false);
}

Term from_double(Allocator& heap, double integral) {
  if (std::fabs(integral) < 9.0e18) return from_int64(heap, static_cast<int64_t>(integral));
  int exponent;
  double fraction = std::frexp(std::fabs(integral), &exponent);  // in [0.5, 1)
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 64));
  int shift = exponent - 64;
  uint64_t limbs[17] = {};
  if (shift < 0) {
    mantissa >>= -shift;
    shift = 0;
  }
  size_t index = static_cast<size_t>(shift) / 64;
  int bits = shift % 64;
  limbs[index] = mantissa << bits;
  if (bits != 0) limbs[index + 1] = mantissa >> (64 - bits);
  return from_limbs(heap, limbs, 17, integral < 0);
}

bool to_int64(Term t, int64_t& value) {
  if (t.is_small()) {
    value = t.small_value();
    return true;
  }
  if (!is_big(t) || limb_count(t) != 1) return false;
  uint64_t magnitude = limbs(t)[0];
  if (is_negative(t)) {
    if (magnitude > uint64_t{1} << 63) return false;
    value = static_cast<int64_t>(0 - magnitude);
    return true;
  }
  if (magnitude >> 63 != 0) return false;
  value = static_cast<int64_t>(magnitude);
  return true;
}

bool to_uint64(Term t, uint64_t& value) {
  if (t.is_small()) {
    value = static_cast<uint64_t>(t.small_value());
    return t.small_value() >= 0;
  }
  if (!is_big(t) || limb_count(t) != 1 || is_negative(t)) return false;
  value = limbs(t)[0];
  return true;
}

namespace {

size_t bit_length(const uint64_t* limbs, size_t count) {
  return count * 64 - static_cast<size_t>(__builtin_clzll(limbs[count - 1]));
}

// 64 bits from bit `from` on.
uint64_t window(const uint64_t* limbs, size_t count, size_t from) {
  size_t index = from / 64, shift = from % 64;
  uint64_t word = index < count ? limbs[index] >> shift : 0;
  if (shift != 0 && index + 1 < count) word |= limbs[index + 1] << (64 - shift);
  return word;
}

bool any_below(const uint64_t* limbs, size_t bit) {
  for (size_t i = 0; i < bit / 64; ++i) {
    if (limbs[i] != 0) return true;
  }
  return bit % 64 != 0 && (limbs[bit / 64] << (64 - bit % 64)) != 0;
}

}  // namespace

double to_double(Term t) {
  if (t.is_small()) return static_cast<double>(t.small_value());
  // OTP: limb by limb, each rounded into the sum; not always the nearest double.
  const uint64_t* digits = limbs(t);
  double magnitude = 0;
  for (size_t i = limb_count(t); i-- > 0 && std::isfinite(magnitude);) {
    magnitude = magnitude * 18446744073709551616.0 + static_cast<double>(digits[i]);
  }
  return is_negative(t) ? -magnitude : magnitude;
}

int compare(Term a, Term b) {
  if (Term::both_small(a, b)) return a == b ? 0 : a.small_value() < b.small_value() ? -1 : 1;
  Operand x(a), y(b);
  if (x.negative != y.negative) return x.negative ? -1 : 1;
  int order = x.count != y.count ? (x.count < y.count ? -1 : 1) : mpn_cmp(x.limbs, y.limbs, static_cast<mp_size_t>(x.count));
  order = order < 0 ? -1 : order > 0 ? 1 : 0;
  return x.negative ? -order : order;
}

int compare_with_double(Term integer, double d) {
  if (integer.is_small()) {
    int64_t value = integer.small_value();
    if (d >= 9223372036854775808.0) return -1;
    if (d < -9223372036854775808.0) return 1;
    auto whole = static_cast<int64_t>(d);
    if (value != whole) return value < whole ? -1 : 1;
    double rest = d - static_cast<double>(whole);
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
  }
  bool negative = is_negative(integer);
  if (negative != (d < 0)) return negative ? -1 : 1;
  int above = negative ? -1 : 1;  // the result where the magnitude is greater than that of d
  if (std::isinf(d)) return -above;
  const uint64_t* digits = limbs(integer);
  size_t count = limb_count(integer), length = bit_length(digits, count);
  int exponent;
  double fraction = std::frexp(std::fabs(d), &exponent);
  if (exponent < static_cast<int>(Term::kSmallBits) - 1) return above;
  auto d_length = static_cast<size_t>(exponent);
  if (length != d_length) return length < d_length ? -above : above;
  auto mantissa = static_cast<uint64_t>(std::ldexp(fraction, 53));
  uint64_t top = window(digits, count, length - 53);  // length is at least 60
  if (top != mantissa) return top < mantissa ? -above : above;
  return any_below(digits, length - 53) ? above : 0;
}

bool is_negative(Term t) {
  return t.is_small() ? t.small_value() < 0 : boxed_kind(t) == BoxedKind::NegativeBig;
}
size_t limb_count(Term big) { return header_arity(box_header(big)); }
const uint64_t* limbs(Term big) { return reinterpret_cast<const uint64_t*>(big.pointer() + 1); }

}  // namespace athanor::integer
