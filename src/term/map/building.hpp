// SPDX-License-Identifier: Apache-2.0
// A map from unsorted pairs, in steps. Few pairs are sorted by key; many are put into groups by the first bits of their hash, each
// group sorted by hash, freed of repeated keys and made a subtree; the upper levels of the trie join them.
//
//   hash ─► 16 or 256 groups ─► a group a step: sort, drop repeated ─► a group a step: subtree ─► root
#pragma once

#include <cstdint>
#include <vector>

#include "term/allocator.hpp"

namespace athanor::map {

class Building {
 public:
  // Laid out key, value, key, value …; later pairs win, or, where keys must be `unique`, a repeated one makes the result none().
  Building(Allocator& heap, std::vector<Term> pairs, bool unique) : heap_(heap), pairs_(std::move(pairs)), unique_(unique) {}
  bool step(int64_t& budget);   // true: complete; about ten units a pair in all
  Term result() const { return result_; }

 private:
  static constexpr size_t kManyPairs = 4096;   // from here on two levels of the trie are groups
  struct Entry {
    uint64_t hash;  // both words, root first; the second only where the first is not unique
    size_t index;   // of the pair
    Term key;
  };
  struct Group {
    size_t begin = 0, end = 0;
    Term subtree;
  };
  enum class Stage : uint8_t { Begin, Hash, Spread, Sort, Join, Done };

  static bool by_hash(const Entry& a, const Entry& b) { return a.hash != b.hash ? a.hash < b.hash : a.index < b.index; }
  size_t group_of(const Entry& entry) const { return entry.hash >> (64 - 4 * levels_); }
  bool hash_some(int64_t& budget);
  void place_groups();
  bool spread_some(int64_t& budget);
  bool sort_some(int64_t& budget);
  bool drop_repeated(Group& group);
  bool join_some(int64_t& budget);
  bool finish(Term result);
  Term flat();
  Term root();
  Term upper_node(size_t slot);
  Term leaf(const Entry& entry);
  Term node(size_t begin, size_t end, uint32_t depth);
  Term collision(size_t begin, size_t end);

  Allocator& heap_;
  std::vector<Term> pairs_;
  bool unique_;
  Stage stage_ = Stage::Begin;
  size_t at_ = 0;                      // pair, entry or group that comes next
  size_t count_ = 0;                   // keys that stay
  uint32_t levels_ = 1;                // of the trie above the groups
  std::vector<Entry> hashed_, entries_;
  std::vector<Group> groups_;
  Term result_;
};

}  // namespace athanor::map
