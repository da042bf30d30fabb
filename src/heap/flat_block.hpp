// SPDX-License-Identifier: Apache-2.0
// A flat block is what heap::copy without literals makes: a term with all it refers to, side by side, sharing nothing. It can be gone
// through word by word, and moved without a look at the shape of the term: its pointers move by the distance the block moves.
#pragma once

#include "term/boxed.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor::heap {

// Words after a header that are no terms.
inline size_t raw_words(Word header) {
  switch (header_kind(header)) {
    case BoxedKind::Tuple: return 0;
    case BoxedKind::FlatMap:
    case BoxedKind::HashMap:
    case BoxedKind::HashNode: return 1;
    case BoxedKind::Fun: return 2;
    case BoxedKind::SubBinary: return 3;
    default: return header_arity(header);
  }
}

// Whether each word is a term or the header of a tuple.
bool is_plain_block(const Term* block, size_t words);
// Copies a plain block.
inline void move_plain_block(const Term* from, size_t words, Term* to) {
  const Word distance = reinterpret_cast<Word>(to) - reinterpret_cast<Word>(from);
  for (size_t i = 0; i < words; ++i) to[i].raw = from[i].raw + (from[i].is_pointer() ? distance : 0);
}
// Copies any; what it holds outside gains counts and is linked to `off_heap`.
void move_block(const Term* from, size_t words, Term* to, OffHeapList& off_heap);
// Gives up the counts that its boxes hold.
void release_block(Term* block, size_t words);

// Shows the boxes that hold something outside.
template <class Function>
void each_off_heap_box(Term* block, size_t words, Function show) {
  for (size_t i = 0; i < words; ++i) {
    Word word = block[i].raw;
    if ((word & 3) != 0) continue;
    const BoxedKind kind = header_kind(word);
    const size_t raw = raw_words(word);
    if (kind == BoxedKind::BinaryRef || kind == BoxedKind::MagicReference) show(block + i);
    i += raw;
  }
}

}  // namespace athanor::heap
