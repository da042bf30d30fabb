// SPDX-License-Identifier: Apache-2.0
// Nodes of hashed maps: finding, inserting, removing by copying the path.
#include "term/map/trie.hpp"

#include <algorithm>

#include "term/compare.hpp"

namespace athanor::map {

Term* new_node(Allocator& heap, Word bitmap, size_t count, Term& node) {
  Term* box = heap.allocate(2 + count);
  box[0].raw = make_header(BoxedKind::HashNode, 1 + count);
  box[1].raw = bitmap;
  node = Term::boxed(box);
  return box + 2;
}

Term* new_root(Allocator& heap, size_t size, Word bitmap, size_t count, Term& root) {
  Term* box = heap.allocate(2 + count);
  box[0].raw = make_header(BoxedKind::HashMap, 1 + count);
  box[1].raw = size | bitmap << 48;
  root = Term::boxed(box);
  return box + 2;
}

Term make_leaf(Allocator& heap, Term key, Term value) { return make_cons(heap.allocate(2), key, value); }

Term join_leaves(Allocator& heap, uint32_t depth, Term old_leaf, KeyHash& new_hash, Term new_leaf) {
  KeyHash old_hash(old_leaf.head());
  uint32_t fork = depth;
  while (fork < kMaxDepth && old_hash.slot(fork) == new_hash.slot(fork)) ++fork;
  Term node;
  if (fork == kMaxDepth) {
    Term* children = new_node(heap, kCollisionNode, 2, node);
    bool old_first = compare_exact(old_leaf.head(), new_leaf.head()) < 0;
    children[0] = old_first ? old_leaf : new_leaf;
    children[1] = old_first ? new_leaf : old_leaf;
  } else {
    uint32_t old_slot = old_hash.slot(fork), new_slot = new_hash.slot(fork);
    Term* children = new_node(heap, Word{1} << old_slot | Word{1} << new_slot, 2, node);
    children[0] = old_slot < new_slot ? old_leaf : new_leaf;
    children[1] = old_slot < new_slot ? new_leaf : old_leaf;
  }
  while (fork > depth) {
    --fork;
    Term child = node;
    *new_node(heap, Word{1} << new_hash.slot(fork), 1, node) = child;
  }
  return node;
}

namespace {

// A copy of the node (or root, of `size` keys) with other bitmap and count; the children are to be written.
Term* same_kind(Allocator& heap, Term node, size_t size, Word bitmap, size_t count, Term& copy) {
  return is_hash_map(node) ? new_root(heap, size, bitmap, count, copy) : new_node(heap, bitmap, count, copy);
}

size_t size_at(Term node) { return is_hash_map(node) ? map_size(node) : 0; }

Term with_child(Allocator& heap, Term node, size_t size, size_t place, Term child) {
  NodeView v = view(node);
  Term copy;
  Term* children = same_kind(heap, node, size, v.bitmap, v.count, copy);
  std::copy_n(v.children, v.count, children);
  children[place] = child;
  return copy;
}

Term with_new_child(Allocator& heap, Term node, size_t size, Word bitmap, size_t place, Term child) {
  NodeView v = view(node);
  Term copy;
  Term* children = same_kind(heap, node, size, bitmap, v.count + 1, copy);
  std::copy_n(v.children, place, children);
  children[place] = child;
  std::copy_n(v.children + place, v.count - place, children + place + 1);
  return copy;
}

Term insert_in_collision(Insertion& in, Term node) {
  NodeView v = view(node);
  size_t place = 0;
  for (; place < v.count; ++place) {
    int order = compare_exact(in.key, v.children[place].head());
    if (order < 0) break;
    if (order > 0) continue;
    in.existed = true;
    if (!in.replace || v.children[place].tail() == in.value) return node;
    return with_child(in.heap, node, 0, place, in.new_leaf());
  }
  return with_new_child(in.heap, node, 0, kCollisionNode, place, in.new_leaf());
}

}  // namespace

Term insert(Insertion& in, Term node, uint32_t depth) {
  if (node.is_list_cell()) {
    if (!equal_exact(node.head(), in.key)) return join_leaves(in.heap, depth, node, in.hash, in.new_leaf());
    in.existed = true;
    return !in.replace || node.tail() == in.value ? node : in.new_leaf();
  }
  NodeView v = view(node);
  if (v.is_collision()) return insert_in_collision(in, node);
  uint32_t slot = in.hash.slot(depth);
  Word bit = Word{1} << slot;
  size_t place = place_of(v.bitmap, slot);
  if ((v.bitmap & bit) == 0) {
    return with_new_child(in.heap, node, size_at(node) + 1, v.bitmap | bit, place, in.new_leaf());
  }
  Term child = insert(in, v.children[place], depth + 1);
  if (child == v.children[place]) return node;
  return with_child(in.heap, node, size_at(node) + (in.existed ? 0 : 1), place, child);
}

const Term* find_hashed(Term map, Term key) {
  KeyHash hash(key);
  Term node = map;
  for (uint32_t depth = 0;; ++depth) {
    if (node.is_list_cell()) return equal_exact(node.head(), key) ? node.pointer() + 1 : nullptr;
    NodeView v = view(node);
    if (v.is_collision()) {
      for (size_t i = 0; i < v.count; ++i) {
        if (equal_exact(v.children[i].head(), key)) return v.children[i].pointer() + 1;
      }
      return nullptr;
    }
    uint32_t slot = hash.slot(depth);
    if ((v.bitmap >> slot & 1) == 0) return nullptr;
    node = v.children[place_of(v.bitmap, slot)];
  }
}

Term erase(Allocator& heap, Term node, KeyHash& hash, Term key, uint32_t depth, size_t size) {
  NodeView v = view(node);
  size_t place = 0;
  if (v.is_collision()) {
    while (!equal_exact(v.children[place].head(), key)) ++place;
  } else {
    place = place_of(v.bitmap, hash.slot(depth));
    Term child = v.children[place];
    if (!child.is_list_cell()) {
      child = erase(heap, child, hash, key, depth + 1, 0);
      if (v.count == 1 && child.is_list_cell() && !is_hash_map(node)) return child;
      return with_child(heap, node, size, place, child);
    }
  }
  if (v.count == 2 && !is_hash_map(node) && v.children[1 - place].is_list_cell()) return v.children[1 - place];
  Word bitmap = v.is_collision() ? kCollisionNode : v.bitmap & ~(Word{1} << hash.slot(depth));
  Term copy;
  Term* children = same_kind(heap, node, size, bitmap, v.count - 1, copy);
  std::copy_n(v.children, place, children);
  std::copy_n(v.children + place + 1, v.count - place - 1, children + place);
  return copy;
}

Iterator::Iterator(Term map, Order order) : map_(map), order_(order) {
  if (is_hash_map(map)) enter(map);
}

void Iterator::enter(Term node) {
  NodeView v = view(node);
  levels_[depth_++] = {v.children, v.children + v.count, v.count};
}

bool Iterator::next_slowly(Term& key, Term& value) {
  if (is_flat_map(map_)) {
    if (index_ >= map_size(map_)) return false;
    key = flat_key_array(map_)[index_];
    value = flat_values(map_)[index_++];
    return true;
  }
  while (depth_ > 0) {
    Level& level = levels_[depth_ - 1];
    if (level.next == level.end) {
      --depth_;
      continue;
    }
    Term child = step(level);
    if (child.is_list_cell()) {
      key = child.head();
      value = child.tail();
      return true;
    }
    enter(child);
  }
  return false;
}

std::optional<uint64_t> Iterator::path() {
  if (is_flat_map(map_)) return index_ == 0 ? std::optional<uint64_t>(0) : std::nullopt;
  while (depth_ > 0 && levels_[depth_ - 1].next == levels_[depth_ - 1].end) --depth_;
  if (depth_ == 0 || depth_ > kPathLevels) return std::nullopt;
  uint64_t path = 0;
  for (int i = 0; i < depth_; ++i) {
    // Of a child that is being walked the parent has passed one more than lies behind.
    uint64_t behind = levels_[i].passed() - (i + 1 < depth_ ? 1 : 0);
    path |= behind << (4 * i);
  }
  return path;
}

bool Iterator::go_to(uint64_t path) {
  if (path == 0) return true;
  if (is_flat_map(map_)) return false;
  for (;;) {
    Level& level = levels_[depth_ - 1];
    size_t behind = path & 15;
    if (behind >= level.count) return false;
    (order_ == Order::Stored ? level.next += behind : level.end -= behind);
    path >>= 4;
    if (path == 0) return true;
    if (depth_ == kPathLevels) return false;
    Term child = step(level);
    if (child.is_list_cell()) return false;
    enter(child);
  }
}

}  // namespace athanor::map
