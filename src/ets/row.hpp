// SPDX-License-Identifier: Apache-2.0
// A row: one object of a table, a tuple with all it refers to, in one block of its own (heap/flat_block.hpp). Nothing of it lies on any heap.
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
  Row* next = nullptr;        // in a bucket, or in Garbage
  uint32_t hash = 0;          // of the key; 0 in ordered tables
  uint32_t words : 28 = 0;    // of the object
  uint32_t plain : 1 = 0;     // tuples, lists and immediates only: each word of it is a term or the header of a tuple
  uint32_t counts : 1 = 0;    // boxes of it hold something outside
  uint32_t packed : 1 = 0;    // packed_row.hpp: what is not immediate may be bytes, but for the key
  uint32_t dead : 1 = 0;      // deleted while the table is fixed: kept so that iteration finds its way
  Term* memory() { return reinterpret_cast<Term*>(this + 1); }
  const Term* memory() const { return reinterpret_cast<const Term*>(this + 1); }
  Term object() const { return Term::boxed(const_cast<Term*>(memory())); }   // the tuple comes first; of a packed row only the key may be looked at
  Term key(size_t position) const { return memory()[position]; }
  Term element(size_t position) const { return memory()[position]; }
  size_t arity() const { return header_arity(memory()[0].raw); }
};

static_assert(sizeof(Row) == 16);   // tables of many small rows; a row of a pair or a triple fits a cache line

// Copies `object`, a tuple; literals too: their module may be purged while the row lives.
Row* make_row(Term object);
void destroy_row(Row* row);
// A box of a few words that refers to nothing: a number or a short binary.
inline bool is_small_leaf(Term t) {
  if (!t.is_boxed()) return false;
  switch (header_kind(t.pointer()[0].raw)) {
    case BoxedKind::Float:
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig:
    case BoxedKind::HeapBinary: return header_arity(t.pointer()[0].raw) <= 8;
    default: return false;
  }
}
// Whether all elements but the key are immediates or such boxes: what there is of it can be put in another's place in no time.
inline bool is_shallow(Term object, size_t key_position) {
  const Term* tuple = object.pointer();
  const size_t words = header_arity(tuple[0].raw) + 1;
  for (size_t i = 1; i < words; ++i) {
    if (tuple[i].is_pointer() && i != key_position && !is_small_leaf(tuple[i])) return false;
  }
  return true;
}
// Whether `value` fits where an element of a row that is not packed lies: an immediate for an immediate, a box for one of the same kind and size.
inline bool fits_place(Term element, Term value) {
  if (element.is_immediate()) return value.is_immediate();
  return is_small_leaf(value) && element.is_boxed() && element.pointer()[0] == value.pointer()[0];
}
inline void put_in_place(Term& element, Term value) {
  if (value.is_immediate()) {
    element = value;
    return;
  }
  Term* to = element.pointer();
  const Term* from = value.pointer();
  for (size_t words = header_arity(from[0].raw) + 1, i = 0; i < words; ++i) to[i] = from[i];
}
// Whether all elements but the key are immediates.
inline bool is_flat(Term object, size_t key_position) {
  const Term* tuple = object.pointer();
  const size_t words = header_arity(tuple[0].raw) + 1;
  for (size_t i = 1; i < words; ++i) {
    if (tuple[i].is_pointer() && i != key_position) return false;
  }
  return true;
}
// The row's object on `to`; one element of it.
Term copy_object(const Row& row, Allocator& to);
Term copy_element(const Row& row, size_t position, Allocator& to);
bool is_object(const Row& row, Term object);   // =:=
struct RowDestroyer {
  void operator()(Row* row) const { destroy_row(row); }
};
using RowHolder = std::unique_ptr<Row, RowDestroyer>;

// Puts the elements of `object`, which has the row's key, in place of the row's, where all but the key fit there. False: not so.
bool overwrite(Row& row, Term object, size_t key_position);

// Any term, kept outside all heaps.
class KeptTerm {
 public:
  KeptTerm() = default;
  explicit KeptTerm(Term t) {
    Term tuple[2] = {Term{tuple_header(1)}, t};
    row_.reset(make_row(Term::boxed(tuple)));
  }
  explicit operator bool() const { return row_ != nullptr; }
  Term term() const { return row_->element(1); }

 private:
  RowHolder row_;
};

// Rows taken out of a table, freed once its locks are given up: freeing may run the destructor of a native object, which may
// itself use a table.
class Garbage {
 public:
  Garbage() = default;
  Garbage(const Garbage&) = delete;
  Garbage& operator=(const Garbage&) = delete;
  ~Garbage() { while (first_) free_some(1000); }
  void add(Row* row) {
    row->next = nullptr;
    (last_ ? last_->next : first_) = row;
    last_ = row;
  }
  bool empty() const { return first_ == nullptr; }
  // Frees up to `count` rows. True: none is left.
  bool free_some(size_t count);
  void take(Garbage& other);   // all rows of `other`

 private:
  Row* first_ = nullptr;
  Row* last_ = nullptr;
};

}  // namespace athanor::ets
