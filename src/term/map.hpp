// SPDX-License-Identifier: Apache-2.0
// Maps. Up to kFlatMax keys: FlatMap with a sorted tuple of keys (shared between maps of one shape). Above: a hash array
// mapped trie with 16 children a node, in the stock release's order.
#pragma once

#include <optional>

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

// OTP: hashed maps are seen in two orders, one the reverse of the other; flat maps always in the order of their keys.
enum class Order {
  Listed,  // maps:to_list, maps:keys, maps:values, term_to_binary
  Stored,  // maps:iterator and so maps:fold, ~p, ~w; erlang:display; enif_map_iterator from its head
};

// Walks a map in a visible order; one small object, no recursion, no allocation. Stays valid while the map does not move.
class Iterator {
 public:
  explicit Iterator(Term map, Order order = Order::Listed);
  bool next(Term& key, Term& value) {  // false at the end
    // Mostly the next child of the node that is being walked is a leaf.
    if (ATH_LIKELY(depth_ > 0)) {
      Level& level = levels_[depth_ - 1];
      if (ATH_LIKELY(level.next != level.end)) {
        if (const Term child = order_ == Order::Stored ? *level.next : level.end[-1]; ATH_LIKELY(child.is_list_cell())) {
          if (order_ == Order::Stored) ++level.next;
          else --level.end;
          key = child.head();
          value = child.tail();
          return true;
        }
      }
    }
    return next_slowly(key, value);
  }

  // Where the walk stands, as a number that outlives a move of the map: the children passed at each level, four bits a level.
  // 0 is the start; none at the end, and below kPathLevels, where the walk has to go on before it can be left.
  std::optional<uint64_t> path();
  // Goes there from the start. False: no path of this map.
  bool go_to(uint64_t path);
  static constexpr int kPathLevels = 14;

 private:
  struct Level {
    const Term* next;                  // children still to come
    const Term* end;
    size_t count;                      // of all
    size_t passed() const { return count - static_cast<size_t>(end - next); }
  };
  void enter(Term node);
  bool next_slowly(Term& key, Term& value);
  Term step(Level& level) { return order_ == Order::Stored ? *level.next++ : *--level.end; }

  Term map_;
  size_t index_ = 0;
  Order order_;
  Level levels_[18];
  int depth_ = 0;
};

// Nodes of the trie have 16 places by 4 bits of the key's hash a level; below kMaxDepth levels (64 bits of hash equal) keys stand
// in one collision node, ordered by compare_exact. Shape and order are a function of the set of keys.
constexpr uint32_t kMaxDepth = 16;
constexpr Word kCollisionNode = Word{1} << 32;  // in place of a node's bitmap

}  // namespace athanor::map
