// SPDX-License-Identifier: Apache-2.0
#include "heap/flat_block.hpp"

#include "heap/off_heap.hpp"

namespace athanor::heap {

bool is_plain_block(const Term* block, size_t words) {
  for (size_t i = 0; i < words; ++i) {
    if ((block[i].raw & 3) == 0 && header_kind(block[i].raw) != BoxedKind::Tuple) return false;
  }
  return true;
}

void move_block(const Term* from, size_t words, Term* to, OffHeapList& off_heap) {
  const Word distance = reinterpret_cast<Word>(to) - reinterpret_cast<Word>(from);
  for (size_t i = 0; i < words; ++i) {
    const Word word = from[i].raw;
    to[i].raw = word;
    if ((word & 3) != 0) {
      if (from[i].is_pointer()) to[i].raw += distance;
      continue;
    }
    const size_t raw = raw_words(word);
    Term* box = to + i;
    for (size_t left = raw; left > 0; --left) {
      ++i;
      to[i].raw = from[i].raw;
    }
    const BoxedKind kind = header_kind(word);
    if (kind == BoxedKind::BinaryRef) {
      off_heap_binary(box)->retain();
      off_heap.bytes += box[1].raw;
      off_heap_link(off_heap, box);
    } else if (kind == BoxedKind::MagicReference) {
      magic_object(box)->retain();
      off_heap_link(off_heap, box);
    }
  }
}

void release_block(Term* block, size_t words) {
  each_off_heap_box(block, words, off_heap_release_box);
}

}  // namespace athanor::heap
