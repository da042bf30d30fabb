// SPDX-License-Identifier: Apache-2.0
// Natives of module ets that concern the rows of one key: insert, lookup, delete, take.
#include <utility>
#include <vector>

#include "bif/long_work.hpp"
#include "ets/access.hpp"
#include "heap/copy.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Hold;
using athanor::ets::KeyAccess;
using athanor::ets::Right;
using athanor::ets::Row;
using athanor::ets::RowHolder;
using athanor::ets::Table;
using athanor::ets::TableType;

// The objects of the key, oldest first.
Term collect(Process& self, KeyAccess& access) {
  Term list = Term::nil();
  for (Row* row = access.find(); row; row = access.next_same(row)) {
    self.charge(row->words / 64);
    Term object = athanor::ets::copy_object(*row, self.heap());
    list = make_cons(self.allocate(2), object, list);
  }
  return list;
}

bool fits(const Table& table, Term object) {
  return is_tuple(object) && tuple_arity(object) >= table.options.key_position;
}

BifResult insert(Process& self, const Term* args, bool only_new);

// Rows of a list of objects, made in slices before any lock is taken. The table stays as long, whatever becomes of it.
class ListedRows {
 public:
  ListedRows(Table& made_for, Term objects) : table(&made_for), rest_(objects) { table->retain(); }
  ListedRows(ListedRows&& other) noexcept
      : table(std::exchange(other.table, nullptr)), rows(std::move(other.rows)), rest_(other.rest_), fits_all_(other.fits_all_) {}
  ListedRows& operator=(ListedRows&&) = delete;
  ~ListedRows() {
    if (table) table->release();
  }
  bool step(int64_t& budget) {
    for (; rest_.is_list_cell() && budget > 0; rest_ = rest_.tail()) {
      fits_all_ = fits(*table, rest_.head());
      if (!fits_all_) return true;
      rows.emplace_back(table->make_row(rest_.head()));
      budget -= 1 + static_cast<int64_t>(rows.back()->words / 16);
    }
    return !rest_.is_list_cell();
  }
  bool is_good() const { return fits_all_ && rest_.is_nil(); }

  Table* table;
  std::vector<RowHolder> rows;

 private:
  Term rest_;
  bool fits_all_ = true;
};
constexpr int64_t kRowsPerReduction = 4;

// All at once: who looks sees all of them or none.
BifResult insert_listed(Process& self, const Term* args, ListedRows& listed, bool only_new) {
  Table& table = *listed.table;
  std::vector<RowHolder>& rows = listed.rows;
  Access access(self, args[0], Right::Write, Hold::Exclusive);
  if (!access) return access.failure(args, 2);
  if (ATH_UNLIKELY(&access.table() != &table)) {   // renamed meanwhile: the name's new table may want other rows
    access.close();
    return insert(self, args, only_new);
  }
  if (!listed.is_good()) return self.badarg();
  athanor::ets::Storage& storage = access.storage();
  const size_t key_position = table.options.key_position;
  for (RowHolder& row : rows) row->hash = static_cast<uint32_t>(table.hash_of(row->key(key_position)));
  if (only_new) {
    for (RowHolder& row : rows) {
      if (storage.find(row->key(key_position), row->hash)) return atoms::false_;
    }
  }
  auto put = [&](RowHolder& row) {
    storage.insert(row.release(), access.garbage);
    if (storage.wants_resize()) storage.resize(athanor::ets::Storage::Held::All);   // step by step, so that no chain grows long meanwhile
  };
  if (table.options.type == TableType::Bag) {   // OTP: a list goes into a bag last element first
    for (size_t i = rows.size(); i-- > 0;) put(rows[i]);
  } else {
    for (RowHolder& row : rows) put(row);
  }
  self.charge(rows.size() / kRowsPerReduction);
  return atoms::true_;
}

BifResult insert_list(Process& self, const Term* args, Table* table, bool only_new) {
  return long_work(
      self, args, 2, kRowsPerReduction, [&] { return ListedRows(*table, args[1]); },
      [&](ListedRows& listed) { return insert_listed(self, args, listed, only_new); });
}

// Why nothing can be inserted in this table, or that the object is no good.
BifResult no_insert(Process& self, const Term* args) {
  Access access(self, args[0], Right::Write, Hold::Shared);
  if (!access) return access.failure(args, 2);
  return args[1].is_nil() ? BifResult(atoms::true_) : self.badarg();
}

BifResult insert(Process& self, const Term* args, bool only_new) {
  if (self.continuation_ != nullptr) return insert_list(self, args, nullptr, only_new);   // it goes on
  const Term identifier = args[0], what = args[1];
  Term cause;
  Table* table = athanor::ets::find_table(self, identifier, cause);
  if (!table) return self.badarg_because(cause);
  if (what.is_list_cell() && !what.tail().is_nil()) return insert_list(self, args, table, only_new);
  Term object = what.is_list_cell() ? what.head() : what;
  if (!fits(*table, object)) return no_insert(self, args);
  // Copied before the lock is taken where that takes longer than to see what the table has.
  const size_t key_position = table->options.key_position;
  RowHolder row(athanor::ets::is_shallow(object, key_position) ? nullptr : table->make_row(object));
  if (row) self.charge(row->words / 64);
  KeyAccess access(self, *table, identifier, tuple_element(object, key_position - 1), Right::Write);
  if (!access) return access.failure(args, 2);
  if (ATH_UNLIKELY(&access.table() != table)) {
    access.close();
    return insert(self, args, only_new);
  }
  if (only_new || (!row && table->is_set())) {
    if (Row* old_row = access.find()) {
      if (only_new) return atoms::false_;
      if (athanor::ets::overwrite(*old_row, object, key_position)) return atoms::true_;
    }
  }
  access.insert(row ? row.release() : table->make_row(object));
  return atoms::true_;
}

BifResult lookup_element(Process& self, const Term* args, Term fallback) {
  KeyAccess access(self, args[0], args[1], Right::Read);
  if (!access) return access.failure(args, fallback.is_none() ? 3 : 4);
  if (!args[2].is_small() || args[2].small_value() < 1) return self.badarg();
  auto position = static_cast<size_t>(args[2].small_value());
  Row* row = access.find();
  if (!row) return fallback.is_none() ? self.badarg_because(atoms::badkey) : BifResult(fallback);
  if (access.table().is_set()) {
    if (position > row->arity()) return self.badarg();
    return athanor::ets::copy_element(*row, position, self.heap());
  }
  for (Row* each = row; each; each = access.next_same(each)) {
    if (position > each->arity()) return self.badarg();
  }
  Term list = Term::nil();
  for (; row; row = access.next_same(row)) {
    Term element = athanor::ets::copy_element(*row, position, self.heap());
    list = make_cons(self.allocate(2), element, list);
  }
  return list;
}

}  // namespace

BifResult insert_2(Process& self, const Term* args) { return insert(self, args, false); }
BifResult insert_new_2(Process& self, const Term* args) { return insert(self, args, true); }

BifResult lookup_2(Process& self, const Term* args) {
  KeyAccess access(self, args[0], args[1], Right::Read);
  if (!access) return access.failure(args, 2);
  return collect(self, access);
}

BifResult lookup_element_3(Process& self, const Term* args) { return lookup_element(self, args, Term::none()); }
BifResult lookup_element_4(Process& self, const Term* args) { return lookup_element(self, args, args[3]); }

BifResult member_2(Process& self, const Term* args) {
  KeyAccess access(self, args[0], args[1], Right::Read);
  if (!access) return access.failure(args, 2);
  return boolean(access.find() != nullptr);
}

BifResult take_2(Process& self, const Term* args) {
  KeyAccess access(self, args[0], args[1], Right::Write);
  if (!access) return access.failure(args, 2);
  Term list = collect(self, access);
  access.erase();
  return list;
}

BifResult delete__2(Process& self, const Term* args) {
  KeyAccess access(self, args[0], args[1], Right::Write);
  if (!access) return access.failure(args, 2);
  self.charge(access.erase() / 8);
  return atoms::true_;
}

BifResult delete_object_2(Process& self, const Term* args) {
  Term cause;
  Table* table = athanor::ets::find_table(self, args[0], cause);
  if (!table) return self.badarg_because(cause);
  if (!fits(*table, args[1])) {
    Access access(self, args[0], Right::Write, Hold::Shared);
    return access ? self.badarg() : access.failure(args, 2);
  }
  KeyAccess access(self, *table, args[0], tuple_element(args[1], table->options.key_position - 1), Right::Write);
  if (!access) return access.failure(args, 2);
  if (ATH_UNLIKELY(&access.table() != table)) {   // renamed meanwhile
    access.close();
    return delete_object_2(self, args);
  }
  access.erase_object(args[1]);
  return atoms::true_;
}

}  // namespace athanor::bif::ets
