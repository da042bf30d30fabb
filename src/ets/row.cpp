// SPDX-License-Identifier: Apache-2.0
#include "ets/row.hpp"

#include <cstdlib>
#include <new>

#include "heap/copy.hpp"
#include "heap/off_heap.hpp"
#include "term/allocator.hpp"

namespace athanor::ets {
namespace {

// Hands out the words behind a Row. They were counted before, so it never grows.
class RowAllocator final : public Allocator {
 public:
  RowAllocator(Term* memory, size_t words) {
    top_ = memory;
    limit_ = memory + words + kReserveWords;   // a row has no stack, hence no reserve
  }
  Term* top() const { return top_; }

 protected:
  Term* grow(size_t words) override {
    ATH_ASSERT(!"a row is larger than it was measured");
    return nullptr;
  }
};

// Whether each word of a copy is a term or the header of a tuple.
bool is_plain(const Term* words, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if ((words[i].raw & 3) == 0 && header_kind(words[i].raw) != BoxedKind::Tuple) return false;
  }
  return true;
}

}  // namespace

Row* make_row(Term object) {
  size_t words = heap::flat_words(object, nullptr);
  ATH_ASSERT(words < size_t{1} << 30 && "an object of a table is too large");
  void* memory = std::malloc(sizeof(Row) + words * sizeof(Term));
  ATH_ASSERT(memory != nullptr && "out of memory");
  Row* row = new (memory) Row;
  RowAllocator allocator(row->memory(), words);
  row->object = heap::copy_counted(object, words, allocator);
  row->words = static_cast<uint32_t>(words) & 0x3FFFFFFF;
  row->off_heap = allocator.off_heap().first;
  row->plain = words > 0 && is_plain(row->memory(), words);
  return row;
}

// A plain row is moved as a whole, and its pointers by the same distance.
Term copy_object(const Row& row, Allocator& to) {
  if (!row.plain) return heap::copy_counted(row.object, row.words, to);
  const Term* from = row.memory();
  Term* place = to.allocate(row.words);
  const Word distance = reinterpret_cast<Word>(place) - reinterpret_cast<Word>(from);
  for (size_t i = 0; i < row.words; ++i) place[i].raw = from[i].raw + (from[i].is_pointer() ? distance : 0);
  return Term{row.object.raw + distance};
}

void destroy_row(Row* row) {
  if (row->off_heap) {
    OffHeapList list;
    list.first = row->off_heap;
    heap::off_heap_release_all(list);
  }
  std::free(row);
}

Garbage::~Garbage() {
  while (!free_some(1000)) {}
}

void Garbage::add(Row* row) {
  row->next = nullptr;
  (last_ ? last_->next : first_) = row;
  last_ = row;
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
