// SPDX-License-Identifier: Apache-2.0
// Maps from unsorted pairs: few are sorted by key, many by hash, from which the trie is made bottom up.
#include <algorithm>
#include <vector>

#include "term/compare.hpp"
#include "term/map/trie.hpp"

namespace athanor::map {
namespace {

// Nibbles in reverse: the one that decides at the root first, so that sorting groups the keys of each node.
uint32_t root_first(uint32_t hash) {
  hash = __builtin_bswap32(hash);
  return (hash & 0x0F0F0F0Fu) << 4 | (hash >> 4 & 0x0F0F0F0Fu);
}

struct Entry {
  uint64_t hash;  // both words, root first; the second only where the first is not unique
  size_t index;   // of the pair
  Term key;
};

bool by_hash(const Entry& a, const Entry& b) { return a.hash != b.hash ? a.hash < b.hash : a.index < b.index; }

class Builder {
 public:
  Builder(Allocator& heap, const Term* pairs, size_t count) : heap_(heap), pairs_(pairs) {
    entries_.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      Term key = pairs[2 * i];
      entries_.push_back({static_cast<uint64_t>(root_first(map_hash(key, 0))) << 32, i, key});
    }
    std::sort(entries_.begin(), entries_.end(), by_hash);
  }

  // Leaves one entry a key, that of the last pair. False: a key occurs twice and must not.
  bool drop_repeated(bool unique) {
    size_t kept = 0;
    for (size_t i = 0; i < entries_.size();) {
      size_t end = i + 1;
      while (end < entries_.size() && entries_[end].hash == entries_[i].hash) ++end;
      if (end - i > 1) {
        for (size_t k = i; k < end; ++k) entries_[k].hash |= root_first(map_hash(entries_[k].key, 1));
        std::sort(entries_.begin() + static_cast<ptrdiff_t>(i), entries_.begin() + static_cast<ptrdiff_t>(end), by_hash);
      }
      size_t group = kept;
      for (; i < end; ++i) {
        if (kept > group && entries_[kept - 1].hash != entries_[i].hash) group = kept;
        size_t same = group;
        while (same < kept && !equal_exact(entries_[same].key, entries_[i].key)) ++same;
        if (same < kept && unique) return false;
        // OTP: the key that came first stays, its value is the last one's.
        if (same < kept) entries_[same].index = entries_[i].index;
        else entries_[kept++] = entries_[i];
      }
    }
    entries_.resize(kept);
    return true;
  }

  size_t count() const { return entries_.size(); }

  Term flat() {
    Term pairs[2 * kFlatMax];
    for (size_t i = 0; i < entries_.size(); ++i) {
      pairs[2 * i] = entries_[i].key;
      pairs[2 * i + 1] = pairs_[2 * entries_[i].index + 1];
    }
    return build_flat(heap_, pairs, entries_.size());
  }

  Term root() { return node(0, entries_.size(), 0); }

 private:
  Term leaf(const Entry& entry) { return make_leaf(heap_, entry.key, pairs_[2 * entry.index + 1]); }

  Term node(size_t begin, size_t end, uint32_t depth) {
    if (depth == kMaxDepth) return collision(begin, end);
    Term children[16];
    Word bitmap = 0;
    size_t count = 0;
    uint32_t shift = 60 - 4 * depth;
    for (size_t i = begin; i < end;) {
      uint64_t slot = entries_[i].hash >> shift & 0xF;
      size_t next = i + 1;
      while (next < end && (entries_[next].hash >> shift & 0xF) == slot) ++next;
      bitmap |= Word{1} << slot;
      children[count++] = next - i == 1 ? leaf(entries_[i]) : node(i, next, depth + 1);
      i = next;
    }
    Term made;
    Term* places = depth == 0 ? new_root(heap_, entries_.size(), bitmap, count, made) : new_node(heap_, bitmap, count, made);
    std::copy_n(children, count, places);
    return made;
  }

  Term collision(size_t begin, size_t end) {
    std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin), entries_.begin() + static_cast<ptrdiff_t>(end),
              [](const Entry& a, const Entry& b) { return compare_exact(a.key, b.key) < 0; });
    Term made;
    Term* places = new_node(heap_, kCollisionNode, end - begin, made);
    for (size_t i = begin; i < end; ++i) places[i - begin] = leaf(entries_[i]);
    return made;
  }

  Allocator& heap_;
  const Term* pairs_;
  std::vector<Entry> entries_;
};

struct Pair {
  Term key, value;
};

}  // namespace

Term build_hashed(Allocator& heap, const Term* pairs, size_t count, bool unique) {
  Builder builder(heap, pairs, count);
  if (!builder.drop_repeated(unique)) return Term::none();
  return builder.count() <= kFlatMax ? builder.flat() : builder.root();
}

bool sort_pairs(Term* words, size_t& count, bool unique) {
  auto* pairs = reinterpret_cast<Pair*>(words);
  size_t kept = count == 0 ? 0 : 1;
  for (size_t i = 1; i < count; ++i) {  // insertion from the right: input is mostly sorted already
    Pair pair = pairs[i];
    size_t place = kept;
    int order = 1;
    while (place > 0 && (order = compare_exact(pair.key, pairs[place - 1].key)) < 0) --place;
    if (place > 0 && order == 0) {
      if (unique) return false;
      pairs[place - 1].value = pair.value;
      continue;
    }
    std::copy_backward(pairs + place, pairs + kept, pairs + kept + 1);
    pairs[place] = pair;
    ++kept;
  }
  count = kept;
  return true;
}

Term build_flat(Allocator& heap, Term* pairs, size_t count) {
  sort_pairs(pairs, count, false);
  return flat_of_sorted(heap, pairs, count, Term::none());
}

Term from_pairs(Allocator& heap, Term* pairs, size_t count) {
  return count <= kFlatMax ? build_flat(heap, pairs, count) : build_hashed(heap, pairs, count, false);
}

Term from_unique_pairs(Allocator& heap, Term* pairs, size_t count) {
  if (count > kFlatMax) return build_hashed(heap, pairs, count, true);
  if (!sort_pairs(pairs, count, true)) return Term::none();
  return flat_of_sorted(heap, pairs, count, Term::none());
}

}  // namespace athanor::map
