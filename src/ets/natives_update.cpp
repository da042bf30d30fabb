// SPDX-License-Identifier: Apache-2.0
// ets:update_counter/3,4 and ets:update_element/3: rows changed in place where what is new fits there, else replaced.
#include <absl/container/inlined_vector.h>

#include "ets/access.hpp"
#include "term/compare.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::KeyAccess;
using athanor::ets::Right;
using athanor::ets::Row;

// The row's object while it is being changed: word 0 is the tuple's header.
class Draft {
 public:
  // Of a packed row a copy that becomes garbage.
  static Term object_of(const Row& row, Allocator& heap) { return row.packed ? athanor::ets::copy_object(row, heap) : row.object(); }
  Draft(Term object, const Row* row) : words_(object.pointer(), object.pointer() + tuple_arity(object) + 1), is_packed_(row && row->packed) {}
  size_t arity() const { return words_.size() - 1; }
  Term element(size_t position) const { return words_[position]; }
  void set(size_t position, Term value) {
    fits_ = fits_ && (is_packed_ ? value.is_immediate() && words_[position].is_immediate() : athanor::ets::fits_place(words_[position], value));
    words_[position] = value;
  }
  Term object() { return Term::boxed(words_.data()); }
  // `row` null: a new row.
  void store(KeyAccess& access, Row* row) {
    if (row && fits_) {
      for (size_t i = 1; i <= arity(); ++i) {
        const bool differs = row->packed ? words_[i].is_immediate() : !(words_[i] == row->element(i));
        if (differs) athanor::ets::put_in_place(row->memory()[i], words_[i]);
      }
      return;
    }
    Row* changed = access.table().make_row(object());
    if (row) access.replace(row, changed);
    else access.insert(changed);
  }

 private:
  absl::InlinedVector<Term, 16> words_;
  const bool is_packed_;
  bool fits_ = true;   // each change fits in the row's place
};

struct CounterOperation {
  size_t position;
  Term increment, threshold, reset;   // the last two none() where not given
};

// A list of operations, or one. none(): good; else the cause, or false where there is none.
enum class Check : uint8_t { Good, Bad, KeyPosition, Position };
Check read_operation(Term t, size_t key_position, const Draft& draft, CounterOperation& operation) {
  if (!is_tuple_of(t, 2) && !is_tuple_of(t, 4)) return Check::Bad;
  operation = {0, tuple_element(t, 1), Term::none(), Term::none()};
  if (is_tuple_of(t, 4)) {
    operation.threshold = tuple_element(t, 2);
    operation.reset = tuple_element(t, 3);
    if (!is_integer(operation.threshold) || !is_integer(operation.reset)) return Check::Bad;
  }
  if (!tuple_element(t, 0).is_small() || !is_integer(operation.increment)) return Check::Bad;
  int64_t position = tuple_element(t, 0).small_value();
  if (position == static_cast<int64_t>(key_position)) return Check::KeyPosition;
  if (position < 1 || static_cast<uint64_t>(position) > draft.arity()) return Check::Position;
  operation.position = static_cast<size_t>(position);
  return is_integer(draft.element(operation.position)) ? Check::Good : Check::Bad;
}

Term add(Process& self, Term a, Term b) {
  if (Term::both_small(a, b)) {
    int64_t sum = a.small_value() + b.small_value();
    if (Term::fits_small(sum)) return Term::small(sum);
  }
  return athanor::integer::add(self.heap(), a, b);
}

Term apply(Process& self, Draft& draft, const CounterOperation& operation) {
  Term value = add(self, draft.element(operation.position), operation.increment);
  if (value.is_none()) return value;
  if (!operation.threshold.is_none()) {
    int order = athanor::integer::compare(value, operation.threshold);
    bool falls = athanor::integer::is_negative(operation.increment);
    if (falls ? order < 0 : order > 0) value = operation.reset;
  }
  draft.set(operation.position, value);
  return value;
}

// The usual case, in place: small integers alone. none(): not that case.
Term add_small(Row& row, size_t key_position, Term operation) {
  auto position = static_cast<int64_t>(key_position) + 1;
  Term increment = operation, threshold, reset;
  if (is_tuple_of(operation, 2) || is_tuple_of(operation, 4)) {
    if (!tuple_element(operation, 0).is_small()) return Term::none();
    position = tuple_element(operation, 0).small_value();
    increment = tuple_element(operation, 1);
    if (tuple_arity(operation) == 4) {
      threshold = tuple_element(operation, 2);
      reset = tuple_element(operation, 3);
      if (!Term::both_small(threshold, reset)) return Term::none();
    }
  }
  if (position < 1 || static_cast<uint64_t>(position) > row.arity() || position == static_cast<int64_t>(key_position)) return Term::none();
  Term& place = row.memory()[position];
  if (!Term::both_small(place, increment)) return Term::none();
  int64_t sum = place.small_value() + increment.small_value();
  if (!Term::fits_small(sum)) return Term::none();
  if (!threshold.is_none() && (increment.small_value() < 0 ? sum < threshold.small_value() : sum > threshold.small_value())) sum = reset.small_value();
  return place = Term::small(sum);
}

BifResult update_counter(Process& self, const Term* args, Term fallback) {
  KeyAccess access(self, args[0], args[1], Right::Write);
  if (!access) return access.failure(args, fallback.is_none() ? 3 : 4);
  if (!fallback.is_none() && !is_tuple(fallback)) return self.badarg();
  if (!access.table().is_set()) return self.badarg_because(atoms::table_type);
  size_t key_position = access.table().options.key_position;
  Row* row = access.find();
  if (!row && (fallback.is_none() || tuple_arity(fallback) < key_position)) return self.badarg_because(atoms::badkey);
  if (row) {
    if (Term sum = add_small(*row, key_position, args[2]); !sum.is_none()) return sum;
    if (args[2].is_list_cell() && args[2].tail().is_nil() && is_tuple(args[2].head())) {
      if (Term sum = add_small(*row, key_position, args[2].head()); !sum.is_none()) return cons(self.heap(), sum, Term::nil());
    }
  }
  Draft draft(row ? Draft::object_of(*row, self.heap()) : fallback, row);
  if (!row) draft.set(key_position, args[1]);

  absl::InlinedVector<CounterOperation, 4> operations;
  auto read = [&](Term t) {
    CounterOperation operation;
    Check check = read_operation(t, key_position, draft, operation);
    operations.push_back(operation);
    return check;
  };
  Check check = Check::Good;
  bool gives_list = false;
  if (is_integer(args[2])) {
    Term implied[3] = {Term{tuple_header(2)}, Term::small(static_cast<int64_t>(key_position) + 1), args[2]};
    check = read(Term::boxed(implied));
  } else if (is_tuple(args[2])) {
    check = read(args[2]);
  } else {
    gives_list = true;
    Term list = args[2];
    for (; list.is_list_cell() && check == Check::Good; list = list.tail()) check = read(list.head());
    if (check == Check::Good && !list.is_nil()) check = Check::Bad;
  }
  if (check == Check::KeyPosition) return self.badarg_because(atoms::keypos);
  if (check == Check::Position) return self.badarg_because(atoms::position);
  if (check == Check::Bad) return self.badarg();

  absl::InlinedVector<Term, 4> results;
  for (const CounterOperation& operation : operations) {
    Term value = apply(self, draft, operation);
    if (value.is_none()) return self.system_limit();
    results.push_back(value);
  }
  draft.store(access, row);
  return gives_list ? make_list(self.heap(), results.data(), results.size()) : results[0];
}

}  // namespace

BifResult update_counter_3(Process& self, const Term* args) { return update_counter(self, args, Term::none()); }
BifResult update_counter_4(Process& self, const Term* args) { return update_counter(self, args, args[3]); }

BifResult update_element_3(Process& self, const Term* args) {
  KeyAccess access(self, args[0], args[1], Right::Write);
  if (!access) return access.failure(args, 3);
  if (!access.table().is_set()) return self.badarg();
  size_t key_position = access.table().options.key_position;
  Row* row = access.find();
  if (!row) return atoms::false_;
  Draft draft(Draft::object_of(*row, self.heap()), row);
  enum { Good, Bad, Key } check = Good;
  auto change = [&](Term t) {
    if (!is_tuple_of(t, 2) || !tuple_element(t, 0).is_small()) { check = Bad; return; }
    int64_t position = tuple_element(t, 0).small_value();
    if (position == static_cast<int64_t>(key_position)) check = Key;
    else if (position < 1 || static_cast<uint64_t>(position) > draft.arity()) check = Bad;
    else draft.set(static_cast<size_t>(position), tuple_element(t, 1));
  };
  if (is_tuple(args[2])) {
    change(args[2]);
  } else {
    Term list = args[2];
    for (; list.is_list_cell() && check == Good; list = list.tail()) change(list.head());
    if (check == Good && !list.is_nil()) check = Bad;
  }
  if (check == Key) return self.badarg_because(atoms::keypos);
  if (check == Bad) return self.badarg();
  draft.store(access, row);
  return atoms::true_;
}

}  // namespace athanor::bif::ets
