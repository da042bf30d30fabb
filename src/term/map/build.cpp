// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "term/compare.hpp"
#include "term/map/building.hpp"
#include "term/map/trie.hpp"

namespace athanor::map {
namespace {

// Nibbles in reverse: the one that decides at the root first, so that sorting groups the keys of each node.
uint32_t root_first(uint32_t hash) {
  hash = __builtin_bswap32(hash);
  return (hash & 0x0F0F0F0Fu) << 4 | (hash >> 4 & 0x0F0F0F0Fu);
}

struct Pair {
  Term key, value;
};

}  // namespace

bool Building::step(int64_t& budget) {
  if (stage_ == Stage::Begin) {
    size_t count = pairs_.size() / 2;
    if (count <= kFlatMax) {
      budget -= static_cast<int64_t>(count);
      if (!sort_pairs(pairs_.data(), count, unique_)) return finish(Term::none());
      return finish(flat_of_sorted(heap_, pairs_.data(), count, Term::none()));
    }
    hashed_.reserve(count);
    levels_ = count < kManyPairs ? 1 : 2;
    groups_.resize(size_t{1} << 4 * levels_);
    stage_ = Stage::Hash;
  }
  if (stage_ == Stage::Hash) {
    if (!hash_some(budget)) return false;
    place_groups();
    stage_ = Stage::Spread;
  }
  if (stage_ == Stage::Spread) {
    if (!spread_some(budget)) return false;
    std::vector<Entry>().swap(hashed_);
    stage_ = Stage::Sort;
    at_ = 0;
  }
  if (stage_ == Stage::Sort) {
    if (!sort_some(budget)) return false;
    if (stage_ == Stage::Done) return true;
    if (count_ <= kFlatMax) return finish(flat());
    stage_ = Stage::Join;
    at_ = 0;
  }
  return stage_ == Stage::Done || join_some(budget);
}

bool Building::finish(Term result) {
  result_ = result;
  stage_ = Stage::Done;
  return true;
}

bool Building::hash_some(int64_t& budget) {
  for (const size_t count = pairs_.size() / 2; at_ < count; ++at_, budget -= 3) {
    if (budget <= 0) return false;
    const Term key = pairs_[2 * at_];
    hashed_.push_back({static_cast<uint64_t>(root_first(map_hash(key, 0))) << 32, at_, key});
    ++groups_[group_of(hashed_.back())].end;   // a count for now
  }
  return true;
}

void Building::place_groups() {
  size_t begin = 0;
  for (Group& group : groups_) {
    const size_t count = group.end;
    group.begin = group.end = begin;
    begin += count;
  }
  entries_.resize(begin);
  at_ = 0;
}

bool Building::spread_some(int64_t& budget) {
  for (; at_ < hashed_.size(); ++at_, --budget) {
    if (budget <= 0) return false;
    entries_[groups_[group_of(hashed_[at_])].end++] = hashed_[at_];
  }
  return true;
}

bool Building::sort_some(int64_t& budget) {
  for (; at_ < groups_.size(); ++at_) {
    if (budget <= 0) return false;
    Group& group = groups_[at_];
    budget -= 3 * static_cast<int64_t>(group.end - group.begin) + 1;
    std::sort(entries_.begin() + static_cast<ptrdiff_t>(group.begin), entries_.begin() + static_cast<ptrdiff_t>(group.end), by_hash);
    if (!drop_repeated(group)) return finish(Term::none());
    count_ += group.end - group.begin;
  }
  return true;
}

// Leaves one entry a key, that of the last pair. False: a key occurs twice and must not.
bool Building::drop_repeated(Group& all) {
  size_t kept = all.begin;
  for (size_t i = all.begin; i < all.end;) {
    size_t end = i + 1;
    while (end < all.end && entries_[end].hash == entries_[i].hash) ++end;
    if (end - i > 1) {
      for (size_t k = i; k < end; ++k) entries_[k].hash |= root_first(map_hash(entries_[k].key, 1));
      std::sort(entries_.begin() + static_cast<ptrdiff_t>(i), entries_.begin() + static_cast<ptrdiff_t>(end), by_hash);
    }
    size_t group = kept;
    for (; i < end; ++i) {
      if (kept > group && entries_[kept - 1].hash != entries_[i].hash) group = kept;
      size_t same = group;
      while (same < kept && !equal_exact(entries_[same].key, entries_[i].key)) ++same;
      if (same < kept && unique_) return false;
      // OTP: the key that came first stays, its value is the last one's.
      if (same < kept) entries_[same].index = entries_[i].index;
      else entries_[kept++] = entries_[i];
    }
  }
  all.end = kept;
  return true;
}

bool Building::join_some(int64_t& budget) {
  for (; at_ < groups_.size(); ++at_) {
    if (budget <= 0) return false;
    Group& group = groups_[at_];
    const size_t count = group.end - group.begin;
    budget -= 3 * static_cast<int64_t>(count) + 1;
    if (count > 0) group.subtree = count == 1 ? leaf(entries_[group.begin]) : node(group.begin, group.end, levels_);
  }
  return finish(root());
}

Term Building::flat() {
  Term pairs[2 * kFlatMax];
  size_t count = 0;
  for (const Group& group : groups_) {
    for (size_t i = group.begin; i < group.end; ++i, ++count) {
      pairs[2 * count] = entries_[i].key;
      pairs[2 * count + 1] = pairs_[2 * entries_[i].index + 1];
    }
  }
  return build_flat(heap_, pairs, count);
}

Term Building::leaf(const Entry& entry) { return make_leaf(heap_, entry.key, pairs_[2 * entry.index + 1]); }

Term Building::root() {
  Term children[16];
  Word bitmap = 0;
  size_t count = 0;
  for (size_t slot = 0; slot < 16; ++slot) {
    const Term child = levels_ == 1 ? groups_[slot].subtree : upper_node(slot);
    if (child.is_none()) continue;
    bitmap |= Word{1} << slot;
    children[count++] = child;
  }
  Term made;
  std::copy_n(children, count, new_root(heap_, count_, bitmap, count, made));
  return made;
}

// Below the root where there are two levels above the groups: one key is its leaf alone.
Term Building::upper_node(size_t slot) {
  Term children[16];
  Word bitmap = 0;
  size_t count = 0, keys = 0;
  for (size_t i = 0; i < 16; ++i) {
    const Group& group = groups_[slot * 16 + i];
    if (group.subtree.is_none()) continue;
    bitmap |= Word{1} << i;
    children[count++] = group.subtree;
    keys += group.end - group.begin;
  }
  if (keys == 0) return Term::none();
  Term made = children[0];
  if (keys > 1) std::copy_n(children, count, new_node(heap_, bitmap, count, made));
  return made;
}

Term Building::node(size_t begin, size_t end, uint32_t depth) {
  if (depth == kMaxDepth) return collision(begin, end);
  Term children[16];
  Word bitmap = 0;
  size_t count = 0;
  const uint32_t shift = 60 - 4 * depth;
  for (size_t i = begin; i < end;) {
    const uint64_t slot = entries_[i].hash >> shift & 0xF;
    size_t next = i + 1;
    while (next < end && (entries_[next].hash >> shift & 0xF) == slot) ++next;
    bitmap |= Word{1} << slot;
    children[count++] = next - i == 1 ? leaf(entries_[i]) : node(i, next, depth + 1);
    i = next;
  }
  Term made;
  std::copy_n(children, count, new_node(heap_, bitmap, count, made));
  return made;
}

Term Building::collision(size_t begin, size_t end) {
  std::sort(entries_.begin() + static_cast<ptrdiff_t>(begin), entries_.begin() + static_cast<ptrdiff_t>(end),
            [](const Entry& a, const Entry& b) { return compare_exact(a.key, b.key) < 0; });
  Term made;
  Term* places = new_node(heap_, kCollisionNode, end - begin, made);
  for (size_t i = begin; i < end; ++i) places[i - begin] = leaf(entries_[i]);
  return made;
}

Term build_hashed(Allocator& heap, const Term* pairs, size_t count, bool unique) {
  Building building(heap, std::vector<Term>(pairs, pairs + 2 * count), unique);
  int64_t budget = INT64_MAX;
  while (!building.step(budget)) budget = INT64_MAX;
  return building.result();
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
