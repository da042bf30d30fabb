// SPDX-License-Identifier: Apache-2.0
#include "heap/off_heap.hpp"

namespace athanor::heap {

void off_heap_release_box(Term* box) {
  if (header_kind(box[0].raw) == BoxedKind::BinaryRef) {
    off_heap_binary(box)->release();
  } else {
    magic_object(box)->release();
  }
}

void off_heap_release_all(OffHeapList& list) {
  Term* box = list.first;
  list = {};
  while (box) {
    Term* next = reinterpret_cast<Term*>(off_heap_next(box));
    off_heap_release_box(box);
    box = next;
  }
}

void off_heap_append(OffHeapList& to, OffHeapList& from) {
  if (Term* last = from.first) {
    while (Word next = off_heap_next(last)) last = reinterpret_cast<Term*>(next);
    off_heap_next(last) = reinterpret_cast<Word>(to.first);
    to.first = from.first;
  }
  to.bytes += from.bytes;
  from = {};
}

void off_heap_sweep(OffHeapList& from, OffHeapList& young, OffHeapList& old, AddressRange old_range) {
  Term* box = from.first;
  from = {};
  while (box) {
    if (box[0].is_boxed()) {   // moved: the header became a pointer to the new box
      Term* moved = box[0].pointer();
      box = reinterpret_cast<Term*>(off_heap_next(moved));
      OffHeapList& list = old_range.contains(moved) ? old : young;
      off_heap_link(list, moved);
      list.bytes += off_heap_bytes(moved);
    } else {
      Term* next = reinterpret_cast<Term*>(off_heap_next(box));
      off_heap_release_box(box);
      box = next;
    }
  }
}

}  // namespace athanor::heap
