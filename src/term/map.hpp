// SPDX-License-Identifier: Apache-2.0
// Maps. Up to kFlatMax keys: FlatMap with a sorted tuple of keys (shared between maps of one shape). Above: a hash array
// mapped trie with 16 children a node, in the stock release's order.
#pragma once

#include "term/allocator.hpp"
#include "term/boxed.hpp"

namespace athanor::map {

constexpr size_t kFlatMax = 32;

Term empty(Allocator& heap);
// The value under the key (=:=) or none().
Term get(Term map, Term key);
const Term* find(Term map, Term key);                 // address of the value, or null
Term put(Allocator& heap, Term map, Term key, Term value);
Term update(Allocator& heap, Term map, Term key, Term value);  // none() where the key is missing
Term remove(Allocator& heap, Term map, Term key, Term* removed = nullptr);  // same map where missing
Term merge(Allocator& heap, Term first, Term second);  // second wins
// From `count` pairs laid out key, value, key, value …; later pairs win. unsorted input. kv is overwritten.
Term from_pairs(Allocator& heap, Term* pairs, size_t count);
// As from_pairs but none() where a key occurs twice (external term format).
Term from_unique_pairs(Allocator& heap, Term* pairs, size_t count);

// Walks a map in its visible order (maps:to_list, printing, encoding); one small object, no recursion, no allocation.
class Iterator {
 public:
  explicit Iterator(Term map);
  bool next(Term& key, Term& value);  // false at the end

 private:
  Term map_;
  size_t index_ = 0;
  struct Level { const Term* node; uint32_t index; uint32_t count; };
  Level levels_[18];
  int depth_ = 0;
};

}  // namespace athanor::map
