// SPDX-License-Identifier: Apache-2.0
// maps:merge: flat maps by their sorted keys, hashed ones node by node; what is the same in the result is shared.
#include <algorithm>

#include "term/compare.hpp"
#include "term/map/trie.hpp"

namespace athanor::map {
namespace {

Term merge_flat(Allocator& heap, Term first, Term second) {
  size_t m = map_size(first), n = map_size(second);
  const Term *a = flat_key_array(first), *b = flat_key_array(second);
  const Term *a_values = flat_values(first), *b_values = flat_values(second);
  if (flat_keys(first) == flat_keys(second)) return second;
  Term pairs[4 * kFlatMax];
  size_t count = 0, i = 0, j = 0, from_first = 0;
  while (i < m || j < n) {
    int order = i == m ? 1 : j == n ? -1 : a[i] == b[j] ? 0 : compare_exact(a[i], b[j]);
    Term* pair = pairs + 2 * count++;
    if (order < 0) {
      pair[0] = a[i];
      pair[1] = a_values[i++];
      ++from_first;
      continue;
    }
    pair[0] = b[j];
    pair[1] = b_values[j++];
    if (order == 0) ++i;
  }
  if (from_first == 0) return second;
  if (count > kFlatMax) return build_hashed(heap, pairs, count, false);
  return flat_of_sorted(heap, pairs, count, count == m ? flat_keys(first) : Term::none());
}

class TrieMerge {
 public:
  explicit TrieMerge(Allocator& heap) : heap_(heap) {}

  // Leaves or nodes of one place; roots at depth 0, whose size is put right by the caller of run().
  Term run(Term a, Term b, uint32_t depth) {
    if (a == b) {
      shared_ += leaves(a);
      return b;
    }
    if (a.is_list_cell() && b.is_list_cell() && equal_exact(a.head(), b.head())) {   // no hash is needed
      ++shared_;
      return a.tail() == b.tail() ? a : b;
    }
    if (b.is_list_cell()) return insert_leaf(a, b, depth, true);
    if (a.is_list_cell()) return insert_leaf(b, a, depth, false);
    NodeView x = view(a), y = view(b);
    if (x.is_collision()) {
      for (size_t i = 0; i < y.count; ++i) a = insert_leaf(a, y.children[i], depth, true);
      return a;
    }
    Word bitmap = x.bitmap | y.bitmap;
    Term children[16];
    size_t count = 0;
    bool all_a = bitmap == x.bitmap, all_b = bitmap == y.bitmap;
    const Term* next_a = x.children;
    const Term* next_b = y.children;
    for (Word left = bitmap; left != 0; left &= left - 1) {
      const Word bit = left & (0 - left);
      const Term from_a = x.bitmap & bit ? *next_a++ : Term::none();
      const Term from_b = y.bitmap & bit ? *next_b++ : Term::none();
      const Term child = from_b.is_none() ? from_a : from_a.is_none() ? from_b : run(from_a, from_b, depth + 1);
      all_a &= child == from_a;
      all_b &= child == from_b;
      children[count++] = child;
    }
    if (all_b) return b;
    if (all_a) return a;
    Term made;
    Term* places = depth == 0 ? new_root(heap_, 0, bitmap, count, made) : new_node(heap_, bitmap, count, made);
    std::copy_n(children, count, places);
    return made;
  }

  size_t shared() const { return shared_; }  // keys that both have

 private:
  Term insert_leaf(Term node, Term leaf, uint32_t depth, bool replace) {
    Insertion insertion(heap_, leaf.head(), leaf.tail());
    insertion.leaf = leaf;
    insertion.replace = replace;
    Term result = insert(insertion, node, depth);
    if (insertion.existed) ++shared_;
    return result;
  }

  static size_t leaves(Term node) {
    if (node.is_list_cell()) return 1;
    if (is_hash_map(node)) return map_size(node);
    NodeView v = view(node);
    size_t count = 0;
    for (size_t i = 0; i < v.count; ++i) count += leaves(v.children[i]);
    return count;
  }

  Allocator& heap_;
  size_t shared_ = 0;
};

}  // namespace

Term merge(Allocator& heap, Term first, Term second) {
  if (first == second || map_size(first) == 0) return second;
  if (map_size(second) == 0) return first;
  bool first_flat = is_flat_map(first), second_flat = is_flat_map(second);
  if (first_flat && second_flat) return merge_flat(heap, first, second);
  if (first_flat || second_flat) {
    Term large = first_flat ? second : first, few = first_flat ? first : second;
    for (size_t i = 0; i < map_size(few); ++i) {
      Insertion insertion(heap, flat_key_array(few)[i], flat_values(few)[i]);
      insertion.replace = second_flat;
      large = insert(insertion, large, 0);
    }
    return large;
  }
  TrieMerge merging(heap);
  Term result = merging.run(first, second, 0);
  if (result == first || result == second) return result;
  NodeView v = view(result);
  result.pointer()[1].raw = (map_size(first) + map_size(second) - merging.shared()) | v.bitmap << 48;
  return result;
}

}  // namespace athanor::map
