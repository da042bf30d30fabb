// SPDX-License-Identifier: Apache-2.0
#include "heap/census.hpp"

namespace athanor::heap {

// Words are boxes, list cells and what a box holds, one behind the other; a box says its size.
uint64_t count_funs(const Term* words, size_t count, const FunHead* entry) {
  uint64_t found = 0;
  for (size_t i = 0; i < count;) {
    const Term word = words[i];
    if (!word.is_header_or_address() || word.is_none()) {
      ++i;
      continue;
    }
    const size_t size = header_arity(word.raw) + 1;
    ATH_DCHECK(size <= count - i);
    if (header_kind(word.raw) == BoxedKind::Fun && words[i + 1].raw == reinterpret_cast<Word>(entry)) ++found;
    i += size;
  }
  return found;
}

uint64_t count_funs(const Fragment* chain, const FunHead* entry) {
  uint64_t found = 0;
  for (const Fragment* f = chain; f; f = f->next) found += count_funs(reinterpret_cast<const Term*>(f + 1), f->used, entry);
  return found;
}

uint64_t count_funs(const Heap& heap, const FunHead* entry) {
  return count_funs(heap.start_, static_cast<size_t>(heap.top() - heap.start_), entry) +
         count_funs(heap.old_start_, static_cast<size_t>(heap.old_top_ - heap.old_start_), entry) + count_funs(heap.fragments_, entry);
}

}  // namespace athanor::heap
