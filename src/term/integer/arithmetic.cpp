// SPDX-License-Identifier: Apache-2.0
// Sum, difference, product, quotient, remainder.
#include <algorithm>

#include "term/integer/operand.hpp"

namespace athanor::integer {
namespace {

mp_size_t size_of(size_t count) { return static_cast<mp_size_t>(count); }

Term add_signed(Allocator& heap, const Operand& a, const Operand& b, bool b_negative) {
  const Operand *x = &a, *y = &b;
  bool x_negative = a.negative, y_negative = b_negative;
  if (x->count < y->count) {
    std::swap(x, y);
    std::swap(x_negative, y_negative);
  }
  Result result(heap, x->count + 1);
  mp_limb_t* out = result.limbs();
  if (y->count == 0) {
    mpn_copyi(out, x->limbs, size_of(x->count));
    return result.finish(x->count, x_negative);
  }
  if (x_negative == y_negative) {
    out[x->count] = mpn_add(out, x->limbs, size_of(x->count), y->limbs, size_of(y->count));
    return result.finish(x->count + 1, x_negative);
  }
  if (x->count == y->count && mpn_cmp(x->limbs, y->limbs, size_of(x->count)) < 0) {
    std::swap(x, y);
    std::swap(x_negative, y_negative);
  }
  mpn_sub(out, x->limbs, size_of(x->count), y->limbs, size_of(y->count));
  return result.finish(x->count, x_negative);
}

}  // namespace

Term add(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return from_int64(heap, a.small_value() + b.small_value());
  Operand x(a), y(b);
  return add_signed(heap, x, y, y.negative);
}

Term subtract(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return from_int64(heap, a.small_value() - b.small_value());
  Operand x(a), y(b);
  return add_signed(heap, x, y, !y.negative);
}

Term multiply(Allocator& heap, Term a, Term b) {
  int64_t product;
  if (Term::both_small(a, b) && !__builtin_mul_overflow(a.small_value(), b.small_value(), &product)) {
    return from_int64(heap, product);
  }
  Operand first(a), second(b);
  const Operand *x = &first, *y = &second;
  if (x->count < y->count) std::swap(x, y);
  if (y->count == 0) return Term::small(0);
  size_t count = x->count + y->count;
  if (count - 1 > kMaxLimbs) return Term::none();
  Result result(heap, count);
  mp_limb_t* out = result.limbs();
  if (y->count == 1) {
    out[x->count] = mpn_mul_1(out, x->limbs, size_of(x->count), y->limbs[0]);
  } else if (x->limbs == y->limbs) {
    mpn_sqr(out, x->limbs, size_of(x->count));
  } else {
    mpn_mul(out, x->limbs, size_of(x->count), y->limbs, size_of(y->count));
  }
  return result.finish(count, x->negative != y->negative);
}

Term divide(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) return from_int64(heap, a.small_value() / b.small_value());
  Operand x(a), y(b);
  ATH_ASSERT(y.count != 0);
  if (x.count < y.count) return Term::small(0);
  Result quotient(heap, x.count);
  bool negative = x.negative != y.negative;
  if (y.count == 1) {
    mpn_divrem_1(quotient.limbs(), 0, x.limbs, size_of(x.count), y.limbs[0]);
    return quotient.finish(x.count, negative);
  }
  Limbs rest = scratch_limbs(y.count);
  mpn_tdiv_qr(quotient.limbs(), rest.get(), 0, x.limbs, size_of(x.count), y.limbs, size_of(y.count));
  return quotient.finish(x.count - y.count + 1, negative);
}

Term remainder(Allocator& heap, Term a, Term b) {
  if (Term::both_small(a, b)) {
    // The least small over -1 is no case of its own here: 60 bits.
    return Term::small(a.small_value() % b.small_value());
  }
  Operand x(a), y(b);
  ATH_ASSERT(y.count != 0);
  if (x.count < y.count) return a;
  Result rest(heap, y.count);
  if (y.count == 1) {
    rest.limbs()[0] = mpn_mod_1(x.limbs, size_of(x.count), y.limbs[0]);
    return rest.finish(1, x.negative);
  }
  Limbs quotient = scratch_limbs(x.count - y.count + 1);
  mpn_tdiv_qr(quotient.get(), rest.limbs(), 0, x.limbs, size_of(x.count), y.limbs, size_of(y.count));
  return rest.finish(y.count, x.negative);
}

Term negate(Allocator& heap, Term a) {
  if (a.is_small()) return from_int64(heap, -a.small_value());
  Operand x(a);
  return from_limbs(heap, x.limbs, x.count, !x.negative);
}

}  // namespace athanor::integer
