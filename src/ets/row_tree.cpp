// SPDX-License-Identifier: Apache-2.0
#include "ets/row_tree.hpp"

#include <algorithm>
#include <vector>

#include "base/assert.hpp"

namespace athanor::ets {
namespace {

// Keys of keys[first .. count) that are not after `key`; all are small integers, as it is.
uint32_t rank_small(const Term* keys, uint32_t first, uint32_t count, Term key) {
  // Which eight of them, then how many of those: looks that do not wait for each other, as halving would have them do.
  constexpr uint32_t kBlock = 8;
  const auto target = static_cast<int64_t>(key.raw);
  uint32_t rank = first;
#pragma clang loop vectorize(disable)   // x86-64 as it was first made compares no 64-bit integers side by side
  for (uint32_t last = first + kBlock - 1; last < count; last += kBlock) {
    rank += static_cast<uint32_t>(static_cast<int64_t>(keys[last].raw) <= target) * kBlock;
  }
  const uint32_t end = std::min(rank + kBlock, count);
  uint32_t more = 0;
#pragma clang loop vectorize(disable)
  for (uint32_t i = rank; i < end; ++i) more += static_cast<uint32_t>(static_cast<int64_t>(keys[i].raw) <= target);
  return rank + more;
}

void ask_for(Term key) {
  if (key.is_pointer()) __builtin_prefetch(key.pointer());
}

uint32_t rank_any(const Term* keys, uint32_t first, uint32_t count, Term key) {
  uint32_t low = first, high = count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    // Boxed keys lie in their rows: what may be looked at next is asked for meanwhile.
    ask_for(keys[(low + middle) / 2]);
    ask_for(keys[(middle + 1 + high) / 2 < high ? (middle + 1 + high) / 2 : middle]);
    if (compare_fast(keys[middle], key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

template <class Node>
uint32_t rank_in(const Node& node, uint32_t first, Term key) {
  return node.all_small && key.is_small() ? rank_small(node.keys, first, node.count, key) : rank_any(node.keys, first, node.count, key);
}

// All of its lines at once: in a large tree few nodes are at hand.
void ask_for_node(const void* node) {
  constexpr size_t kLine = 64;
  for (size_t i = 0; i < sizeof(RowTree::Leaf); i += kLine) __builtin_prefetch(static_cast<const char*>(node) + i);
}

template <class T>
void open_gap(T* items, uint32_t count, uint32_t at) { std::copy_backward(items + at, items + count, items + count + 1); }
template <class T>
void close_gap(T* items, uint32_t count, uint32_t at) { std::copy(items + at + 1, items + count, items + at); }

}  // namespace

RowTree::Leaf* RowTree::link_leaf(Leaf* before) {
  auto* leaf = new Leaf;
  leaf->previous = before;
  leaf->next = before ? before->next : nullptr;
  (before ? before->next : first_leaf_) = leaf;
  (leaf->next ? leaf->next->previous : last_leaf_) = leaf;
  return leaf;
}

void RowTree::free_leaf(Leaf* leaf) {
  (leaf->previous ? leaf->previous->next : first_leaf_) = leaf->next;
  (leaf->next ? leaf->next->previous : last_leaf_) = leaf->previous;
  hint_.store(0, std::memory_order_relaxed);
  delete leaf;
}

RowTree::Leaf* RowTree::descend(Term key, Path* path) const {
  void* node = root_;
  for (int level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    const uint32_t child = rank_in(*inner, 1, key) - 1;
    if (path) path->steps[level] = {inner, child};
    node = inner->children[child];
    ask_for_node(node);
  }
  return static_cast<Leaf*>(node);
}

RowTree::Place RowTree::hinted(Term key) const {
  const uintptr_t hint = hint_.load(std::memory_order_relaxed);
  auto* leaf = reinterpret_cast<Leaf*>(hint & ((uintptr_t{1} << kHintShift) - 1));
  if (!leaf) return {};
  auto index = static_cast<uint32_t>(hint >> kHintShift);
  for (uint32_t step = 0; step < 2 && index + step < leaf->count; ++step) {
    if (compare_fast(leaf->keys[index + step], key) == 0) return {leaf, index + step};
  }
  return {};
}

RowTree::Leaf* RowTree::hinted_leaf(Term key) const {
  auto* leaf = reinterpret_cast<Leaf*>(hint_.load(std::memory_order_relaxed) & ((uintptr_t{1} << kHintShift) - 1));
  if (!leaf || leaf->count == kFanout || (leaf->previous && compare_fast(leaf->least, key) > 0)) return nullptr;
  return !leaf->next || compare_fast(key, leaf->next->least) < 0 ? leaf : nullptr;
}

RowTree::Place RowTree::find(Term key) const {
  if (!root_) return {};
  if (Place place = hinted(key)) return place;
  Leaf* leaf = descend(key, nullptr);
  const uint32_t after = rank_in(*leaf, 0, key);
  const Place place{leaf, after > 0 ? after - 1 : 0};
  if (after > 0 && compare_fast(leaf->keys[after - 1], key) == 0) return place;
  remember(place);
  return {};
}

Row* RowTree::insert(Row* row) {
  const Term key = row->key(key_position_);
  if (!root_) root_ = link_leaf(nullptr);
  Path path;
  Leaf* leaf = hinted_leaf(key);
  if (!leaf) leaf = descend(key, &path);
  uint32_t index = rank_in(*leaf, 0, key);
  if (index > 0 && compare_fast(leaf->keys[index - 1], key) == 0) return replace({leaf, index - 1}, row);
  if (leaf->count == kFanout) {
    // Rows that come in order leave full leaves behind.
    const bool ascends = index == kFanout && !leaf->next, descends = index == 0;
    if (ascends) {
      leaf = link_leaf(leaf);
      leaf->least = key;
      add_child(path, height_ - 1, key, leaf);
      index = 0;
    } else {
      const uint32_t at = descends ? 0 : kFanout / 2;
      split(path, leaf, at);
      if (index > at) {
        leaf = leaf->next;
        index -= at;
      }
    }
  }
  // Nodes need not hear of a new first key: it is after what they name the leaf by, which is an immediate then.
  open_gap(leaf->keys, leaf->count, index);
  open_gap(leaf->rows, leaf->count, index);
  leaf->keys[index] = key;
  leaf->rows[index] = row;
  ++leaf->count;
  leaf->all_small = leaf->all_small && key.is_small();
  ++size_;
  return nullptr;
}

void RowTree::split(const Path& path, Leaf* leaf, uint32_t at) {
  Leaf* right = link_leaf(leaf);
  right->count = leaf->count - at;
  right->all_small = leaf->all_small;
  std::copy(leaf->keys + at, leaf->keys + leaf->count, right->keys);
  std::copy(leaf->rows + at, leaf->rows + leaf->count, right->rows);
  leaf->count = at;
  right->least = right->keys[0];
  add_child(path, height_ - 1, right->least, right);
}

void RowTree::add_child(const Path& path, int level, Term key, void* child) {
  for (; level >= 0; --level) {
    Inner* node = path.steps[level].node;
    uint32_t place = path.steps[level].child + 1;
    Inner* right = nullptr;
    Term least;
    if (node->count == kFanout) {
      right = new Inner;
      if (place == kFanout) {   // as with leaves
        right->count = 1;
        right->children[0] = child;
        child = right;
        continue;   // `key` names it
      }
      constexpr uint32_t kHalf = kFanout / 2;
      least = node->keys[kHalf];
      right->count = kFanout - kHalf;
      right->all_small = node->all_small;
      std::copy(node->keys + kHalf, node->keys + kFanout, right->keys);
      std::copy(node->children + kHalf, node->children + kFanout, right->children);
      node->count = kHalf;
      if (place > kHalf) {
        node = right;
        place -= kHalf;
      }
    }
    open_gap(node->keys, node->count, place);
    open_gap(node->children, node->count, place);
    node->keys[place] = key;
    node->children[place] = child;
    ++node->count;
    node->all_small = node->all_small && key.is_small();
    if (!right) return;
    key = least;
    child = right;
  }
  auto* root = new Inner;
  root->count = 2;
  root->children[0] = root_;
  root->children[1] = child;
  root->keys[1] = key;
  root->all_small = key.is_small();
  root_ = root;
  ++height_;
  ATH_ASSERT(height_ < kMaxHeight);
}

void RowTree::name_least(const Path& path, int levels, Term key) {
  for (int level = levels - 1; level >= 0; --level) {
    const Step& step = path.steps[level];
    if (step.child == 0) continue;
    step.node->keys[step.child] = key;
    step.node->all_small = step.node->all_small && key.is_small();
    return;
  }
}

void RowTree::name_leaf(const Path& path, Leaf* leaf) {
  leaf->least = leaf->keys[0];
  name_least(path, height_, leaf->least);
}

void RowTree::remove_child(const Path& path, int level, uint32_t child) {
  for (; level >= 0; --level) {
    Inner* node = path.steps[level].node;
    if (child == 0 && node->count > 1) name_least(path, level, node->keys[1]);
    close_gap(node->keys, node->count, child);
    close_gap(node->children, node->count, child);
    if (--node->count > 0) break;
    delete node;
    child = level > 0 ? path.steps[level - 1].child : 0;
  }
  if (level < 0) {
    root_ = nullptr;
    height_ = 0;
    return;
  }
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* root = static_cast<Inner*>(root_);
    root_ = root->children[0];
    --height_;
    delete root;
  }
}

Row* RowTree::replace(Place place, Row* row) {
  Leaf* leaf = place.leaf;
  Row* old_row = leaf->rows[place.index];
  const Term key = row->key(key_position_);
  if (place.index == 0 && key != leaf->keys[0] && height_ > 0) {
    Path path;
    descend(key, &path);
    leaf->keys[0] = key;
    name_leaf(path, leaf);
  }
  leaf->keys[place.index] = key;
  leaf->rows[place.index] = row;
  leaf->all_small = leaf->all_small && key.is_small();
  return old_row;
}

RowTree::Place RowTree::erase(Place place) {
  Leaf* leaf = place.leaf;
  const uint32_t left = leaf->count - 1;
  // A leaf of few rows looks for a neighbour to join now and then only: it may find none time and again.
  const bool merges = left < kFanout / 4 && left % 4 == 3 && height_ > 0;
  const bool renames = place.index == 0 && place.key().is_pointer();
  Path path;
  if (merges || renames || left == 0) descend(place.key(), &path);
  close_gap(leaf->keys, leaf->count, place.index);
  close_gap(leaf->rows, leaf->count, place.index);
  leaf->count = left;
  --size_;
  if (left == 0) {
    Leaf* following = leaf->next;
    free_leaf(leaf);
    remove_child(path, height_ - 1, height_ > 0 ? path.steps[height_ - 1].child : 0);
    return {following, 0};
  }
  if (renames) name_leaf(path, leaf);
  if (merges) place = merge(path, place);
  return place.index < place.leaf->count ? place : Place{place.leaf->next, 0};
}

RowTree::Place RowTree::merge(const Path& path, Place place) {
  const int level = height_ - 1;
  const Step& parent = path.steps[level];
  auto join = [&](uint32_t first) {
    auto* left = static_cast<Leaf*>(parent.node->children[first]);
    auto* right = static_cast<Leaf*>(parent.node->children[first + 1]);
    if (left->count + right->count > kFanout * 3 / 4) return false;
    std::copy(right->keys, right->keys + right->count, left->keys + left->count);
    std::copy(right->rows, right->rows + right->count, left->rows + left->count);
    if (place.leaf == right) place = {left, left->count + place.index};
    left->count += right->count;
    left->all_small = left->all_small && right->all_small;
    free_leaf(right);
    remove_child(path, level, first + 1);
    return true;
  };
  if (parent.child + 1 < parent.node->count && join(parent.child)) return place;
  if (parent.child > 0) join(parent.child - 1);
  return place;
}

void RowTree::forget_all() {
  std::vector<Inner*> nodes;
  if (height_ > 0) nodes.push_back(static_cast<Inner*>(root_));
  for (int level = 1; level < height_; ++level) {
    std::vector<Inner*> below;
    for (Inner* node : nodes) {
      for (uint32_t i = 0; i < node->count; ++i) below.push_back(static_cast<Inner*>(node->children[i]));
      delete node;
    }
    nodes = std::move(below);
  }
  for (Inner* node : nodes) delete node;
  while (first_leaf_) free_leaf(first_leaf_);
  root_ = nullptr;
  height_ = 0;
  size_ = 0;
}

}  // namespace athanor::ets
