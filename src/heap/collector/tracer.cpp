// SPDX-License-Identifier: Apache-2.0
#include "heap/collector/tracer.hpp"

#include <cstring>

#include "heap/off_heap.hpp"

namespace athanor::heap {

namespace {

// First word of a box that holds a term; all from there to the end do. 0: none does.
constexpr uint8_t first_term(BoxedKind kind) {
  switch (kind) {
    case BoxedKind::Tuple: return 1;
    case BoxedKind::FlatMap:
    case BoxedKind::HashMap:
    case BoxedKind::HashNode: return 2;
    case BoxedKind::Fun: return 3;
    case BoxedKind::SubBinary:
    case BoxedKind::MatchContext: return 4;
    default: return 0;
  }
}
struct FirstTerms {
  uint8_t of[static_cast<size_t>(BoxedKind::kCount)];
  constexpr FirstTerms() : of{} {
    for (size_t i = 0; i < static_cast<size_t>(BoxedKind::kCount); ++i) of[i] = first_term(static_cast<BoxedKind>(i));
  }
};
constexpr FirstTerms kFirstTerms;

}  // namespace

inline Term* Tracer::place(const Term* from, size_t words) {
  ToSpace& space = space_of(from);
  Term* to = space.top;
  ATH_ASSERT(words <= static_cast<size_t>(space.end - to));
  space.top += words;
  return to;
}

// The cell at `from`, which is not copied yet, and those behind it up to one that is, that stays, or that goes to the other generation.
Term Tracer::copy_cells(Term* from) {
  ToSpace& space = space_of(from);
  Term* const first = space.top;
  Term* to = first;
  for (;;) {
    ATH_ASSERT(space.end - to >= 2);
    const Term tail = from[1];
    to[0] = from[0];
    to[1] = tail;
    from[0] = Term::none();
    from[1] = Term::list_cell(to);
    to += 2;
    if (!tail.is_list_cell()) break;
    from = tail.pointer();
    if (stays(from) || (literals && literals->contains(from)) || from[0].is_none() || &space_of(from) != &space) break;
    to[-1] = Term::list_cell(to);
  }
  space.top = to;
  return Term::list_cell(first);
}

Term Tracer::forward_pointer(Term t) {
  Term* from = t.pointer();
  if (stays(from)) return t;
  if (literals && literals->contains(from)) return evacuate ? forward_literal(t) : t;
  if (t.is_list_cell()) return from[0].is_none() ? from[1] : copy_cells(from);
  Term header = from[0];
  if (header.is_boxed()) return header;
  ATH_DCHECK(header.is_header_or_address());
  size_t words = header_arity(header.raw) + 1;
  Term* to = place(from, words);
  to[0] = header;
  // Most are short: a loop of wide moves would cost more to enter than it saves.
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 1; i < words; ++i) to[i] = from[i];
  return from[0] = Term::boxed(to);
}

Term Tracer::forward_literal(Term t) {
  if (!evacuate->contains(t)) return t;
  Term& moved = moved_literals_[t.pointer()];
  if (moved.is_none()) moved = copy_out(t);
  return moved;
}

// Copies one object of a literal area; counts of off-heap boxes are added, as the literal keeps its own.
Term Tracer::copy_out(Term t) {
  Term* from = t.pointer();
  size_t words = t.is_list_cell() ? 2 : header_arity(from[0].raw) + 1;
  Term* to = place(from, words);
  std::memcpy(static_cast<void*>(to), from, words * sizeof(Term));
  if (t.is_list_cell()) return Term::list_cell(to);
  BoxedKind kind = header_kind(to[0].raw);
  if (kind == BoxedKind::BinaryRef) off_heap_binary(to)->retain();
  if (kind == BoxedKind::MagicReference) magic_object(to)->retain();
  if (kind == BoxedKind::BinaryRef || kind == BoxedKind::MagicReference) off_heap_link(evacuated, to);
  return Term::boxed(to);
}

void Tracer::visit(Term* slots, size_t count) {
  for (size_t i = 0; i < count; ++i) slots[i] = forward(slots[i]);
}

void Tracer::visit_stack(Term* from, Term* to) {
  for (; from < to; ++from) *from = forward(*from);   // addresses and catch marks are no pointers of terms
}

void Tracer::scan(Term* at, Term*& upto) {
  while (at < upto) {
    Word word = at->raw;
    if ((word & 3) != 0) {   // half a list cell
      Term* half = at++;
      if (*half != Term::list_cell(at)) *half = forward(*half);
      continue;
    }
    size_t arity = header_arity(word);
    BoxedKind kind = header_kind(word);
    uint8_t first = kFirstTerms.of[static_cast<size_t>(kind)];
    Term* end = at + arity + 1;
    if (first == 0) {
      at = end;
      continue;
    }
    if (kind == BoxedKind::MatchContext) {
      // The data pointer of a match context points into a heap binary that moves.
      Term base = at[4];
      Term moved = forward(base);
      at[4] = moved;
      if (moved.is_boxed() && boxed_kind(moved) == BoxedKind::HeapBinary) {
        at[3].raw += reinterpret_cast<Word>(moved.pointer()) - reinterpret_cast<Word>(base.pointer());
      }
      at = end;
      continue;
    }
    for (Term* slot = at + first; slot < end; ++slot) *slot = forward(*slot);
    at = end;
  }
}

void Tracer::trace() {
  while (young.start < young.top || old.start < old.top) {
    scan(young.start, young.top);
    young.start = young.top;
    scan(old.start, old.top);
    old.start = old.top;
  }
}

}  // namespace athanor::heap
