// SPDX-License-Identifier: Apache-2.0
// The quick ways say what the general ones say, for every pair of integers around the edges of limbs and of smalls.
#include "term/integer/few_limbs.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "term/integer.hpp"
#include "term/testing.hpp"

namespace athanor::integer {
namespace {

using testing::TestContext;
using testing::TestHeap;

class FewLimbs : public ::testing::Test {
 protected:
  FewLimbs() {
    const Term one = Term::small(1);
    for (int bits : {0, 1, 31, 57, 58, 59, 60, 63, 64, 65, 127, 128, 129, 191, 192, 193, 254, 255, 256, 257, 320}) {
      const Term power = shift_left(heap, one, bits), less = subtract(heap, power, one), more = add(heap, power, one);
      for (Term each : {power, less, more, multiply(heap, less, less)}) {
        numbers.push_back(each);
        numbers.push_back(negate(heap, each));
      }
    }
    uint64_t draw = 7;
    for (size_t limbs = 1; limbs <= few::kLimbs + 1; ++limbs) {
      uint64_t magnitude[few::kLimbs + 1];
      for (int round = 0; round < 6; ++round) {
        for (size_t i = 0; i < limbs; ++i) magnitude[i] = draw = draw * 6364136223846793005u + 1442695040888963407u;
        numbers.push_back(from_limbs(heap, magnitude, limbs, round % 2 != 0));
      }
    }
  }
  // What the quick way gives is checked to stay within its room; none() where it leaves the pair to the general way.
  Term quick(few::Answer (*function)(Term, Term, Term*), Term a, Term b) {
    Term* room = heap.allocate(few::kWords + 1);
    room[few::kWords] = Term::small(4711);
    const few::Answer answer = function(a, b, room);
    EXPECT_TRUE(room[few::kWords] == Term::small(4711));
    EXPECT_LE(answer.top - room, static_cast<ptrdiff_t>(few::kWords));
    if (answer.value.is_boxed()) {
      EXPECT_EQ(answer.top - room, static_cast<ptrdiff_t>(limb_count(answer.value)) + 1);
    } else {
      EXPECT_EQ(answer.top, room);
    }
    return answer.value;
  }
  void check(few::Answer (*function)(Term, Term, Term*), Term (*general)(Allocator&, Term, Term)) {
    size_t answered = 0;
    for (Term a : numbers) {
      for (Term b : numbers) {
        const bool few = limbs_of(a) <= few::kLimbs && limbs_of(b) <= few::kLimbs;
        const Term found = quick(function, a, b);
        EXPECT_EQ(found.is_none(), !few) << to_text(a, 16) << " and " << to_text(b, 16);
        if (found.is_none()) continue;
        ++answered;
        const Term expected = general(heap, a, b);
        ASSERT_EQ(found.is_small(), expected.is_small()) << to_text(a, 16) << " and " << to_text(b, 16);
        ASSERT_EQ(to_text(found, 16), to_text(expected, 16)) << to_text(a, 16) << " and " << to_text(b, 16);
      }
    }
    EXPECT_GT(answered, numbers.size() * numbers.size() / 2);
  }
  void check_shift(few::Answer (*function)(Term, Term, Term*), int64_t direction) {
    size_t answered = 0;
    for (Term a : numbers) {
      for (int64_t bits = 0; bits <= 330; ++bits) {
        const Term found = quick(function, a, Term::small(bits));
        if (found.is_none()) continue;
        ++answered;
        const Term expected = shift_left(heap, a, direction * bits);
        ASSERT_EQ(found.is_small(), expected.is_small()) << to_text(a, 16) << " by " << bits;
        ASSERT_EQ(to_text(found, 16), to_text(expected, 16)) << to_text(a, 16) << " by " << bits;
      }
    }
    EXPECT_GT(answered, numbers.size() * 100);
  }
  static size_t limbs_of(Term t) { return t.is_small() ? 1 : limb_count(t); }

  TestContext context;
  TestHeap heap;
  std::vector<Term> numbers;
};

TEST_F(FewLimbs, AddLikeAll) { check(few::add, add); }
TEST_F(FewLimbs, SubtractLikeAll) { check(few::subtract, subtract); }
TEST_F(FewLimbs, MultiplyLikeAll) { check(few::multiply, multiply); }
TEST_F(FewLimbs, AndLikeAll) { check(few::bit_and, bit_and); }
TEST_F(FewLimbs, OrLikeAll) { check(few::bit_or, bit_or); }
TEST_F(FewLimbs, XorLikeAll) { check(few::bit_xor, bit_xor); }
TEST_F(FewLimbs, ShiftLeftLikeAll) { check_shift(few::shift_left, 1); }
TEST_F(FewLimbs, ShiftRightLikeAll) { check_shift(few::shift_right, -1); }

TEST_F(FewLimbs, LeaveTheRestAlone) {
  for (Term other : {Term::nil(), atoms::true_, make_float(heap.allocate(kFloatWords), 1.5), Term::none()}) {
    for (auto function : {few::add, few::subtract, few::multiply, few::bit_and, few::bit_or, few::bit_xor, few::shift_left, few::shift_right}) {
      EXPECT_TRUE(quick(function, other, Term::small(1)).is_none());
      EXPECT_TRUE(quick(function, Term::small(1), other).is_none());
    }
  }
  EXPECT_TRUE(quick(few::shift_left, Term::small(1), Term::small(-1)).is_none());
  EXPECT_TRUE(quick(few::shift_right, Term::small(1), Term::small(-1)).is_none());
}

}  // namespace
}  // namespace athanor::integer
