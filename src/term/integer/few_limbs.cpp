// SPDX-License-Identifier: Apache-2.0
// Sums, differences, bits: operands become two's complement of a fixed width, one limb more than the longer of them has at most: 2, 3 or 5 limbs.
// Loops over a width are unrolled by the compiler.
#include "term/integer/few_limbs.hpp"

#include <algorithm>

#include "term/boxed.hpp"

namespace athanor::integer::few {
namespace {

constexpr size_t kNotFew = kLimbs + 1;

// Limbs of the magnitude (1 for every small), or kNotFew.
inline size_t limbs_of(Term t) {
  if (t.is_small()) return 1;
  if (!is_big(t)) return kNotFew;
  return std::min<size_t>(header_arity(t.pointer()->raw), kNotFew);
}

template <size_t kWidth>
struct Wide {
  uint64_t limb[kWidth];

  // Of `count` limbs, less than the width.
  Wide(Term t, size_t count) {
    if (t.is_small()) {
      limb[0] = static_cast<uint64_t>(t.small_value());
      for (size_t i = 1; i < kWidth; ++i) limb[i] = static_cast<uint64_t>(t.small_value() >> 63);
      return;
    }
    const Term* box = t.pointer();
    for (size_t i = 0; i < kWidth; ++i) limb[i] = i < count ? box[1 + i].raw : 0;
    if (header_kind(box->raw) == BoxedKind::NegativeBig) negate();
  }
  Wide() = default;

  void negate() {
    unsigned long long carry = 1;
    for (uint64_t& each : limb) each = __builtin_addcll(~each, 0, carry, &carry);
  }
  bool is_negative() const { return static_cast<int64_t>(limb[kWidth - 1]) < 0; }
};

// A magnitude of `count` limbs, one at least.
inline Answer written(const uint64_t* limbs, size_t count, bool negative, Term* top) {
  while (count > 1 && limbs[count - 1] == 0) --count;
  if (count == 1 && limbs[0] <= static_cast<uint64_t>(Term::kSmallMax) + (negative ? 1 : 0)) {
    const auto value = static_cast<int64_t>(limbs[0]);
    return {Term::small(negative ? -value : value), top};
  }
  top[0].raw = make_header(negative ? BoxedKind::NegativeBig : BoxedKind::PositiveBig, count);
  for (size_t i = 0; i < count; ++i) top[1 + i].raw = limbs[i];
  return {Term::boxed(top), top + 1 + count};
}

template <size_t kWidth>
inline Answer written(Wide<kWidth>& value, Term* top) {
  const bool negative = value.is_negative();
  if (negative) value.negate();
  return written(value.limb, kWidth, negative, top);
}

template <size_t kWidth, class Operation>
inline Answer combine_wide(Term a, size_t a_count, Term b, size_t b_count, Term* top, Operation operation) {
  const Wide<kWidth> x(a, a_count), y(b, b_count);
  Wide<kWidth> result;
  operation(x.limb, y.limb, result.limb, kWidth);
  return written(result, top);
}

template <class Operation>
inline Answer combine(Term a, Term b, Term* top, Operation operation) {
  const size_t a_count = limbs_of(a), b_count = limbs_of(b), count = std::max(a_count, b_count);
  if (count == 1) return combine_wide<2>(a, a_count, b, b_count, top, operation);
  if (count == 2) return combine_wide<3>(a, a_count, b, b_count, top, operation);
  if (count <= kLimbs) return combine_wide<kLimbs + 1>(a, a_count, b, b_count, top, operation);
  return {Term::none(), top};
}

template <class Operation>
inline Answer each_limb(Term a, Term b, Term* top, Operation operation) {
  return combine(a, b, top, [operation](const uint64_t* x, const uint64_t* y, uint64_t* out, size_t width) {
    for (size_t i = 0; i < width; ++i) out[i] = operation(x[i], y[i]);
  });
}

struct Magnitude {
  explicit Magnitude(Term t) {
    if (t.is_small()) {
      negative = t.small_value() < 0;
      small = negative ? 0 - static_cast<uint64_t>(t.small_value()) : static_cast<uint64_t>(t.small_value());
    } else {
      negative = header_kind(t.pointer()->raw) == BoxedKind::NegativeBig;
    }
  }
  bool negative;
  uint64_t small = 0;
};

template <size_t kWidth>
inline Answer shifted_left(Term a, size_t count, size_t skipped, unsigned bits, Term* top) {
  const Wide<kWidth> x(a, count);
  Wide<kWidth> out;
  for (size_t i = 0; i < kWidth; ++i) {
    const uint64_t here = i >= skipped ? x.limb[i - skipped] : 0, below = i > skipped ? x.limb[i - skipped - 1] : 0;
    out.limb[i] = bits == 0 ? here : here << bits | below >> (64 - bits);
  }
  return written(out, top);
}

template <size_t kWidth>
inline Answer shifted_right(Term a, size_t count, size_t skipped, unsigned bits, Term* top) {
  const Wide<kWidth> x(a, count);
  const uint64_t sign = x.is_negative() ? ~uint64_t{0} : 0;
  Wide<kWidth> out;
  for (size_t i = 0; i < kWidth; ++i) {
    const uint64_t here = i + skipped < kWidth ? x.limb[i + skipped] : sign, above = i + skipped + 1 < kWidth ? x.limb[i + skipped + 1] : sign;
    out.limb[i] = bits == 0 ? here : here >> bits | above << (64 - bits);
  }
  return written(out, top);
}

static_assert(kLimbs == 4);
constexpr int64_t kMostBits = 64 * kLimbs;   // a shift by more is not for these functions

}  // namespace

Answer add(Term a, Term b, Term* top) {
  return combine(a, b, top, [](const uint64_t* x, const uint64_t* y, uint64_t* out, size_t width) {
    unsigned long long carry = 0;
    for (size_t i = 0; i < width; ++i) out[i] = __builtin_addcll(x[i], y[i], carry, &carry);
  });
}

Answer subtract(Term a, Term b, Term* top) {
  return combine(a, b, top, [](const uint64_t* x, const uint64_t* y, uint64_t* out, size_t width) {
    unsigned long long borrow = 0;
    for (size_t i = 0; i < width; ++i) out[i] = __builtin_subcll(x[i], y[i], borrow, &borrow);
  });
}

Answer multiply(Term a, Term b, Term* top) {
  const size_t a_count = limbs_of(a), b_count = limbs_of(b);
  if (std::max(a_count, b_count) > kLimbs) return {Term::none(), top};
  const Magnitude x(a), y(b);
  const bool negative = x.negative != y.negative;
  const uint64_t* x_limbs = a.is_small() ? &x.small : &a.pointer()[1].raw;
  const uint64_t* y_limbs = b.is_small() ? &y.small : &b.pointer()[1].raw;
  uint64_t product[2 * kLimbs];
  using Double = unsigned __int128;
  for (size_t j = 0; j < b_count; ++j) {
    uint64_t carry = 0;
    for (size_t i = 0; i < a_count; ++i) {
      const Double sum = static_cast<Double>(x_limbs[i]) * y_limbs[j] + (j == 0 ? 0 : product[i + j]) + carry;
      product[i + j] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> 64);
    }
    product[a_count + j] = carry;
  }
  return written(product, a_count + b_count, negative, top);
}

Answer bit_and(Term a, Term b, Term* top) {
  return each_limb(a, b, top, [](uint64_t x, uint64_t y) { return x & y; });
}
Answer bit_or(Term a, Term b, Term* top) {
  return each_limb(a, b, top, [](uint64_t x, uint64_t y) { return x | y; });
}
Answer bit_xor(Term a, Term b, Term* top) {
  return each_limb(a, b, top, [](uint64_t x, uint64_t y) { return x ^ y; });
}

Answer shift_left(Term a, Term b, Term* top) {
  const size_t count = limbs_of(a);
  if (!b.is_small() || b.small_value() < 0 || b.small_value() > kMostBits) return {Term::none(), top};
  const auto skipped = static_cast<size_t>(b.small_value()) / 64;
  const auto bits = static_cast<unsigned>(b.small_value() % 64);
  // The widths have room for the bits that leave the uppermost limb, and the sign.
  switch (count + skipped) {
    case 1: return shifted_left<2>(a, count, skipped, bits, top);
    case 2: return shifted_left<3>(a, count, skipped, bits, top);
    case 3:
    case 4: return shifted_left<kLimbs + 1>(a, count, skipped, bits, top);
    default: return {Term::none(), top};
  }
}

Answer shift_right(Term a, Term b, Term* top) {
  const size_t count = limbs_of(a);
  if (!b.is_small() || b.small_value() < 0 || b.small_value() > kMostBits || count > kLimbs) return {Term::none(), top};
  const auto skipped = static_cast<size_t>(b.small_value()) / 64;
  const auto bits = static_cast<unsigned>(b.small_value() % 64);
  return count == 1 ? shifted_right<2>(a, count, skipped, bits, top) : shifted_right<kLimbs + 1>(a, count, skipped, bits, top);
}

}  // namespace athanor::integer::few
