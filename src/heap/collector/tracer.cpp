// SPDX-License-Identifier: Apache-2.0
#include "heap/collector/tracer.hpp"

#include <cstring>

#include "heap/off_heap.hpp"

namespace athanor::heap {

namespace {

// The words of a box, its header included, that are no terms and that terms follow, up to the end. 0: it holds no terms, or is looked at as a whole.
constexpr uint8_t raw_words(BoxedKind kind) {
  switch (kind) {
    case BoxedKind::Tuple: return 1;
    case BoxedKind::FlatMap:
    case BoxedKind::HashMap:
    case BoxedKind::HashNode: return 2;
    case BoxedKind::Fun: return 3;
    case BoxedKind::SubBinary: return 4;
    default: return 0;
  }
}

struct RawWords {
  uint8_t of[static_cast<size_t>(BoxedKind::kCount)];
  constexpr RawWords() : of{} {
    for (size_t i = 0; i < static_cast<size_t>(BoxedKind::kCount); ++i) of[i] = raw_words(static_cast<BoxedKind>(i));
  }
};
constexpr RawWords kRawWords;

// Term::is_pointer() with one instruction less: of the four tags these are the two in the middle.
bool is_pointer(Term t) { return ((t.raw + 1) & 2) != 0; }

// Most boxes are short: a loop of wide moves, or a call, would cost more to enter than it saves.
constexpr size_t kLongWords = 32;
// What the word so many further on refers to will be read soon, and lies anywhere. (A word that is no pointer costs nothing.)
constexpr size_t kAheadWords = 16;

}  // namespace

#define ATH_TRACER template <class Source, Spaces kSpaces, Literals kLiterals>
#define ATH_TRACER_OF Tracer<Source, kSpaces, kLiterals>

ATH_TRACER
[[gnu::always_inline]] inline Term ATH_TRACER_OF::copy_box(Term* from, Term header, Term*& top, const Term* limit) {
  ATH_DCHECK(header.is_header_or_address());
  const size_t words = header_arity(header.raw) + 1;
  Term* const to = top;
  top = to + words;
  ATH_ASSERT(top <= limit);
  to[0] = header;
  if (ATH_UNLIKELY(words > kLongWords)) {
    std::memcpy(static_cast<void*>(to + 1), from + 1, (words - 1) * sizeof(Term));
  } else {
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 1; i < words; ++i) to[i] = from[i];
  }
  return from[0] = Term::boxed(to);
}

// The cell at `from`, which is not copied yet, and those behind it up to one that is, that stays, or that goes to the other generation.
ATH_TRACER
[[gnu::always_inline]] inline Term ATH_TRACER_OF::copy_cells(Term* from, bool promoting, Term*& top, const Term* limit) {
  Term* const first = top;
  Term* to = first;
  for (;;) {
    ATH_ASSERT(to + 2 <= limit);
    const Term tail = from[1];
    to[0] = from[0];
    to[1] = tail;
    from[0] = Term::none();
    from[1] = Term::list_cell(to);
    to += 2;
    if (!tail.is_list_cell()) break;
    from = tail.pointer();
    if (!source.moves(from) || from[0].is_none() || promotes(from) != promoting) break;
    to[-1] = Term::list_cell(to);
  }
  top = to;
  return Term::list_cell(first);
}

ATH_TRACER
[[gnu::always_inline]] inline Term ATH_TRACER_OF::forward_pointer(Term t, Ends& ends) {
  Term* const from = t.pointer();
  if (!source.moves(from)) return kLiterals == Literals::Leave ? forward_literal(t, ends) : t;
  const Term first = from[0];
  if (t.is_list_cell()) {
    if (first.is_none()) return from[1];
    return promotes(from) ? copy_cells(from, true, ends.old, ends.old_limit) : copy_cells(from, false, ends.young, ends.young_limit);
  }
  if (first.is_boxed()) return first;
  return promotes(from) ? copy_box(from, first, ends.old, ends.old_limit) : copy_box(from, first, ends.young, ends.young_limit);
}

ATH_TRACER
[[gnu::always_inline]] inline Term ATH_TRACER_OF::forward(Term t, Ends& ends) {
  return is_pointer(t) ? forward_pointer(t, ends) : t;
}

ATH_TRACER
Term ATH_TRACER_OF::forward_literal(Term t, Ends& ends) {
  if (!evacuate->contains(t)) return t;
  Term& moved = moved_literals_[t.pointer()];
  if (moved.is_none()) moved = copy_out(t, ends);
  return moved;
}

// Copies one object of a literal area; counts of off-heap boxes are added, as the literal keeps its own.
ATH_TRACER
Term ATH_TRACER_OF::copy_out(Term t, Ends& ends) {
  const Term* from = t.pointer();
  const size_t words = t.is_list_cell() ? 2 : header_arity(from[0].raw) + 1;
  Term* const to = ends.young;
  ATH_ASSERT(words <= static_cast<size_t>(ends.young_limit - to));
  ends.young += words;
  std::memcpy(static_cast<void*>(to), from, words * sizeof(Term));
  if (t.is_list_cell()) return Term::list_cell(to);
  const BoxedKind kind = header_kind(to[0].raw);
  if (kind == BoxedKind::BinaryRef) off_heap_binary(to)->retain();
  if (kind == BoxedKind::MagicReference) magic_object(to)->retain();
  if (kind == BoxedKind::BinaryRef || kind == BoxedKind::MagicReference) off_heap_link(evacuated, to);
  return Term::boxed(to);
}

ATH_TRACER
void ATH_TRACER_OF::visit_all(Term* from, Term* to) {
  Ends upto = ends();
  for (; from < to; ++from) *from = forward(*from, upto);
  keep(upto);
}

// The data pointer of a match context points into a heap binary that moves.
ATH_TRACER
void ATH_TRACER_OF::forward_context(Term* box, Ends& ends) {
  const Term base = box[4];
  const Term moved = forward(base, ends);
  box[4] = moved;
  if (moved.is_boxed() && boxed_kind(moved) == BoxedKind::HeapBinary) {
    box[3].raw += reinterpret_cast<Word>(moved.pointer()) - reinterpret_cast<Word>(base.pointer());
  }
}

// A word at a time: in a cell, and behind the header of most boxes, there are terms only. `upto` is one of `ends`, and runs ahead.
ATH_TRACER
[[gnu::always_inline]] inline void ATH_TRACER_OF::scan(Term* at, Term* const& upto, Ends& ends) {
  while (at < upto) {
    const Term t = *at;
    if (const Term* ahead = at + kAheadWords; ahead < upto) __builtin_prefetch(reinterpret_cast<const void*>(ahead->raw));
    if (is_pointer(t)) {
      if (t != Term::list_cell(at + 1)) *at = forward_pointer(t, ends);
      ++at;
    } else if ((t.raw & 0xFF) == tuple_header(0) || (t.raw & 3) != 0) {
      ++at;
    } else {
      const BoxedKind kind = header_kind(t.raw);
      if (ATH_UNLIKELY(kind == BoxedKind::MatchContext)) {
        Ends in_memory = ends;   // what a call refers to cannot be in registers
        forward_context(at, in_memory);
        ends = in_memory;
      }
      at += kRawWords.of[static_cast<size_t>(kind)] != 0 ? kRawWords.of[static_cast<size_t>(kind)] : header_arity(t.raw) + 1;
    }
  }
}

ATH_TRACER
void ATH_TRACER_OF::trace() {
  Ends upto = ends();
  while (young.start < upto.young || (kSpaces == Spaces::Two && old.start < upto.old)) {
    scan(young.start, upto.young, upto);
    young.start = upto.young;
    if (kSpaces == Spaces::One) break;
    scan(old.start, upto.old, upto);
    old.start = upto.old;
  }
  keep(upto);
}

template class Tracer<OneRange, Spaces::Two>;
template class Tracer<Anywhere, Spaces::Two>;
template class Tracer<OneRange, Spaces::One>;
template class Tracer<Anywhere, Spaces::One>;
template class Tracer<Anywhere, Spaces::One, Literals::Leave>;

}  // namespace athanor::heap
