// SPDX-License-Identifier: Apache-2.0
#include "ets/row.hpp"

#include <cstdlib>
#include <new>

#include "ets/packed_row.hpp"
#include "ets/row_memory.hpp"
#include "heap/copy.hpp"
#include "heap/flat_block.hpp"
#include "term/allocator.hpp"
#include "term/compare.hpp"

namespace athanor::ets {
Row* allocate_row(size_t words) {
  ATH_ASSERT(words < size_t{1} << 28 && "an object of a table is too large");
  void* memory = std::malloc(sizeof(Row) + words * sizeof(Term));
  ATH_ASSERT(memory != nullptr && "out of memory");
  Row* row = new (memory) Row;
  row->words = static_cast<uint32_t>(words) & 0xFFFFFFF;
  return row;
}

Row* make_row(Term object) {
  const Term* tuple = object.pointer();
  if (is_flat(object, 0)) {
    const size_t words = header_arity(tuple[0].raw) + 1;
    Row* row = allocate_row(words);
    for (size_t i = 0; i < words; ++i) row->memory()[i] = tuple[i];
    row->plain = 1;
    return row;
  }
  const size_t words = heap::flat_words(object, nullptr);
  Row* row = allocate_row(words);
  RowAllocator allocator(row->memory(), words);
  heap::copy_counted(object, words, allocator);
  row->plain = heap::is_plain_block(row->memory(), words);
  row->counts = allocator.off_heap().first != nullptr;
  return row;
}

Term copy_object(const Row& row, Allocator& to) {
  if (ATH_UNLIKELY(row.packed)) return unpack_object(row, to);
  Term* place = to.allocate(row.words);
  if (ATH_LIKELY(row.plain)) heap::move_plain_block(row.memory(), row.words, place);
  else heap::move_block(row.memory(), row.words, place, to.off_heap());
  return Term::boxed(place);
}

Term copy_element(const Row& row, size_t position, Allocator& to) {
  Term element = row.element(position);
  if (element.is_immediate()) return element;
  return ATH_UNLIKELY(row.packed) ? unpack_element(element, to) : heap::copy(element, to, nullptr);
}

bool is_object(const Row& row, Term object) {
  if (ATH_LIKELY(!row.packed)) return equal_exact(row.object(), object);
  heap::FragmentAllocator scratch(row.words);
  return equal_exact(unpack_object(row, scratch), object);
}

void destroy_row(Row* row) {
  if (row->counts) heap::release_block(row->memory(), row->words);
  std::free(row);
}

bool overwrite(Row& row, Term object, size_t key_position) {
  const Term* from = object.pointer();
  Term* to = row.memory();
  if (from[0].raw != to[0].raw || row.packed) return false;
  const size_t words = row.arity() + 1;
  for (size_t i = 1; i < words; ++i) {
    if (i == key_position ? !equal_exact(from[i], to[i]) : !fits_place(to[i], from[i])) return false;
  }
  for (size_t i = 1; i < words; ++i) {
    if (i != key_position) put_in_place(to[i], from[i]);
  }
  return true;
}

bool Garbage::free_some(size_t count) {
  for (; first_ && count > 0; --count) {
    Row* row = first_;
    first_ = row->next;
    if (!first_) last_ = nullptr;
    destroy_row(row);
  }
  return first_ == nullptr;
}

void Garbage::take(Garbage& other) {
  if (!other.first_) return;
  (last_ ? last_->next : first_) = other.first_;
  last_ = other.last_;
  other.first_ = other.last_ = nullptr;
}

}  // namespace athanor::ets
