// SPDX-License-Identifier: Apache-2.0
// The tree beside std::map: keys that come in order, against it and by chance, immediates and boxed ones, and all ways for them to go.
#include "ets/row_tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "match_spec/test_terms.hpp"
#include "term/testing.hpp"

namespace athanor::ets {
namespace {

class RowTreeTest : public ::testing::Test {
 protected:
  // {N, Value}, or {{N}, Value} where keys are boxed; where they are mixed half of them are floats.
  Term key_of(int64_t number) {
    if (mixed_ && number % 2 != 0) return make_float(heap_.allocate(kFloatWords), static_cast<double>(number));
    if (!boxed_) return Term::small(number);
    Term* place = heap_.allocate(2);
    place[0].raw = tuple_header(1);
    place[1] = Term::small(number);
    return Term::boxed(place);
  }
  void insert(int64_t number, int64_t value) {
    Term place[3] = {Term{tuple_header(2)}, key_of(number), Term::small(value)};
    Row* old_row = tree_.insert(make_row(Term::boxed(place)));
    EXPECT_EQ(old_row != nullptr, model_.contains(number));
    if (old_row) destroy_row(old_row);
    model_[number] = value;
  }
  void erase(int64_t number) {
    RowTree::Place place = tree_.find(key_of(number));
    ASSERT_EQ(static_cast<bool>(place), model_.contains(number));
    if (!place) return;
    Row* row = place.row();
    RowTree::Place following = tree_.erase(place);
    destroy_row(row);
    auto after = model_.erase(model_.find(number));
    ASSERT_EQ(static_cast<bool>(following), after != model_.end());
    if (following) EXPECT_EQ(following.row()->element(2), Term::small(after->second));
  }
  void expect_same() {
    ASSERT_EQ(tree_.size(), model_.size());
    RowTree::Place place = tree_.first();
    for (auto [number, value] : model_) {
      ASSERT_TRUE(place);
      ASSERT_EQ(compare_fast(place.key(), key_of(number)), 0);
      ASSERT_EQ(place.row()->element(2), Term::small(value));
      place = RowTree::next(place);
    }
    ASSERT_FALSE(place);
    place = tree_.last();
    for (auto each = model_.rbegin(); each != model_.rend(); ++each) {
      ASSERT_TRUE(place);
      ASSERT_EQ(place.row()->element(2), Term::small(each->second));
      place = RowTree::previous(place);
    }
    ASSERT_FALSE(place);
  }
  void expect_bounds(int64_t number) {
    auto same = [&](RowTree::Place place, std::map<int64_t, int64_t>::iterator each) {
      ASSERT_EQ(static_cast<bool>(place), each != model_.end());
      if (place) EXPECT_EQ(place.row()->element(2), Term::small(each->second));
    };
    same(tree_.lower_bound(key_of(number)), model_.lower_bound(number));
    same(tree_.upper_bound(key_of(number)), model_.upper_bound(number));
  }
  void empty() {
    for (RowTree::Place place = tree_.first(); place; place = RowTree::next(place)) destroy_row(place.row());
    tree_.forget_all();
    model_.clear();
  }
  void TearDown() override { empty(); }

  athanor::testing::TestContext context_;
  athanor::testing::TestHeap heap_;
  RowTree tree_{1};
  std::map<int64_t, int64_t> model_;
  bool boxed_ = false;
  bool mixed_ = false;
};

TEST_F(RowTreeTest, InOrderAndAgainstIt) {
  for (bool boxed : {false, true}) {
    boxed_ = boxed;
    for (int64_t i = 0; i < 5000; ++i) insert(i, i);
    for (int64_t i = -1; i > -5000; --i) insert(i, i);
    expect_same();
    for (int64_t i = -5000; i < 5001; i += 61) expect_bounds(i);
    for (int64_t i = 0; i < 2500; ++i) erase(i);                 // a hole
    expect_same();
    for (int64_t i = -4999; i < 0; i += 2) erase(i);
    expect_same();
    for (int64_t i = 4999; i >= -5000; --i) erase(i);
    expect_same();
    EXPECT_FALSE(tree_.first());
    insert(7, 1);
    expect_same();
    empty();
  }
}

TEST_F(RowTreeTest, ByChance) {
  for (bool boxed : {false, true}) {
    boxed_ = boxed;
    std::mt19937_64 random(11);
    for (int round = 0; round < 6; ++round) {
      for (int i = 0; i < 8000; ++i) {
        auto number = static_cast<int64_t>(random() % 6000);
        if (random() % 10 < (round % 2 == 0 ? 7u : 3u)) insert(number, i);
        else erase(number);
        if (i % 97 == 0) expect_bounds(static_cast<int64_t>(random() % 6000));
        if (RowTree::Place place = tree_.find(key_of(static_cast<int64_t>(random() % 6000)))) tree_.remember(place);
      }
      expect_same();
    }
    empty();
  }
}

// Nodes go on naming leaves by immediates that are gone, but never by boxed keys that are: what comes back between finds its leaf.
TEST_F(RowTreeTest, GoneFirstKeys) {
  for (bool mixed : {false, true}) {
    mixed_ = mixed;
    std::mt19937_64 random(5);
    for (int64_t i = 0; i < 4000; ++i) insert(i * 4, i);
    for (int round = 0; round < 40; ++round) {
      // A run of neighbours goes, from below or above, and some of what lay there comes back, also where the last question left off.
      const auto first = static_cast<int64_t>(random() % 15'000), count = static_cast<int64_t>(random() % 400);
      for (int64_t i = 0; i < count; ++i) erase(round % 2 == 0 ? first + i : first + count - 1 - i);
      expect_bounds(first + count / 2);
      for (int64_t i = 0; i < count; i += 1 + static_cast<int64_t>(random() % 3)) {
        if (RowTree::Place place = tree_.find(key_of(first + static_cast<int64_t>(random() % 400)))) tree_.remember(place);
        insert(first + i, round);
      }
      for (int64_t i = first - 2; i < first + count + 2; i += 3) expect_bounds(i);
      expect_same();
    }
    empty();
  }
}

TEST_F(RowTreeTest, ReplacedFirstKeysAreFollowed) {
  for (int64_t i = 0; i < 2000; ++i) insert(i, i);
  // Floats in place of the integers they equal: the tree names keys by the new rows, and the old ones go.
  for (int64_t i = 0; i < 2000; ++i) {
    Term number = make_float(heap_.allocate(kFloatWords), static_cast<double>(i));
    Term place[3] = {Term{tuple_header(2)}, number, Term::small(-i)};
    Row* old_row = tree_.insert(make_row(Term::boxed(place)));
    ASSERT_NE(old_row, nullptr);
    destroy_row(old_row);
    model_[i] = -i;
  }
  expect_same();
  for (int64_t i = 0; i < 2000; i += 3) erase(i);
  for (int64_t i = 0; i < 2000; i += 7) expect_bounds(i);
  expect_same();
}

}  // namespace
}  // namespace athanor::ets
