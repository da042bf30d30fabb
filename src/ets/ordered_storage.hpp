// SPDX-License-Identifier: Apache-2.0
// Ordered storage: a tree of rows (row_tree.hpp). A walk finds its place again by key, so rows may come and go between its parts.
#pragma once

#include "ets/row_tree.hpp"
#include "ets/storage.hpp"
#include "heap/copy.hpp"
#include "term/compare.hpp"

namespace athanor::ets {

class OrderedStorage final : public Storage {
 public:
  explicit OrderedStorage(size_t key_position) : Storage(key_position, nullptr, false), rows_(key_position) {}
  ~OrderedStorage() override {
    Garbage garbage;
    while (!take_some(1000, garbage)) garbage.free_some(SIZE_MAX);
  }

  uint64_t hash_of(Term) const override { return 0; }

  Row* find(Term key, uint64_t) override {
    RowTree::Place place = rows_.find(key);
    if (!place) return nullptr;
    rows_.remember(place);
    return place.row();
  }
  Row* next_same(Row*) override { return nullptr; }

  void insert(Row* row, Garbage& garbage) override {
    Row* old_row = rows_.insert(row);
    if (old_row) replaced(old_row, row, garbage);
    else account(1, static_cast<int64_t>(row->words) + kRowWords);
  }
  size_t erase(Term key, uint64_t, Garbage& garbage) override {
    RowTree::Place place = rows_.find(key);
    if (!place) return 0;
    remove(place, garbage);
    return 1;
  }
  size_t erase_object(Term object, uint64_t, Garbage& garbage) override {
    RowTree::Place place = rows_.find(tuple_element(object, key_position_ - 1));
    if (!place || !is_object(*place.row(), object)) return 0;
    remove(place, garbage);
    return 1;
  }
  void replace(Row* old_row, Row* row, Garbage& garbage) override {
    replaced(rows_.replace(rows_.find(old_row->key(key_position_)), row), row, garbage);
  }

  void erase_row(Row* row, Garbage& garbage) override { remove(rows_.find(row->key(key_position_)), garbage); }

  Term first(Allocator& heap, Rows) override { return answer(rows_.first(), heap); }
  Term last(Allocator& heap) override { return answer(rows_.last(), heap); }
  Term next(Term key, Allocator& heap, bool& unknown_key, Rows) override {
    unknown_key = false;
    RowTree::Place place = rows_.find(key);
    return answer(place ? RowTree::next(place) : rows_.upper_bound(key), heap);
  }
  Term previous(Term key, Allocator& heap, bool& unknown_key) override {
    unknown_key = false;
    RowTree::Place place = rows_.find(key);
    if (!place) place = rows_.lower_bound(key);
    return answer(before(place), heap);
  }
  bool slot(size_t index, Allocator& heap, Term& objects) override {
    objects = Term::none();
    if (index >= rows_.size()) return index == rows_.size();
    RowTree::Place place = rows_.first();
    while (index >= place.leaf->count) {
      index -= place.leaf->count;
      place.leaf = place.leaf->next;
    }
    place.index = static_cast<uint32_t>(index);
    Term object = copy_object(*place.row(), heap);
    objects = make_cons(heap.allocate(2), object, Term::nil());
    return true;
  }

  bool walk(Position& position, const KeyRange& range, bool backwards, bool, Visitor& visitor, Garbage& garbage) override {
    if (backwards) return walk_back(position, range, visitor);
    RowTree::Place place = !position.last_key.is_none() ? rows_.upper_bound(position.last_key)
                           : range.kind == KeyRange::All ? rows_.first()
                                                         : rows_.lower_bound([&](Term key) { return range.compare(key); });
    while (place && range.compare(place.key()) == 0) {
      if (!visitor.wants_more()) return false;
      if (place.index == 0 && place.leaf->next) prefetch_leaf(*place.leaf->next);
      const Term key = place.key();
      Row* row = place.row();
      Verdict verdict = visitor.visit(*row);
      position.last_key = key;   // stays readable: erased rows live on in `garbage` until the locks are gone
      if (verdict == Verdict::Erase) {
        place = remove(place, garbage);
        continue;
      }
      if (verdict == Verdict::Replace) replaced(rows_.replace(place, visitor.replacement), visitor.replacement, garbage);
      place = RowTree::next(place);
    }
    return true;
  }

  bool clear_some(size_t count, Garbage& garbage) override {
    for (; count > 0 && rows_.size() > 0; --count) remove(rows_.last(), garbage);
    return rows_.size() == 0;
  }
  bool take_some(size_t count, Garbage& garbage) override {
    if (!taken_) taken_ = rows_.first();
    for (; taken_ && count > 0; --count) {
      Row* row = taken_.row();
      taken_ = RowTree::next(taken_);
      if (taken_ && taken_.index == 0) prefetch_leaf(*taken_.leaf);
      garbage.add(row);
    }
    if (taken_) return false;
    rows_.forget_all();
    return true;
  }

 private:
  static constexpr int64_t kRowWords = 5;   // OTP: what the stock VM counts for a row besides its object

  bool walk_back(Position& position, const KeyRange& range, Visitor& visitor) {
    RowTree::Place after = !position.last_key.is_none() ? rows_.lower_bound(position.last_key)
                           : range.kind == KeyRange::All ? RowTree::Place{}
                                                         : rows_.upper_bound([&](Term key) { return range.compare(key); });
    for (RowTree::Place place = before(after); place && range.compare(place.key()) == 0; place = RowTree::previous(place)) {
      if (!visitor.wants_more()) return false;
      visitor.visit(*place.row());
      position.last_key = place.key();
    }
    return true;
  }
  // Without a place: of the end.
  RowTree::Place before(RowTree::Place place) const { return place ? RowTree::previous(place) : rows_.last(); }
  static void prefetch_leaf(const RowTree::Leaf& leaf) {
    for (uint32_t i = 0; i < leaf.count; ++i) __builtin_prefetch(leaf.rows[i]);
  }
  void account(int64_t rows, int64_t words) {
    add(items_, rows);
    add(words_, words);
  }
  void replaced(Row* old_row, Row* row, Garbage& garbage) {
    account(0, static_cast<int64_t>(row->words) - static_cast<int64_t>(old_row->words));
    garbage.add(old_row);
  }
  RowTree::Place remove(RowTree::Place place, Garbage& garbage) {
    Row* row = place.row();
    account(-1, -(static_cast<int64_t>(row->words) + kRowWords));
    RowTree::Place following = rows_.erase(place);
    if (following) rows_.remember(following);
    garbage.add(row);
    return following;
  }
  Term answer(RowTree::Place place, Allocator& heap) {
    if (!place) return Term::none();
    rows_.remember(place);
    Term key = place.key();
    return key.is_immediate() ? key : heap::copy(key, heap, nullptr);
  }

  RowTree rows_;
  RowTree::Place taken_;   // what take_some takes next
};

}  // namespace athanor::ets
