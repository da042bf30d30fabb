// SPDX-License-Identifier: Apache-2.0
// Atoms, binaries, order, floats as text.
#include <gtest/gtest.h>

#include <thread>

#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/float_text.hpp"
#include "term/identifier.hpp"
#include "term/print.hpp"
#include "term/testing.hpp"

namespace athanor {
namespace {

using testing::TestContext;
using testing::TestHeap;

TEST(AtomTable, PredefinedAtomsHaveTheirIndices) {
  TestContext context;
  EXPECT_TRUE(intern("ok") == atoms::ok);
  EXPECT_TRUE(intern("true") == atoms::true_);
  EXPECT_EQ(atom_text(atoms::undefined), "undefined");
  EXPECT_EQ(atom_table().hash(atoms::true_), 506293u);
}

TEST(AtomTable, ThreadsAgree) {
  std::unique_ptr<AtomTable> table(make_atom_table(1 << 16));
  std::vector<Term> made[4];
  std::vector<std::thread> threads;
  for (auto& list : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) list.push_back(table->intern("atom" + std::to_string(i)));
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& list : made) {
    for (size_t i = 0; i < list.size(); ++i) {
      ASSERT_TRUE(list[i] == made[0][i]);
      ASSERT_EQ(table->text(list[i]), "atom" + std::to_string(i));
    }
  }
}

TEST(AtomTable, FullTableGivesNone) {
  std::unique_ptr<AtomTable> table(make_atom_table(0));
  Term last = atoms::ok;
  for (int i = 0; i < 3000 && !last.is_none(); ++i) last = table->intern("filler" + std::to_string(i));
  EXPECT_TRUE(last.is_none());
  EXPECT_EQ(table->count(), table->limit());
}

TEST(Order, Atoms) {
  TestContext context;
  EXPECT_LT(compare(intern("abc"), intern("abcd")), 0);
  EXPECT_LT(compare(intern("abcda"), intern("abcdb")), 0);
  EXPECT_LT(compare(intern(""), intern("a")), 0);
  EXPECT_GT(compare(intern("\xc3\xa5"), intern("zzzzzzz")), 0);
}

TEST(Order, OfTheKinds) {
  TestContext context;
  TestHeap heap;
  Term* empty_tuple = heap.allocate(1);
  empty_tuple->raw = tuple_header(0);
  const Term sorted[] = {Term::small(1), atoms::ok, Term::local_port(1), Term::local_pid(1), Term::boxed(empty_tuple), Term::nil(),
                         make_cons(heap.allocate(2), Term::small(1), Term::nil()), binary::from_text(heap, "")};
  for (size_t i = 0; i + 1 < std::size(sorted); ++i) {
    EXPECT_LT(compare(sorted[i], sorted[i + 1]), 0) << i;
    EXPECT_GT(compare(sorted[i + 1], sorted[i]), 0) << i;
  }
  Term one = make_float(heap.allocate(kFloatWords), 1.0);
  EXPECT_EQ(compare(one, Term::small(1)), 0);
  EXPECT_GT(compare_exact(one, Term::small(100)), 0);
  EXPECT_TRUE(equal(one, Term::small(1)));
  EXPECT_FALSE(equal_exact(one, Term::small(1)));
}

TEST(Binary, PartsShareTheirBytes) {
  TestContext context;
  TestHeap heap;
  Term large = binary::from_text(heap, std::string(100, 'x') + "tail");
  EXPECT_TRUE(is_kind(large, BoxedKind::BinaryRef));
  Term rest = binary::part(heap, large, 100 * 8, 32);
  Term last = binary::part(heap, rest, 24, 8);
  EXPECT_TRUE(last.pointer()[4] == large);
  binary::Scratch scratch;
  EXPECT_EQ(binary::bytes_of(last, scratch), "l");
  Term shifted = binary::part(heap, large, 100 * 8 + 3, 16);
  Term copy = binary::from_bits(heap, binary::bits_of(shifted).bytes, 3, 16);
  EXPECT_TRUE(binary::equal(shifted, copy));
  EXPECT_EQ(binary::bytes_of(shifted, scratch), binary::bytes_of(copy, scratch));
}

TEST(Binary, CopyBitsKeepsItsNeighbours) {
  for (unsigned from = 0; from < 8; ++from) {
    for (unsigned to = 0; to < 8; ++to) {
      for (unsigned count = 0; count < 150; ++count) {
        uint8_t source[24], target[24];
        for (size_t i = 0; i < 24; ++i) source[i] = static_cast<uint8_t>(i * 37 + 11), target[i] = 0xA5;
        binary::copy_bits(source, from, target, to, count);
        for (unsigned bit = 0; bit < 192; ++bit) {
          bool inside = bit >= to && bit < to + count;
          unsigned at = inside ? bit - to + from : bit;
          bool want = inside ? source[at / 8] >> (7 - at % 8) & 1 : 0xA5 >> (7 - at % 8) & 1;
          ASSERT_EQ(target[bit / 8] >> (7 - bit % 8) & 1, want) << from << ' ' << to << ' ' << count << ' ' << bit;
        }
      }
    }
  }
}

TEST(FloatText, ShortestIsTheStockVms) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0.0"},        {-0.0, "-0.0"},          {1e10, "1.0e10"},       {1e-5, "1.0e-5"},
      {0.0001, "0.0001"},  {100.0, "100.0"},        {1e6, "1.0e6"},         {12345.678, "12345.678"},
      {1e5, "1.0e5"},      {123456e10, "1.23456e15"}, {1e23, "1.0e23"},     {9007199254740992.0, "9.007199254740992e15"},
      {5e-324, "5.0e-324"}, {1.2e-4, "1.2e-4"},     {0.003, "0.003"},       {4503599627370496.5, "4503599627370496.0"},
  };
  for (auto [value, text] : cases) EXPECT_EQ(float_to_short_text(value), text);
}

TEST(FloatText, ParsesStrictly) {
  double value;
  for (const char* good : {"1.0", "+1.0", "1.0e5", "1.0E+5", "01.5", "1,5", "1.0e-400", "4.9e-324"}) {
    EXPECT_TRUE(float_text::parse(good, value)) << good;
  }
  for (const char* bad : {"", "1", "1.", ".5", "1e5", "1.0e", "1.0e+", " 1.0", "1.0 ", "1_0.0", "1.0e400", "inf", "nan", "0x1.0"}) {
    EXPECT_FALSE(float_text::parse(bad, value)) << bad;
  }
}

TEST(FloatText, RoundsDecimalsAsTheStockVm) {
  const auto fixed = [](double value, int decimals, bool compact = false) {
    float_text::Text text;
    return float_text::fixed(value, decimals, compact, text) ? std::string(text.view()) : "badarg";
  };
  EXPECT_EQ(fixed(12.5, 0), "13");
  EXPECT_EQ(fixed(-0.4, 0), "-0");
  EXPECT_EQ(fixed(0.285, 2), "0.28");
  EXPECT_EQ(fixed(12.3, 5, true), "12.3");
  EXPECT_EQ(fixed(12.0, 5, true), "12.0");
  EXPECT_EQ(fixed(12.5, 254), "badarg");
  EXPECT_EQ(fixed(1e22, 2), "10000000000000000000000.00");
}

}  // namespace
}  // namespace athanor
