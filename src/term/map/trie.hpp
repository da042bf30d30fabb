// SPDX-License-Identifier: Apache-2.0
// Inside of hashed maps, for the files of map/ alone. Recursion here is bounded by kMaxDepth.
#pragma once

#include "term/hash.hpp"
#include "term/map.hpp"

namespace athanor::map {

struct NodeView {
  const Term* children;
  size_t count;
  Word bitmap;  // 16 bits, or kCollisionNode
  bool is_collision() const { return bitmap == kCollisionNode; }
};
inline NodeView view(Term node) {
  const Term* box = node.pointer();
  Word word = box[1].raw;
  return {box + 2, header_arity(box->raw) - 1, header_kind(box->raw) == BoxedKind::HashMap ? word >> 48 : word};
}

// The four bits of a key's hash at each level, computed when needed.
class KeyHash {
 public:
  explicit KeyHash(Term key) : key_(key), words_{map_hash(key, 0), 0} {}
  uint32_t slot(uint32_t depth) {
    if (depth >= 8 && !has_second_) {
      words_[1] = map_hash(key_, 1);
      has_second_ = true;
    }
    return (words_[depth >> 3] >> (4 * (depth & 7))) & 0xF;
  }

 private:
  Term key_;
  uint32_t words_[2];
  bool has_second_ = false;
};

inline size_t place_of(Word bitmap, uint32_t slot) {
  return static_cast<size_t>(__builtin_popcountll(bitmap & ((Word{1} << slot) - 1)));
}

Term* new_node(Allocator& heap, Word bitmap, size_t count, Term& node);           // children to be written
Term* new_root(Allocator& heap, size_t size, Word bitmap, size_t count, Term& root);
Term make_leaf(Allocator& heap, Term key, Term value);
Term join_leaves(Allocator& heap, uint32_t depth, Term old_leaf, KeyHash& new_hash, Term new_leaf);

struct Insertion {
  Allocator& heap;
  Term key, value;
  KeyHash hash;
  bool replace = true;    // the value of a key that is there
  bool existed = false;   // set where it was
  Term leaf;              // made when first needed
  Insertion(Allocator& heap, Term key, Term value) : heap(heap), key(key), value(value), hash(key) {}
  Term new_leaf() {
    if (leaf.is_none()) leaf = make_leaf(heap, key, value);
    return leaf;
  }
};
// Inserts into a leaf, a node or (depth 0) a root; gives the same term where nothing changes.
Term insert(Insertion& insertion, Term node, uint32_t depth);

const Term* find_hashed(Term map, Term key);
// Takes the key, which is there, out of a node or root of `size` keys afterwards. A node left with one leaf becomes that leaf.
Term erase(Allocator& heap, Term node, KeyHash& hash, Term key, uint32_t depth, size_t size);

// Unsorted distinct or repeated keys; later ones win. Flat where few are left. none() on a repeated key if `unique`.
Term build_hashed(Allocator& heap, const Term* pairs, size_t count, bool unique);
// Pairs with distinct keys in any order, at most kFlatMax.
Term build_flat(Allocator& heap, Term* pairs, size_t count);
// Sorts pairs by key, drops repeated keys (later ones win); false: repeated and `unique`.
bool sort_pairs(Term* pairs, size_t& count, bool unique);
// keys: a tuple to share, or none() (then made of every other word of `pairs`).
Term flat_of_sorted(Allocator& heap, const Term* pairs, size_t count, Term keys);

inline Term* flat_values(Term map) { return map.pointer() + 3; }
inline Term flat_keys(Term map) { return map.pointer()[2]; }
inline Term* flat_key_array(Term map) { return tuple_elements(flat_keys(map)); }
constexpr size_t kNotFound = ~size_t{0};
size_t flat_index(Term map, Term key);

}  // namespace athanor::map
