// SPDX-License-Identifier: Apache-2.0
#include "term/map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "term/compare.hpp"
#include "term/testing.hpp"

namespace athanor {
namespace {

using testing::TestContext;
using testing::TestHeap;

Term map_of(Allocator& heap, int from, int to) {
  std::vector<Term> pairs;
  for (int i = from; i <= to; ++i) {
    pairs.push_back(Term::small(i));
    pairs.push_back(Term::small(i * 10));
  }
  return map::from_pairs(heap, pairs.data(), pairs.size() / 2);
}

std::vector<int64_t> keys(Term map, map::Order order) {
  std::vector<int64_t> result;
  map::Iterator all(map, order);
  Term key, value;
  while (all.next(key, value)) result.push_back(key.small_value());
  return result;
}

TEST(Map, LargeMapsHaveTheStockOrder) {
  TestContext context;
  TestHeap heap;
  // maps:keys(maps:from_list([{I, I} || I <- lists:seq(1, 40)])) in release 25
  const std::vector<int64_t> stock = {33, 12, 23, 29, 30, 39, 26, 31, 11, 37, 9, 32, 34, 25, 28, 6, 38, 13, 40, 20,
                                      15, 14, 2,  7,  1,  8,  3,  17, 22, 21, 4, 36, 24, 10, 35, 27, 19, 5,  18, 16};
  Term built = map_of(heap, 1, 40);
  EXPECT_EQ(keys(built, map::Order::Listed), stock);
  EXPECT_EQ(keys(built, map::Order::Stored), std::vector<int64_t>(stock.rbegin(), stock.rend()));
}

TEST(Map, ShapeDependsOnTheKeysAlone) {
  TestContext context;
  TestHeap heap;
  Term grown = map::empty(heap);
  for (int i = 2000; i >= 1; --i) grown = map::put(heap, grown, Term::small(i), Term::small(i * 10));
  Term built = map_of(heap, 1, 2000);
  EXPECT_EQ(map_size(grown), 2000u);
  EXPECT_TRUE(equal_exact(grown, built));
  for (int i = 2000; i > 20; --i) {
    grown = map::remove(heap, grown, Term::small(i));
    ASSERT_EQ(is_flat_map(grown), i - 1 <= 32);
    ASSERT_TRUE(equal_exact(grown, map_of(heap, 1, i - 1)));
  }
}

TEST(Map, MergeTakesTheSecondsValues) {
  TestContext context;
  TestHeap heap;
  for (auto [first, second] : {std::pair{20, 10}, {20, 25}, {100, 20}, {20, 100}, {500, 700}}) {
    Term a = map_of(heap, 1, first), b = map_of(heap, first / 2, first / 2 + second);
    b = map::put(heap, b, Term::small(first / 2), atoms::ok);
    Term merged = map::merge(heap, a, b);
    EXPECT_EQ(map_size(merged), static_cast<size_t>(std::max(first, first / 2 + second)));
    EXPECT_TRUE(map::get(merged, Term::small(first / 2)) == atoms::ok);
    EXPECT_TRUE(map::get(merged, Term::small(1)) == Term::small(10));
  }
}

TEST(Map, UpdatingAValueSharesTheKeys) {
  TestContext context;
  TestHeap heap;
  Term small = map_of(heap, 1, 5);
  Term updated = map::put(heap, small, Term::small(3), atoms::ok);
  EXPECT_TRUE(small.pointer()[2] == updated.pointer()[2]);
  EXPECT_TRUE(map::put(heap, updated, Term::small(3), atoms::ok) == updated);
  EXPECT_TRUE(map::update(heap, small, Term::small(9), atoms::ok).is_none());
  EXPECT_TRUE(map::remove(heap, small, Term::small(9)) == small);
}

TEST(Map, RepeatedKeys) {
  TestContext context;
  TestHeap heap;
  for (size_t count : {10u, 200u}) {
    std::vector<Term> pairs;
    for (size_t i = 0; i < count; ++i) {
      pairs.push_back(Term::small(static_cast<int64_t>(i % 5)));
      pairs.push_back(Term::small(static_cast<int64_t>(i)));
    }
    std::vector<Term> copy = pairs;
    EXPECT_TRUE(map::from_unique_pairs(heap, copy.data(), count).is_none());
    Term map = map::from_pairs(heap, pairs.data(), count);
    ASSERT_TRUE(is_flat_map(map));
    EXPECT_EQ(map_size(map), 5u);
    EXPECT_TRUE(map::get(map, Term::small(4)) == Term::small(static_cast<int64_t>(count) - 1));
  }
}

TEST(Map, KeysAreComparedExactly) {
  TestContext context;
  TestHeap heap;
  Term one = make_float(heap.allocate(kFloatWords), 1.0);
  Term map = map::put(heap, map_of(heap, 1, 1), one, atoms::ok);
  EXPECT_EQ(map_size(map), 2u);
  EXPECT_TRUE(map.pointer()[2].pointer()[1] == Term::small(1));  // integers stand before floats
}

TEST(Map, WalksGoOnFromAPath) {
  TestContext context;
  TestHeap heap;
  for (int size : {33, 200, 5000}) {
    Term map = map_of(heap, 1, size);
    for (map::Order order : {map::Order::Listed, map::Order::Stored}) {
      const std::vector<int64_t> whole = keys(map, order);
      map::Iterator walk(map, order);
      Term key, value;
      for (size_t i = 0; i < whole.size(); ++i) {
        std::optional<uint64_t> path = walk.path();
        ASSERT_TRUE(path);
        map::Iterator other(map, order);
        ASSERT_TRUE(other.go_to(*path));
        for (size_t k = i; k < std::min(whole.size(), i + 3); ++k) {
          ASSERT_TRUE(other.next(key, value));
          EXPECT_EQ(key.small_value(), whole[k]);
        }
        ASSERT_TRUE(walk.next(key, value));
      }
      EXPECT_FALSE(walk.path());
    }
    // Any number is a path or none, never a fault.
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
      map::Iterator walk(map);
      Term key, value;
      if (walk.go_to(random() >> (random() % 64))) EXPECT_TRUE(walk.next(key, value));
    }
  }
}

}  // namespace
}  // namespace athanor
