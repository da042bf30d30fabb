// SPDX-License-Identifier: Apache-2.0
#include "ets/ordered_storage.hpp"

namespace athanor::ets {

int KeyRange::compare(Term other) const {
  if (kind == All) return 0;
  if (kind == Exact) return compare_fast(other, key);
  if (!is_tuple(other) || tuple_arity(other) != tuple_arity(key)) return athanor::compare(other, key);   // never equal
  for (size_t i = 0; i < elements; ++i) {
    if (int order = compare_fast(tuple_element(other, i), tuple_element(key, i))) return order;
  }
  return 0;
}

std::unique_ptr<Storage> make_ordered_storage(size_t key_position) { return std::make_unique<OrderedStorage>(key_position); }

}  // namespace athanor::ets
