// SPDX-License-Identifier: Apache-2.0
// Maps as a whole: flat ones here, hashed ones by the functions of trie.cpp.
#include "term/map.hpp"

#include <algorithm>

#include "term/compare.hpp"
#include "term/map/trie.hpp"

namespace athanor::map {

namespace {

// Room for a flat map; keys are to be shared (a tuple), or made behind the map (none(), then to be written).
struct NewFlat {
  Term map;
  Term* keys;
  Term* values;
};
NewFlat new_flat(Allocator& heap, size_t size, Term shared_keys) {
  Term* box = heap.allocate(3 + size + (shared_keys.is_none() ? 1 + size : 0));
  box[0].raw = make_header(BoxedKind::FlatMap, 2 + size);
  box[1].raw = size;
  NewFlat flat{Term::boxed(box), nullptr, box + 3};
  if (shared_keys.is_none()) {
    Term* tuple = box + 3 + size;
    tuple[0].raw = tuple_header(size);
    shared_keys = Term::boxed(tuple);
    flat.keys = tuple + 1;
  }
  box[2] = shared_keys;
  return flat;
}

Term flat_with_value(Allocator& heap, Term map, size_t index, Term value) {
  if (flat_values(map)[index] == value) return map;
  NewFlat flat = new_flat(heap, map_size(map), flat_keys(map));
  std::copy_n(flat_values(map), map_size(map), flat.values);
  flat.values[index] = value;
  return flat.map;
}

Term flat_insert(Allocator& heap, Term map, Term key, Term value) {
  size_t size = map_size(map);
  const Term* keys = flat_key_array(map);
  if (size >= kFlatMax) {
    Term pairs[2 * (kFlatMax + 1)];
    for (size_t i = 0; i < size; ++i) {
      pairs[2 * i] = keys[i];
      pairs[2 * i + 1] = flat_values(map)[i];
    }
    pairs[2 * size] = key;
    pairs[2 * size + 1] = value;
    return build_hashed(heap, pairs, size + 1, false);
  }
  size_t low = 0, high = size;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (compare_exact(keys[middle], key) < 0) low = middle + 1;
    else high = middle;
  }
  NewFlat flat = new_flat(heap, size + 1, Term::none());
  const auto insert_at = [&](Term* to, const Term* from, Term item) {
    std::copy_n(from, low, to);
    to[low] = item;
    std::copy_n(from + low, size - low, to + low + 1);
  };
  insert_at(flat.keys, keys, key);
  insert_at(flat.values, flat_values(map), value);
  return flat.map;
}

Term flat_remove(Allocator& heap, Term map, size_t index) {
  size_t size = map_size(map);
  NewFlat flat = new_flat(heap, size - 1, Term::none());
  const auto remove_at = [&](Term* to, const Term* from) {
    std::copy_n(from, index, to);
    std::copy_n(from + index + 1, size - index - 1, to + index);
  };
  remove_at(flat.keys, flat_key_array(map));
  remove_at(flat.values, flat_values(map));
  return flat.map;
}

}  // namespace

size_t flat_index(Term map, Term key) {
  size_t size = map_size(map);
  const Term* keys = flat_key_array(map);
  for (size_t i = 0; i < size; ++i) {
    if (keys[i] == key) return i;
  }
  if (key.is_immediate()) return kNotFound;
  for (size_t i = 0; i < size; ++i) {
    if (!keys[i].is_immediate() && equal_exact_slow(keys[i], key)) return i;
  }
  return kNotFound;
}

Term flat_of_sorted(Allocator& heap, const Term* pairs, size_t count, Term keys) {
  NewFlat flat = new_flat(heap, count, keys);
  for (size_t i = 0; i < count; ++i) {
    if (flat.keys != nullptr) flat.keys[i] = pairs[2 * i];
    flat.values[i] = pairs[2 * i + 1];
  }
  return flat.map;
}

Term empty(Allocator& heap) { return new_flat(heap, 0, Term::none()).map; }

const Term* find(Term map, Term key) {
  if (is_hash_map(map)) return find_hashed(map, key);
  size_t index = flat_index(map, key);
  return index == kNotFound ? nullptr : flat_values(map) + index;
}

Term get(Term map, Term key) {
  const Term* value = find(map, key);
  return value == nullptr ? Term::none() : *value;
}

Term put(Allocator& heap, Term map, Term key, Term value) {
  if (is_hash_map(map)) {
    Insertion insertion(heap, key, value);
    return insert(insertion, map, 0);
  }
  size_t index = flat_index(map, key);
  return index == kNotFound ? flat_insert(heap, map, key, value) : flat_with_value(heap, map, index, value);
}

Term update(Allocator& heap, Term map, Term key, Term value) {
  if (is_hash_map(map)) {
    if (find_hashed(map, key) == nullptr) return Term::none();
    Insertion insertion(heap, key, value);
    return insert(insertion, map, 0);
  }
  size_t index = flat_index(map, key);
  return index == kNotFound ? Term::none() : flat_with_value(heap, map, index, value);
}

Term remove(Allocator& heap, Term map, Term key, Term* removed) {
  if (is_flat_map(map)) {
    size_t index = flat_index(map, key);
    if (index == kNotFound) return map;
    if (removed != nullptr) *removed = flat_values(map)[index];
    return flat_remove(heap, map, index);
  }
  const Term* value = find_hashed(map, key);
  if (value == nullptr) return map;
  if (removed != nullptr) *removed = *value;
  size_t size = map_size(map);
  if (size > kFlatMax + 1) {
    KeyHash hash(key);
    return erase(heap, map, hash, key, 0, size - 1);
  }
  Term pairs[2 * (kFlatMax + 1)];
  size_t count = 0;
  Iterator all(map, Order::Stored);
  Term other, other_value;
  while (all.next(other, other_value)) {
    if (equal_exact(other, key)) continue;
    pairs[2 * count] = other;
    pairs[2 * count++ + 1] = other_value;
  }
  return build_flat(heap, pairs, count);
}

}  // namespace athanor::map
