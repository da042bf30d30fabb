// SPDX-License-Identifier: Apache-2.0
// Rows in the order of their keys (1 and 1.0 are the same key): a B+ tree. Leaves hold keys and rows and are linked; an inner node holds
// for each child but the first a key that is before none below it and after all to the left of it. It is the least of those below, or an
// immediate that was it once: a boxed key is a term inside its row, so where a leaf's first row goes or is replaced the node that names its
// key follows. Nodes without a key that is no small integer are searched without branches or looks at rows.
#pragma once

#include <atomic>
#include <cstdint>

#include "ets/row.hpp"
#include "term/compare.hpp"

namespace athanor::ets {

class RowTree {
 public:
  static constexpr uint32_t kFanout = 32;
  struct Leaf {
    uint32_t count = 0;
    bool all_small = true;
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    Term least;                 // what the node above names it by; of the tree's first leaf it means nothing
    Term keys[kFanout];
    Row* rows[kFanout];
  };
  // A row's place, good until rows come or go. Without a leaf: past the end, or before the start.
  struct Place {
    Leaf* leaf = nullptr;
    uint32_t index = 0;
    explicit operator bool() const { return leaf != nullptr; }
    Row* row() const { return leaf->rows[index]; }
    Term key() const { return leaf->keys[index]; }
  };

  explicit RowTree(size_t key_position) : key_position_(key_position) {}
  ~RowTree() { forget_all(); }
  RowTree(const RowTree&) = delete;
  RowTree& operator=(const RowTree&) = delete;

  size_t size() const { return size_; }
  Place first() const { return size_ > 0 ? Place{first_leaf_, 0} : Place{}; }
  Place last() const { return size_ > 0 ? Place{last_leaf_, last_leaf_->count - 1} : Place{}; }
  static Place next(Place place) {
    if (place.index + 1 < place.leaf->count) return {place.leaf, place.index + 1};
    return {place.leaf->next, 0};
  }
  static Place previous(Place place) {
    if (place.index > 0) return {place.leaf, place.index - 1};
    Leaf* leaf = place.leaf->previous;
    return leaf ? Place{leaf, leaf->count - 1} : Place{};
  }
  Place find(Term key) const;            // where there is none it remembers where it would be
  // The first place whose key is not before, or is after, what `target` orders keys by: target(key) is negative, 0 or positive as key is
  // before, inside or after it. Past the end: none.
  template <class Target>
  Place lower_bound(const Target& target) const { return bound<false>(target); }
  template <class Target>
  Place upper_bound(const Target& target) const { return bound<true>(target); }
  Place lower_bound(Term key) const { return lower_bound([key](Term other) { return compare_fast(other, key); }); }
  Place upper_bound(Term key) const { return upper_bound([key](Term other) { return compare_fast(other, key); }); }

  // The row of the same key that it replaces, or null.
  Row* insert(Row* row);
  Row* replace(Place place, Row* row);   // by one of the same key; the old one
  Place erase(Place place);              // the place of what comes next
  void forget_all();                     // rows are the caller's

  // A row that was asked for: the next question is often about it, or its neighbour. Any thread with the table's lock.
  void remember(Place place) const { hint_.store(reinterpret_cast<uintptr_t>(place.leaf) | uintptr_t{place.index} << kHintShift, std::memory_order_relaxed); }

 private:
  struct Inner {
    uint32_t count = 0;
    bool all_small = true;        // of keys[1 .. count)
    Term keys[kFanout];           // the first is not used
    void* children[kFanout];
  };
  struct Step { Inner* node; uint32_t child; };
  static constexpr int kMaxHeight = 16;
  struct Path { Step steps[kMaxHeight]; };   // from the root down; as many as the tree is high
  static constexpr int kHintShift = 56;   // a hint has the index in the high bits, which no address of a program uses

  template <bool kUpper, class Target>
  static uint32_t rank(const Term* keys, uint32_t first, uint32_t count, const Target& target) {   // keys before the bound
    uint32_t low = first, high = count;
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      int order = target(keys[middle]);
      if (kUpper ? order <= 0 : order < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  template <bool kUpper, class Target>
  Place bound(const Target& target) const {
    void* node = root_;
    if (!node) return {};
    for (int level = height_; level > 0; --level) {
      auto* inner = static_cast<Inner*>(node);
      node = inner->children[rank<kUpper>(inner->keys, 1, inner->count, target) - 1];
    }
    auto* leaf = static_cast<Leaf*>(node);
    uint32_t index = rank<kUpper>(leaf->keys, 0, leaf->count, target);
    return index < leaf->count ? Place{leaf, index} : Place{leaf->next, 0};
  }
  // The leaf where `key` is or would be.
  Leaf* descend(Term key, Path* path) const;
  Place hinted(Term key) const;
  Leaf* hinted_leaf(Term key) const;              // where a new row of this key would go, if that is known and there is room
  void name_least(const Path& path, int levels, Term key);        // what the node at the end of the first steps begins with
  void name_leaf(const Path& path, Leaf* leaf);                   // the same, of the leaf at the end of all steps, by its first key
  void add_child(const Path& path, int level, Term key, void* child);   // right of the path's child at this level; the path is spent
  void remove_child(const Path& path, int level, uint32_t child);
  void split(const Path& path, Leaf* leaf, uint32_t at);
  Leaf* link_leaf(Leaf* before);                  // a new one after it
  void free_leaf(Leaf* leaf);                     // unlinked as well
  Place merge(const Path& path, Place place);     // a leaf of few rows with a neighbour; where the place is then

  const size_t key_position_;
  void* root_ = nullptr;          // a Leaf where height_ is 0
  int height_ = 0;
  size_t size_ = 0;
  Leaf* first_leaf_ = nullptr;
  Leaf* last_leaf_ = nullptr;
  mutable std::atomic<uintptr_t> hint_{0};
};

}  // namespace athanor::ets
