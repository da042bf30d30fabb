// SPDX-License-Identifier: Apache-2.0
// A row: one object of a table, a tuple with all it refers to, in one block of its own. Nothing of it lies on any heap.
#pragma once

#include <cstdint>
#include <memory>

#include "term/boxed.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor {
class Allocator;
}

namespace athanor::ets {

struct Row {
  Row* next = nullptr;      // in a bucket, or in Garbage
  Term object;              // the tuple
  Term* off_heap = nullptr; // its boxes that hold something outside
  uint32_t hash = 0;        // of the key; 0 in ordered tables
  uint32_t words : 30 = 0;  // of the object
  uint32_t plain : 1 = 0;   // tuples, lists and immediates only: each word of it is a term or the header of a tuple
  uint32_t dead : 1 = 0;    // deleted while the table is fixed: kept so that iteration finds its way
  Term* memory() { return reinterpret_cast<Term*>(this + 1); }
  const Term* memory() const { return reinterpret_cast<const Term*>(this + 1); }
  Term key(size_t position) const { return tuple_element(object, position - 1); }
  Term element(size_t position) const { return tuple_element(object, position - 1); }
};

static_assert(sizeof(Row) == 32);   // tables of many small rows

// Copies `object`, literals too: their module may be purged while the row lives.
Row* make_row(Term object);
void destroy_row(Row* row);
// The row's object on `to`.
Term copy_object(const Row& row, Allocator& to);
struct RowDestroyer {
  void operator()(Row* row) const { destroy_row(row); }
};
using RowHolder = std::unique_ptr<Row, RowDestroyer>;

// Rows taken out of a table, freed once its locks are given up: freeing may run the destructor of a native object, which may
// itself use a table.
class Garbage : public MagicObject {
 public:
  ~Garbage() override;
  void add(Row* row);
  bool empty() const { return first_ == nullptr; }
  // Frees up to `count` rows. True: none is left.
  bool free_some(size_t count);
  void take(Garbage& other);   // all rows of `other`

 private:
  Row* first_ = nullptr;
  Row* last_ = nullptr;
};

}  // namespace athanor::ets
