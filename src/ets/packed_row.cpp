// SPDX-License-Identifier: Apache-2.0
#include "ets/packed_row.hpp"

#include <absl/container/inlined_vector.h>

#include <cstring>
#include <string>

#include "base/assert.hpp"
#include "ets/row_memory.hpp"
#include "heap/copy.hpp"
#include "heap/flat_block.hpp"
#include "term/binary.hpp"
#include "term/external/external.hpp"
#include "term/work_stack.hpp"

namespace athanor::ets {
namespace {

constexpr Word kPacked = Word{1} << 63;

bool is_packed(Term stored) { return is_kind(stored, BoxedKind::HeapBinary) && (stored.pointer()[1].raw & kPacked) != 0; }

// Whether the external term format brings it back as it was, wherever this node is by then.
bool is_packable(Term root) {
  WorkStack<Term> rest;   // pointers
  bool good = true;
  auto look = [&](Term t) {
    if (t.is_pointer()) rest.push(t);
    else good = good && (t.is_small() || t.is_atom() || t.is_nil());
  };
  look(root);
  while (good && !rest.empty()) {
    Term t = rest.pop();
    if (t.is_list_cell()) {
      for (; t.is_list_cell(); t = t.tail()) look(t.head());
      look(t);
      continue;
    }
    const Term* box = t.pointer();
    const size_t arity = header_arity(box[0].raw);
    size_t first = arity + 1;   // of its terms
    switch (header_kind(box[0].raw)) {
      case BoxedKind::PositiveBig:
      case BoxedKind::NegativeBig:
      case BoxedKind::Float:
      case BoxedKind::HeapBinary: break;
      case BoxedKind::Tuple: first = 1; break;
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap:
      case BoxedKind::HashNode: first = 2; break;
      case BoxedKind::SubBinary:
        if (header_kind(box[4].pointer()[0].raw) != BoxedKind::HeapBinary) return false;
        break;
      default: return false;
    }
    for (size_t i = first; i <= arity; ++i) look(box[i]);
  }
  return good;
}

// How an element is stored.
struct Part {
  size_t words = 0;     // behind the tuple
  std::string bytes;    // packed; empty: as it is
};

Part part_of(Term element) {
  Part part;
  if (element.is_immediate()) return part;
  part.words = heap::flat_words(element, nullptr);
  if (is_packable(element)) {
    external::encode(element, {.minor_version = 2, .with_version = false}, part.bytes);
    const size_t words = binary::heap_binary_words(part.bytes.size());
    if (words < part.words) part.words = words;
    else part.bytes.clear();
  }
  return part;
}

Term put_packed(const Part& part, Allocator& to) {
  Term* box = to.allocate(part.words);
  box[0].raw = make_header(BoxedKind::HeapBinary, part.words - 1);
  box[part.words - 1].raw = 0;
  box[1].raw = part.bytes.size() | kPacked;
  std::memcpy(static_cast<void*>(box + 2), part.bytes.data(), part.bytes.size());
  return Term::boxed(box);
}

}  // namespace

Row* make_packed_row(Term object, size_t key_position) {
  if (is_flat(object, key_position)) return make_row(object);
  const size_t arity = tuple_arity(object);
  absl::InlinedVector<Part, 8> parts(arity);
  size_t words = arity + 1;
  bool packs = false;
  for (size_t i = 0; i < arity; ++i) {
    Term element = tuple_element(object, i);
    if (i + 1 != key_position) parts[i] = part_of(element);
    else if (element.is_pointer()) parts[i].words = heap::flat_words(element, nullptr);
    words += parts[i].words;
    packs = packs || !parts[i].bytes.empty();
  }
  if (!packs) return make_row(object);
  Row* row = allocate_row(words);
  RowAllocator allocator(row->memory(), words);
  Term* tuple = allocator.allocate(arity + 1);
  tuple[0].raw = tuple_header(arity);
  for (size_t i = 0; i < arity; ++i) {
    const Part& part = parts[i];
    Term element = tuple_element(object, i);
    tuple[i + 1] = part.words == 0 ? element : part.bytes.empty() ? heap::copy_counted(element, part.words, allocator) : put_packed(part, allocator);
  }
  row->packed = 1;
  row->counts = allocator.off_heap().first != nullptr;
  return row;
}

Term unpack_element(Term stored, Allocator& to) {
  if (!is_packed(stored)) return heap::copy(stored, to, nullptr);
  const Term* box = stored.pointer();
  external::Decoded decoded = external::decode(to, reinterpret_cast<const uint8_t*>(box + 2), box[1].raw & ~kPacked, {.with_version = false});
  ATH_ASSERT(!decoded.term.is_none() && "a packed element cannot be read");
  return decoded.term;
}

Term unpack_object(const Row& row, Allocator& to) {
  const size_t arity = row.arity();
  Term* tuple = to.allocate(arity + 1);
  tuple[0].raw = tuple_header(arity);
  for (size_t i = 1; i <= arity; ++i) tuple[i] = Term::nil();
  for (size_t i = 1; i <= arity; ++i) tuple[i] = unpack_element(row.element(i), to);
  return Term::boxed(tuple);
}

}  // namespace athanor::ets
