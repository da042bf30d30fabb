// SPDX-License-Identifier: Apache-2.0
// The values are the stock VM's (releases 25 to 29 agree on phash2 and phash).
#include "term/hash.hpp"

#include <gtest/gtest.h>

#include "term/compare.hpp"
#include "term/external/external.hpp"
#include "term/testing.hpp"

namespace athanor {
namespace {

using testing::TestContext;
using testing::TestHeap;

struct Probe {
  std::string bytes;  // external format behind the version
  uint32_t phash2_27_bits;
  uint32_t phash;     // range 2^32: one above the hash
};

template <size_t N>
std::string raw(const char (&text)[N]) { return {text, N - 1}; }

TEST(Hash, PortableHashesAreTheStockVms) {
  TestContext context;
  const Probe probes[] = {
      {raw("d\0\1a"), 97, 98},
      {raw("a\1"), 2614250, 2788898428u},
      {raw("b\xff\xff\xff\xff"), 44071773, 1680185270u},
      {raw("n\6\0\0\0\0\0\0\1"), 13893919, 1920229268u},
      {raw("F\x3f\xf0\0\0\0\0\0\0"), 77147068, 1072693249u},
      {raw("h\0"), 87486268, 1},
      {raw("h\2d\0\1aa\1"), 72425156, 3187717805u},
      {raw("j"), 113427502, 2},
      {raw("k\0\2\1\2"), 13006701, 1096597535u},
      {raw("l\0\0\0\1d\0\1ad\0\1b"), 74710280, 4159696708u},
      {raw("m\0\0\0\0"), 13708901, 1},
      {raw("m\0\0\0\3abc"), 98228475, 1972007566u},
      {raw("M\0\0\0\1\3\x20"), 73037028, 1345689961u},
      {raw("t\0\0\0\0"), 39679005, 1113425985u},
      {raw("t\0\0\0\1d\0\1aa\1"), 59617982, 1670235874u},
      {raw("w\2\xce\xbb"), 3483, 3484},
      {raw("d\0\4true"), 506293, 506294},
      {raw("h\2d\0\1ah\2d\0\1bl\0\0\0\1d\0\1cj"), 107837290, 78802546u},
      {raw("qd\0\5listsd\0\3mapa\2"), 34981515, 904024396u},
  };
  for (const Probe& probe : probes) {
    TestHeap heap;
    auto* bytes = reinterpret_cast<const uint8_t*>(probe.bytes.data());
    Term t = external::decode(heap, bytes, probe.bytes.size(), {.with_version = false}).term;
    ASSERT_FALSE(t.is_none());
    EXPECT_EQ(phash2(t) & ((1u << 27) - 1), probe.phash2_27_bits);
    EXPECT_EQ(phash(t), probe.phash - 1);
  }
}

TEST(Hash, EqualTermsHashAlike) {
  TestContext context;
  TestHeap heap;
  Term zero = make_float(heap.allocate(kFloatWords), 0.0), minus_zero = make_float(heap.allocate(kFloatWords), -0.0);
  ASSERT_TRUE(equal_exact(zero, minus_zero));
  EXPECT_EQ(phash2(zero), phash2(minus_zero));
  EXPECT_EQ(internal_hash(zero), internal_hash(minus_zero));
  EXPECT_EQ(map_hash(zero, 1), map_hash(minus_zero, 1));
}

}  // namespace
}  // namespace athanor
