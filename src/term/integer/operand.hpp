// SPDX-License-Identifier: Apache-2.0
// Operand: any integer as sign and limbs, for the files of integer/ alone. Result: limbs being written on a heap.
#pragma once

#include <gmp.h>

#include <memory>

#include "term/integer.hpp"

namespace athanor::integer {

static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0);

class Operand {
 public:
  explicit Operand(Term t) {
    if (t.is_small()) {
      int64_t value = t.small_value();
      negative = value < 0;
      small_ = negative ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
      count = small_ != 0;
      limbs = &small_;
    } else {
      const Term* box = t.pointer();
      negative = header_kind(box->raw) == BoxedKind::NegativeBig;
      count = header_arity(box->raw);
      limbs = reinterpret_cast<const mp_limb_t*>(box + 1);
    }
  }
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;

  const mp_limb_t* limbs;
  size_t count;
  bool negative;

 private:
  mp_limb_t small_ = 0;
};

// Limbs on the heap, to be written and then normalised; the unused end is given back.
class Result {
 public:
  Result(Allocator& heap, size_t limbs)
      : heap_(heap), words_(limbs + 1), box_(heap.allocate(words_)), limbs_(reinterpret_cast<mp_limb_t*>(box_ + 1)) {}
  mp_limb_t* limbs() { return limbs_; }
  Term finish(size_t count, bool negative) {
    while (count > 0 && limbs_[count - 1] == 0) --count;
    if (count <= 1) {
      uint64_t magnitude = count == 0 ? 0 : limbs_[0];
      constexpr auto kLimit = static_cast<uint64_t>(Term::kSmallMax);
      if (magnitude <= kLimit + (negative ? 1 : 0)) {
        heap_.give_back(box_, words_, 0);
        auto value = static_cast<int64_t>(magnitude);
        return Term::small(negative ? -value : value);
      }
    }
    if (count > kMaxLimbs) {
      heap_.give_back(box_, words_, 0);
      return Term::none();
    }
    box_->raw = make_header(negative ? BoxedKind::NegativeBig : BoxedKind::PositiveBig, count);
    heap_.give_back(box_, words_, count + 1);
    return Term::boxed(box_);
  }

 private:
  Allocator& heap_;
  size_t words_;
  Term* box_;
  mp_limb_t* limbs_;
};

using Limbs = std::unique_ptr<mp_limb_t[]>;
inline Limbs scratch_limbs(size_t count) { return Limbs(new mp_limb_t[count]); }

// Limb `index` of the endless two's complement.
class TwosComplement {
 public:
  explicit TwosComplement(const Operand& operand) : operand_(operand) {
    if (!operand.negative) return;
    while (first_ < operand.count && operand.limbs[first_] == 0) ++first_;
  }
  mp_limb_t limb(size_t index) const {
    mp_limb_t magnitude = index < operand_.count ? operand_.limbs[index] : 0;
    if (!operand_.negative) return magnitude;
    if (index < first_) return 0;
    return index == first_ ? 0 - magnitude : ~magnitude;
  }

 private:
  const Operand& operand_;
  size_t first_ = 0;  // that is not zero
};

}  // namespace athanor::integer
