// SPDX-License-Identifier: Apache-2.0
// Ordered storage: a B-tree of keys in the order of terms (1 and 1.0 are the same key). Immediate keys compare without a look at
// the row. A walk finds its place again by key, so rows may come and go between its parts.
#include <absl/container/btree_set.h>

#include "ets/storage.hpp"
#include "heap/copy.hpp"
#include "term/compare.hpp"

namespace athanor::ets {

int KeyRange::compare(Term other) const {
  if (kind == All) return 0;
  if (kind == Exact) return compare_fast(other, key);
  if (!is_tuple(other) || tuple_arity(other) != tuple_arity(key)) return athanor::compare(other, key);   // never equal
  for (size_t i = 0; i < elements; ++i) {
    if (int order = compare_fast(tuple_element(other, i), tuple_element(key, i))) return order;
  }
  return 0;
}

namespace {

constexpr int64_t kRowWords = 5;   // OTP: what the stock VM counts for a row besides its object

struct Entry {
  mutable Term key;   // points into the row; changed only together with it, to an equal key
  mutable Row* row;
};
struct Less {
  using is_transparent = void;
  bool operator()(const Entry& a, const Entry& b) const { return compare_fast(a.key, b.key) < 0; }
  bool operator()(const Entry& a, Term b) const { return compare_fast(a.key, b) < 0; }
  bool operator()(Term a, const Entry& b) const { return compare_fast(a, b.key) < 0; }
  bool operator()(const Entry& a, const KeyRange& range) const { return range.compare(a.key) < 0; }
  bool operator()(const KeyRange& range, const Entry& b) const { return range.compare(b.key) > 0; }
};

class OrderedStorage final : public Storage {
 public:
  explicit OrderedStorage(size_t key_position) : Storage(key_position) {}
  ~OrderedStorage() override {
    Garbage garbage;
    clear(garbage);
  }

  uint64_t hash_of(Term) const override { return 0; }
  TableLock* key_mutex(uint64_t) override { return nullptr; }

  Row* find(Term key, uint64_t) override {
    auto place = rows_.find(key);
    return place == rows_.end() ? nullptr : place->row;
  }
  Row* next_same(Row*) override { return nullptr; }

  void insert(Row* row, Garbage& garbage) override {
    auto [place, is_new] = rows_.insert(Entry{row->key(key_position_), row});
    if (is_new) account(1, row->words + kRowWords);
    else set(*place, row, garbage);
  }
  size_t erase(Term key, uint64_t, Garbage& garbage) override {
    auto place = rows_.find(key);
    if (place == rows_.end()) return 0;
    remove(place, garbage);
    return 1;
  }
  size_t erase_object(Term object, uint64_t, Garbage& garbage) override {
    auto place = rows_.find(tuple_element(object, key_position_ - 1));
    if (place == rows_.end() || !equal_exact(place->row->object, object)) return 0;
    remove(place, garbage);
    return 1;
  }
  void replace(Row* old_row, Row* row, Garbage& garbage) override {
    set(*rows_.find(old_row->key(key_position_)), row, garbage);
  }

  void erase_row(Row* row, Garbage& garbage) override { remove(rows_.find(row->key(key_position_)), garbage); }

  Term first(Allocator& heap) override { return rows_.empty() ? Term::none() : copy_key(*rows_.begin(), heap); }
  Term last(Allocator& heap) override { return rows_.empty() ? Term::none() : copy_key(*rows_.rbegin(), heap); }
  Term next(Term key, Allocator& heap, bool& unknown_key) override {
    unknown_key = false;
    auto place = rows_.upper_bound(key);
    return place == rows_.end() ? Term::none() : copy_key(*place, heap);
  }
  Term previous(Term key, Allocator& heap, bool& unknown_key) override {
    unknown_key = false;
    auto place = rows_.lower_bound(key);
    return place == rows_.begin() ? Term::none() : copy_key(*--place, heap);
  }
  bool slot(size_t index, Allocator& heap, Term& objects) override {
    objects = Term::none();
    if (index >= rows_.size()) return index == rows_.size();
    auto place = rows_.begin();
    std::advance(place, static_cast<ptrdiff_t>(index));
    Term object = heap::copy(place->row->object, heap, nullptr);
    objects = make_cons(heap.allocate(2), object, Term::nil());
    return true;
  }

  bool walk(Position& position, const KeyRange& range, bool backwards, bool, Visitor& visitor, Garbage& garbage) override {
    if (backwards) return walk_back(position, range, visitor);
    auto place = !position.last_key.is_none() ? rows_.upper_bound(position.last_key)
                 : range.kind == KeyRange::All ? rows_.begin()
                                               : rows_.lower_bound(range);
    while (place != rows_.end() && range.compare(place->key) == 0) {
      if (!visitor.wants_more()) return false;
      Verdict verdict = visitor.visit(*place->row);
      if (verdict == Verdict::Replace) set(*place, visitor.replacement, garbage);
      position.last_key = place->key;   // stays readable: erased rows live on in `garbage` until the locks are gone
      place = verdict == Verdict::Erase ? remove(place, garbage) : std::next(place);
    }
    return true;
  }

  void clear(Garbage& garbage) override {
    for (const Entry& entry : rows_) garbage.add(entry.row);
    rows_.clear();
    items_ = 0;
    words_ = 0;
  }

 private:
  using Rows = absl::btree_set<Entry, Less>;

  bool walk_back(Position& position, const KeyRange& range, Visitor& visitor) {
    auto place = !position.last_key.is_none() ? rows_.lower_bound(position.last_key)
                 : range.kind == KeyRange::All ? rows_.end()
                                               : rows_.upper_bound(range);
    while (place != rows_.begin() && range.compare(std::prev(place)->key) == 0) {
      if (!visitor.wants_more()) return false;
      --place;
      visitor.visit(*place->row);
      position.last_key = place->key;
    }
    return true;
  }
  void set(const Entry& entry, Row* row, Garbage& garbage) {
    Row* old_row = entry.row;
    entry.key = row->key(key_position_);
    entry.row = row;
    account(0, static_cast<int64_t>(row->words) - static_cast<int64_t>(old_row->words));
    garbage.add(old_row);
  }
  Rows::iterator remove(Rows::iterator place, Garbage& garbage) {
    Row* row = place->row;
    account(-1, -(static_cast<int64_t>(row->words) + kRowWords));
    garbage.add(row);
    return rows_.erase(place);
  }
  Term copy_key(const Entry& entry, Allocator& heap) { return heap::copy(entry.key, heap, nullptr); }

  Rows rows_;
};

}  // namespace

std::unique_ptr<Storage> make_ordered_storage(size_t key_position) { return std::make_unique<OrderedStorage>(key_position); }

}  // namespace athanor::ets
