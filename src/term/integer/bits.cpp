// SPDX-License-Identifier: Apache-2.0
// Operations on the endless two's complement: band, bor, bxor, bnot, shifts.
#include <algorithm>

#include "term/integer/operand.hpp"

namespace athanor::integer {
namespace {

template <class Operation>
Term combine(Allocator& heap, Term a, Term b, Operation operation) {
  Operand x(a), y(b);
  TwosComplement left(x), right(y);
  size_t count = std::max(x.count, y.count) + 1;
  Result result(heap, count);
  mp_limb_t* out = result.limbs();
  for (size_t i = 0; i < count; ++i) out[i] = operation(left.limb(i), right.limb(i));
  bool negative = out[count - 1] >> 63 != 0;
  if (negative) mpn_neg(out, out, static_cast<mp_size_t>(count));
  return result.finish(count, negative);
}

Term shift_right(Allocator& heap, const Operand& x, uint64_t bits) {
  size_t skipped = bits / 64;
  auto shift = static_cast<unsigned>(bits % 64);
  if (bits / 64 >= x.count) return Term::small(x.negative ? -1 : 0);
  size_t count = x.count - skipped;
  Result result(heap, count + 1);
  mp_limb_t* out = result.limbs();
  bool lost = false;
  if (x.negative) {
    for (size_t i = 0; i < skipped && !lost; ++i) lost = x.limbs[i] != 0;
  }
  if (shift == 0) {
    mpn_copyi(out, x.limbs + skipped, static_cast<mp_size_t>(count));
  } else {
    lost |= mpn_rshift(out, x.limbs + skipped, static_cast<mp_size_t>(count), shift) != 0;
  }
  out[count] = 0;
  // Arithmetic shift rounds towards minus infinity.
  if (x.negative && lost) out[count] = mpn_add_1(out, out, static_cast<mp_size_t>(count), 1);
  return result.finish(count + 1, x.negative);
}

}  // namespace

Term bit_and(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return Term::small(a.small_value() & b.small_value());
  return combine(heap, a, b, [](mp_limb_t x, mp_limb_t y) { return x & y; });
}

Term bit_or(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return Term::small(a.small_value() | b.small_value());
  return combine(heap, a, b, [](mp_limb_t x, mp_limb_t y) { return x | y; });
}

Term bit_xor(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return Term::small(a.small_value() ^ b.small_value());
  return combine(heap, a, b, [](mp_limb_t x, mp_limb_t y) { return x ^ y; });
}

Term bit_not(Allocator& heap, Term a) {
  if (a.is_small()) return Term::small(~a.small_value());
  return combine(heap, a, Term::small(-1), [](mp_limb_t x, mp_limb_t y) { return x ^ y; });
}

Term shift_left(Allocator& heap, Term a, int64_t bits) {
  Operand x(a);
  if (x.count == 0 || bits == 0) return a;
  if (bits < 0) return shift_right(heap, x, 0 - static_cast<uint64_t>(bits));
  auto added = static_cast<uint64_t>(bits) / 64;
  auto shift = static_cast<unsigned>(bits % 64);
  if (added + x.count > kMaxLimbs) return Term::none();
  size_t count = added + x.count + 1;
  Result result(heap, count);
  mp_limb_t* out = result.limbs();
  std::fill_n(out, added, mp_limb_t{0});
  if (shift == 0) {
    mpn_copyi(out + added, x.limbs, static_cast<mp_size_t>(x.count));
    out[count - 1] = 0;
  } else {
    out[count - 1] = mpn_lshift(out + added, x.limbs, static_cast<mp_size_t>(x.count), shift);
  }
  return result.finish(count, x.negative);
}

}  // namespace athanor::integer
