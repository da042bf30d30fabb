// SPDX-License-Identifier: Apache-2.0
// The lists that tie BinaryRef and MagicReference boxes to their heap (see term/off_heap_binary.hpp). A box may also be linked
// by what builds it (term/binary.cpp); the places of the words are those of term/boxed.hpp.
#pragma once

#include "heap/address_range.hpp"
#include "term/boxed.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor::heap {

inline Word& off_heap_next(Term* box) {
  return header_kind(box[0].raw) == BoxedKind::BinaryRef ? box[2].raw : box[3].raw;
}
inline void off_heap_link(OffHeapList& list, Term* box) {
  off_heap_next(box) = reinterpret_cast<Word>(list.first);
  list.first = box;
}
inline OffHeapBinary* off_heap_binary(const Term* box) { return reinterpret_cast<OffHeapBinary*>(box[3].raw); }
inline MagicObject* magic_object(const Term* box) { return reinterpret_cast<MagicObject*>(box[4].raw); }
// Bytes a box keeps alive outside: pressure.
inline uint64_t off_heap_bytes(const Term* box) { return header_kind(box[0].raw) == BoxedKind::BinaryRef ? box[1].raw : 0; }

void off_heap_release_box(Term* box);           // gives up the count the box holds
void off_heap_release_all(OffHeapList& list);   // of every box; the list is empty after it
void off_heap_append(OffHeapList& to, OffHeapList& from);   // `from` is empty after it; walks `from`

// After tracing: boxes of `from` that were moved go to `young`, or to `old` where their new place is in its range;
// the others give up their counts. `from` is empty after it.
void off_heap_sweep(OffHeapList& from, OffHeapList& young, OffHeapList& old, AddressRange old_range);

}  // namespace athanor::heap
