// SPDX-License-Identifier: Apache-2.0
// Deep copies in two passes: the size first, so that the copy is one piece of memory; then breadth first into that piece, which
// is its own list of work, as the collector's to-space is. The cells of a list are laid side by side.
#include "heap/copy.hpp"

#include <cstring>

#include "heap/literal_area.hpp"
#include "heap/off_heap.hpp"
#include "term/binary.hpp"
#include "term/work_stack.hpp"

namespace athanor::heap {

namespace {

using binary::heap_binary_words;
using binary::kBinaryRefWords;
using binary::kSubBinaryWords;

// What a copy need not copy. One look at the area that leaves serves a whole copy: its size is known before it is made.
class Sharing {
 public:
  explicit Sharing(const LiteralSpace* literals) : literals_(literals), leaving_(literals ? literals->leaving() : nullptr) {}
  bool operator()(Term t) const {
    return literals_ && literals_->contains(t.pointer()) && ATH_LIKELY(!leaving_ || !leaving_->contains(t));
  }

 private:
  const LiteralSpace* literals_;
  const LiteralArea* leaving_;
};

// A sub-binary (or the rest of a match context, which no verified program can send) as bits of its base.
struct Part {
  const Term* base;
  size_t first_byte;   // of the base's bytes
  size_t bytes;        // touched
  unsigned bit_offset;
  size_t whole_bytes;
  unsigned bit_size;
  bool is_plain() const { return bit_offset == 0 && bit_size == 0; }
};

Part part_of(const Term* box) {
  Part part{};
  part.base = box[4].pointer();
  uint64_t bits;
  if (header_kind(box[0].raw) == BoxedKind::SubBinary) {
    part.first_byte = box[2].raw;
    part.bit_offset = static_cast<unsigned>(box[3].raw & 0xFF);
    part.whole_bytes = box[1].raw;
    part.bit_size = static_cast<unsigned>((box[3].raw >> 8) & 0xFF);
    bits = part.whole_bytes * 8 + part.bit_size;
  } else {
    const auto* data = header_kind(part.base[0].raw) == BoxedKind::HeapBinary
                           ? reinterpret_cast<const uint8_t*>(part.base + 2)
                           : reinterpret_cast<const uint8_t*>(part.base[4].raw);
    size_t before = static_cast<size_t>(reinterpret_cast<const uint8_t*>(box[3].raw) - data);
    part.first_byte = before + box[1].raw / 8;
    part.bit_offset = static_cast<unsigned>(box[1].raw % 8);
    bits = box[2].raw - box[1].raw;
    part.whole_bytes = bits / 8;
    part.bit_size = static_cast<unsigned>(bits % 8);
  }
  part.bytes = (part.bit_offset + bits + 7) / 8;
  return part;
}

size_t part_words(const Part& part) {
  size_t words = header_kind(part.base[0].raw) == BoxedKind::HeapBinary ? heap_binary_words(part.bytes) : kBinaryRefWords;
  return part.is_plain() ? words : words + kSubBinaryWords;
}

// Pushes the pointers among `count` words.
void push_all(WorkStack<Term>& todo, const Term* at, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (at[i].is_pointer()) todo.push(at[i]);
  }
}

}  // namespace

namespace {

// What the boxes take here, and what the release says they take.
struct HeldSizes {
  static constexpr size_t kNodeHead = 2, kFunHead = 4, kExportWords = 2, kBytesOnHeap = 0;   // apart from children and environment
  static size_t leaf(const Term* box) { return header_arity(box[0].raw) + 1; }
};
struct ToldSizes {
  // OTP: an inner node of a hashed map has its bitmap in its header; funs of modules are like the others; short parts of binaries are copies.
  static constexpr size_t kNodeHead = 1, kFunHead = 5, kExportWords = 5, kBytesOnHeap = 64;
  // What names another node is linked to its like; references that own an object have one size.
  static size_t leaf(const Term* box) {
    switch (header_kind(box[0].raw)) {
      case BoxedKind::ExternalPid:
      case BoxedKind::ExternalPort: return 4;
      case BoxedKind::ExternalReference: return 3 + (box[2].raw + 2) / 2;
      case BoxedKind::MagicReference: return 3;
      default: return header_arity(box[0].raw) + 1;
    }
  }
};

template <class Sizes = HeldSizes, class IsShared>
size_t words_of_copy(Term root, const IsShared& is_shared) {
  if (!root.is_pointer()) return 0;
  size_t words = 0;
  WorkStack<Term> todo;
  Term t = root;
  for (;;) {
    if (is_shared(t)) {
      // shared: costs nothing
    } else if (t.is_list_cell()) {
      words += 2;
      Term head = t.head(), tail = t.tail();
      if (tail.is_pointer()) {
        if (head.is_pointer()) todo.push(head);
        t = tail;
        continue;
      }
      if (head.is_pointer()) {
        t = head;
        continue;
      }
    } else {
      const Term* box = t.pointer();
      size_t arity = header_arity(box[0].raw);
      switch (header_kind(box[0].raw)) {
        case BoxedKind::Tuple:
          words += arity + 1;
          push_all(todo, box + 1, arity);
          break;
        case BoxedKind::FlatMap:
        case BoxedKind::HashMap:
          words += arity + 1;
          push_all(todo, box + 2, arity - 1);
          break;
        case BoxedKind::HashNode:
          words += arity - 1 + Sizes::kNodeHead;
          push_all(todo, box + 2, arity - 1);
          break;
        case BoxedKind::Fun:
          words += arity - 3 + Sizes::kFunHead;
          push_all(todo, box + 3, arity - 2);
          break;
        case BoxedKind::Export: words += Sizes::kExportWords; break;
        case BoxedKind::SubBinary:
        case BoxedKind::MatchContext: {
          const Part part = part_of(box);
          const bool is_copied = part.bit_size == 0 && part.whole_bytes <= Sizes::kBytesOnHeap && part.whole_bytes != 0;
          words += is_copied ? heap_binary_words(part.whole_bytes) : part_words(part);
          break;
        }
        default: words += Sizes::leaf(box);
      }
    }
    if (todo.empty()) return words;
    t = todo.pop();
  }
}

// Copies breadth first; everything lands in [top, end of the piece).
class Copier {
 public:
  Copier(Term* place, size_t words, OffHeapList& off_heap, const Sharing& is_shared)
      : scan_(place), top_(place), place_(place), words_(words), off_heap_(off_heap), is_shared_(is_shared) {}

  Term run(Term root) {
    Term copied = take(root);
    while (scan_ < top_) step();
    return copied;
  }
  Term* top() const { return top_; }

 private:
  // Inside the piece: the next cell of a list.
  bool is_copied(Term t) const {
    return reinterpret_cast<Word>(t.pointer()) - reinterpret_cast<Word>(place_) < words_ * sizeof(Term);
  }

  bool is_due(Term t) const { return t.is_pointer() && !is_copied(t); }

  void step() {
    Word word = scan_->raw;
    if ((word & 3) != 0) {
      if (is_due(*scan_)) *scan_ = take(*scan_);
      ++scan_;
      return;
    }
    size_t arity = header_arity(word);
    size_t first = arity + 1;
    switch (header_kind(word)) {
      case BoxedKind::Tuple: first = 1; break;
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap:
      case BoxedKind::HashNode: first = 2; break;
      case BoxedKind::Fun: first = 3; break;
      default: break;   // a sub-binary made here has its base already
    }
    for (Term* slot = scan_ + first; slot <= scan_ + arity; ++slot) {
      if (is_due(*slot)) *slot = take(*slot);
    }
    scan_ += arity + 1;
  }

  // The copy of an object whose subterms are still the old ones, or the term itself where it is shared.
  Term take(Term t) {
    if (!t.is_pointer() || is_shared_(t) || is_copied(t)) return t;
    if (t.is_list_cell()) return take_list(t);
    Term* box = t.pointer();
    BoxedKind kind = header_kind(box[0].raw);
    if (kind == BoxedKind::SubBinary || kind == BoxedKind::MatchContext) return take_part(box);
    size_t words = header_arity(box[0].raw) + 1;
    Term* to = top_;
    top_ += words;
    if (kind == BoxedKind::BinaryRef) return take_reference(to, box, box[4].raw, box[1].raw);
    for (size_t i = 0; i < words; ++i) to[i] = box[i];
    if (kind == BoxedKind::MagicReference) {
      magic_object(to)->retain();
      off_heap_link(off_heap_, to);
    }
    return Term::boxed(to);
  }

  Term take_list(Term t) {
    Term* to = top_;
    Term* at = to;
    for (;;) {
      at[0] = t.head();
      Term tail = t.tail();
      if (!tail.is_list_cell() || is_shared_(tail)) {
        at[1] = tail;
        break;
      }
      at[1] = Term::list_cell(at + 2);
      at += 2;
      t = tail;
    }
    top_ = at + 2;
    return Term::list_cell(to);
  }

  Term take_reference(Term* to, Term* box, Word data, Word bytes) {
    OffHeapBinary* shared = off_heap_binary(box);
    shared->retain();
    if (box[5].raw & 1) box[5].raw &= ~Word{1};   // shared from now on: nobody may append in place
    to[0].raw = make_header(BoxedKind::BinaryRef, kBinaryRefWords - 1);
    to[1].raw = bytes;
    to[3].raw = reinterpret_cast<Word>(shared);
    to[4].raw = data;
    to[5].raw = 0;
    off_heap_link(off_heap_, to);
    off_heap_.bytes += bytes;
    return Term::boxed(to);
  }

  Term take_part(Term* box) {
    Part part = part_of(box);
    if (header_kind(box[0].raw) == BoxedKind::SubBinary && (box[3].raw >> 16) & 1) box[3].raw &= ~(Word{1} << 16);
    Term* base = box[4].pointer();
    Term* to = top_;
    Term copied = Term::boxed(to);
    if (header_kind(base[0].raw) == BoxedKind::HeapBinary) {
      size_t words = heap_binary_words(part.bytes);
      top_ += words;
      to[0].raw = make_header(BoxedKind::HeapBinary, words - 1);
      to[1].raw = part.bytes;
      if (words > 2) to[words - 1].raw = 0;
      std::memcpy(static_cast<void*>(to + 2), reinterpret_cast<const uint8_t*>(base + 2) + part.first_byte, part.bytes);
    } else {
      top_ += kBinaryRefWords;
      take_reference(to, base, base[4].raw + part.first_byte, part.bytes);
    }
    if (part.is_plain()) return copied;
    Term* sub = top_;
    top_ += kSubBinaryWords;
    sub[0].raw = make_header(BoxedKind::SubBinary, kSubBinaryWords - 1);
    sub[1].raw = part.whole_bytes;
    sub[2].raw = 0;
    sub[3].raw = part.bit_offset | static_cast<Word>(part.bit_size) << 8;
    sub[4] = copied;
    return Term::boxed(sub);
  }

  Term* scan_;
  Term* top_;
  Term* place_;
  size_t words_;
  OffHeapList& off_heap_;
  const Sharing& is_shared_;
};

}  // namespace

size_t flat_words(Term root, const LiteralSpace* literals) { return words_of_copy(root, Sharing(literals)); }

size_t told_words(Term root) {
  return words_of_copy<ToldSizes>(root, [](Term t) { return is_tuple_of(t, 0); });
}

Term copy(Term t, Allocator& to, const LiteralSpace* literals) {
  if (!t.is_pointer()) return t;
  const Sharing is_shared(literals);
  size_t words = words_of_copy(t, is_shared);
  if (words == 0) return t;
  Term* place = to.allocate(words);
  Copier copier(place, words, to.off_heap(), is_shared);
  Term copied = copier.run(t);
  ATH_ASSERT(copier.top() == place + words);
  return copied;
}

Term copy_counted(Term t, size_t words, Allocator& to) {
  if (words == 0) return t;
  const Sharing is_shared(nullptr);
  Term* place = to.allocate(words);
  Copier copier(place, words, to.off_heap(), is_shared);
  Term copied = copier.run(t);
  ATH_ASSERT(copier.top() == place + words);
  return copied;
}

namespace {

bool is_tuple_of_immediates(const Term* box) {
  if (header_kind(box[0].raw) != BoxedKind::Tuple) return false;
  for (size_t i = header_arity(box[0].raw); i > 0; --i) {
    if (box[i].is_pointer()) return false;
  }
  return true;
}

}  // namespace

Parcel pack(Term t, const LiteralSpace* literals) {
  if (!t.is_pointer()) return {t, nullptr};
  const Sharing is_shared(literals);
  if (t.is_boxed() && is_tuple_of_immediates(t.pointer()) && !is_shared(t)) {   // most messages
    const Term* box = t.pointer();
    size_t size = header_arity(box[0].raw) + 1;
    Fragment* fragment = Fragment::create(size);
    Term* place = fragment->memory();
    for (size_t i = 0; i < size; ++i) place[i] = box[i];
    fragment->used = static_cast<uint32_t>(size);
    return {Term::boxed(place), fragment};
  }
  size_t words = words_of_copy(t, is_shared);
  if (words == 0) return {t, nullptr};
  Fragment* fragment = Fragment::create(words);
  Copier copier(fragment->memory(), words, fragment->off_heap, is_shared);
  Term copied = copier.run(t);
  fragment->used = static_cast<uint32_t>(words);
  ATH_ASSERT(copier.top() == fragment->memory() + words);
  return {copied, fragment};
}

}  // namespace athanor::heap
