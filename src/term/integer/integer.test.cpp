// SPDX-License-Identifier: Apache-2.0
#include "term/integer.hpp"

#include <gtest/gtest.h>

#include "term/compare.hpp"
#include "term/testing.hpp"

namespace athanor::integer {
namespace {

using testing::TestContext;
using testing::TestHeap;

struct Fixture : ::testing::Test {
  Term number(std::string_view text, int base = 10) {
    bool too_large;
    Term t = parse(heap, text.data(), text.size(), base, too_large);
    EXPECT_FALSE(t.is_none()) << text;
    return t;
  }
  std::string text(Term t, int base = 10) { return to_text(t, base); }
  TestContext context;
  TestHeap heap;
};
using Integer = Fixture;

TEST_F(Integer, CrossesTheEdgeOfSmalls) {
  Term edge = add(heap, Term::small(Term::kSmallMax), Term::small(1));
  ASSERT_TRUE(is_big(edge));
  EXPECT_EQ(text(edge), "576460752303423488");
  EXPECT_TRUE(subtract(heap, edge, Term::small(1)) == Term::small(Term::kSmallMax));
  EXPECT_TRUE(negate(heap, edge) == Term::small(Term::kSmallMin));
  EXPECT_TRUE(is_big(divide(heap, Term::small(Term::kSmallMin), Term::small(-1))));
}

TEST_F(Integer, DividesTowardsZero) {
  Term a = number("-123456789012345678901234567890"), b = number("987654321098765");
  EXPECT_EQ(text(divide(heap, a, b)), "-124999998860937");
  EXPECT_EQ(text(add(heap, multiply(heap, divide(heap, a, b), b), remainder(heap, a, b))), text(a));
  EXPECT_EQ(text(shift_left(heap, a, -60)), "-107081695085");
}

TEST_F(Integer, LogicOfNegatives) {
  Term a = negate(heap, shift_left(heap, Term::small(1), 128));
  EXPECT_EQ(text(bit_and(heap, a, Term::small(-1))), text(a));
  EXPECT_TRUE(bit_or(heap, a, Term::small(-1)) == Term::small(-1));
  EXPECT_EQ(text(bit_not(heap, a), 16), std::string(32, 'F'));
  EXPECT_TRUE(shift_left(heap, a, -1000) == Term::small(-1));
}

TEST_F(Integer, TooWideIsNone) {
  EXPECT_TRUE(shift_left(heap, Term::small(1), static_cast<int64_t>(kMaxLimbs) * 64).is_none());
  EXPECT_FALSE(shift_left(heap, Term::small(1), static_cast<int64_t>(kMaxLimbs) * 64 - 1).is_none());
  EXPECT_TRUE(shift_left(heap, Term::small(1), INT64_MAX).is_none());
  EXPECT_TRUE(shift_left(heap, Term::small(0), INT64_MAX) == Term::small(0));
}

TEST_F(Integer, ParsesDigitsOnly) {
  bool too_large;
  for (std::string_view bad : {"", "-", "+", "1_0", " 1", "1 ", "12a", "--1"}) {
    EXPECT_TRUE(parse(heap, bad.data(), bad.size(), 10, too_large).is_none()) << bad;
    EXPECT_FALSE(too_large);
  }
  std::string huge(20'000'000, '9');
  EXPECT_TRUE(parse(heap, huge.data(), huge.size(), 10, too_large).is_none());
  EXPECT_TRUE(too_large);
  EXPECT_EQ(text(number("-zz00000000000000000000000000", 36), 36), "-ZZ00000000000000000000000000");
}

TEST_F(Integer, ReadsWhatItWrites) {
  uint64_t draw = 11;
  for (int base : {2, 3, 9, 10, 11, 16, 36}) {
    for (size_t length = 1; length <= 200; ++length) {
      std::string digits;
      for (size_t i = 0; i < length; ++i) {
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        const auto digit = static_cast<char>((draw >> 40) % static_cast<uint64_t>(base));
        digits.push_back(static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
      }
      std::string expected = digits;
      expected.erase(0, std::min(expected.find_first_not_of('0'), expected.size() - 1));
      ASSERT_EQ(text(number(digits, base), base), expected);
      ASSERT_EQ(text(number("-" + digits, base), base), expected == "0" ? expected : "-" + expected);
      ASSERT_EQ(text(number("-" + std::string(150, '0') + digits, base), base), expected == "0" ? expected : "-" + expected);
    }
    for (size_t length = 1; length <= 200; ++length) {   // the largest of each length
      const char most = static_cast<char>(base <= 10 ? '0' + base - 1 : 'A' + base - 11);
      const std::string digits(length, most);
      ASSERT_EQ(text(number(digits, base), base), digits);
      ASSERT_EQ(text(add(heap, number(digits, base), Term::small(1)), base), "1" + std::string(length, '0'));
    }
  }
}

TEST_F(Integer, ComparesWithDoublesExactly) {
  Term odd = number("9007199254740993");
  EXPECT_EQ(compare_with_double(odd, 9007199254740992.0), 1);
  EXPECT_EQ(compare_with_double(odd, 9007199254740994.0), -1);
  EXPECT_EQ(compare_with_double(shift_left(heap, Term::small(1), 100), 0x1p100), 0);
  EXPECT_EQ(compare_with_double(add(heap, shift_left(heap, Term::small(1), 100), Term::small(1)), 0x1p100), 1);
  EXPECT_EQ(compare_with_double(number("-1000000000000000000000"), -1e300), 1);
}

TEST_F(Integer, Fields) {
  uint8_t out[3] = {};
  to_field(Term::small(0x1234), 12, false, out);
  EXPECT_EQ(out[0], 0x23);
  EXPECT_EQ(out[1], 0x40);
  to_field(Term::small(0x1234), 12, true, out);  // <<16#1234:12/little>> is <<16#34, 2:4>>
  EXPECT_EQ(out[0], 0x34);
  EXPECT_EQ(out[1], 0x20);
  uint8_t minus_two[9] = {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
  EXPECT_TRUE(from_two_complement(heap, minus_two, 9, true, true) == Term::small(-2));
  EXPECT_EQ(text(from_two_complement(heap, minus_two, 9, true, false), 16), "FFFFFFFFFFFFFFFFFE");
}

}  // namespace
}  // namespace athanor::integer
