// SPDX-License-Identifier: Apache-2.0
// Natives of module ets that concern the rows of one key: insert, lookup, delete, take.
#include <vector>

#include "ets/access.hpp"
#include "heap/copy.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Hold;
using athanor::ets::KeyLock;
using athanor::ets::Right;
using athanor::ets::Row;
using athanor::ets::RowHolder;
using athanor::ets::Table;
using athanor::ets::TableType;

struct TableHold {
  Table* table;
  ~TableHold() { if (table) table->release(); }
};

// The objects of `key`, oldest first.
Term collect(Process& self, Access& access, Row* row) {
  Term list = Term::nil();
  for (; row; row = access.storage().next_same(row)) {
    self.charge(row->words / 64);
    Term object = athanor::ets::copy_object(*row, self.heap());
    list = make_cons(self.allocate(2), object, list);
  }
  return list;
}

bool fits(const Table& table, Term object) {
  return is_tuple(object) && tuple_arity(object) >= table.options.key_position;
}

BifResult insert_many(Process& self, Table& table, Term list, bool only_new) {
  std::vector<RowHolder> rows;
  bool good = true;
  for (; good && list.is_list_cell(); list = list.tail()) {
    good = fits(table, list.head());
    if (good) rows.emplace_back(athanor::ets::make_row(list.head()));
  }
  Access access(self, table, Right::Write, Hold::Exclusive);
  if (!access) return access.failure();
  if (!good || !list.is_nil()) {
    access.close();
    return self.badarg();
  }
  athanor::ets::Storage& storage = access.storage();
  for (RowHolder& row : rows) row->hash = storage.hash_of(row->key(table.options.key_position));
  if (only_new) {
    for (RowHolder& row : rows) {
      if (storage.find(row->key(table.options.key_position), row->hash)) {
        access.close();
        return atoms::false_;
      }
    }
  }
  auto put = [&](RowHolder& row) {
    storage.insert(row.release(), access.garbage);
    if (storage.wants_resize()) storage.resize();   // step by step, so that no chain grows long meanwhile
  };
  if (table.options.type == TableType::Bag) {   // OTP: a list goes into a bag last element first
    for (size_t i = rows.size(); i-- > 0;) put(rows[i]);
  } else {
    for (RowHolder& row : rows) put(row);
  }
  self.charge(rows.size() / 4);
  return atoms::true_;
}

BifResult insert(Process& self, Term identifier, Term what, bool only_new) {
  Access::Found found = Access::find(self, identifier);
  if (!found.table) return self.badarg_because(found.cause);
  TableHold hold{found.table};
  Table& table = *found.table;
  if (what.is_list_cell() && !what.tail().is_nil()) return insert_many(self, table, what, only_new);
  Term object = what.is_list_cell() ? what.head() : what;
  bool good = fits(table, object);
  // Copied before the lock is taken.
  RowHolder row(good ? athanor::ets::make_row(object) : nullptr);
  Access access(self, table, Right::Write, Hold::Key);
  if (!access) return access.failure();
  if (what.is_nil()) return atoms::true_;
  if (!good) return self.badarg();
  Term key = row->key(table.options.key_position);
  row->hash = access.hash_of(key);
  self.charge(row->words / 64);
  KeyLock lock(access.key_mutex(row->hash), true);
  if (only_new && access.storage().find(key, row->hash)) return atoms::false_;
  access.storage().insert(row.release(), access.garbage);
  return atoms::true_;
}

BifResult lookup_element(Process& self, const Term* args, Term fallback) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  if (!args[2].is_small() || args[2].small_value() < 1) return self.badarg();
  auto position = static_cast<size_t>(args[2].small_value());
  uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), false);
  Row* row = access.storage().find(args[1], hash);
  if (!row) return fallback.is_none() ? self.badarg_because(atoms::badkey) : BifResult(fallback);
  for (Row* each = row; each; each = access.storage().next_same(each)) {
    if (position > tuple_arity(each->object)) return self.badarg();
  }
  if (access.table().is_set()) return heap::copy(row->element(position), self.heap(), nullptr);
  Term list = Term::nil();
  for (; row; row = access.storage().next_same(row)) {
    Term element = heap::copy(row->element(position), self.heap(), nullptr);
    list = make_cons(self.allocate(2), element, list);
  }
  return list;
}

}  // namespace

BifResult insert_2(Process& self, const Term* args) { return insert(self, args[0], args[1], false); }
BifResult insert_new_2(Process& self, const Term* args) { return insert(self, args[0], args[1], true); }

BifResult lookup_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), false);
  return collect(self, access, access.storage().find(args[1], hash));
}

BifResult lookup_element_3(Process& self, const Term* args) { return lookup_element(self, args, Term::none()); }
BifResult lookup_element_4(Process& self, const Term* args) { return lookup_element(self, args, args[3]); }

BifResult member_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), false);
  return boolean(access.storage().find(args[1], hash) != nullptr);
}

BifResult take_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Write, Hold::Key);
  if (!access) return access.failure();
  uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), true);
  Term list = collect(self, access, access.storage().find(args[1], hash));
  access.storage().erase(args[1], hash, access.garbage);
  return list;
}

BifResult delete__2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Write, Hold::Key);
  if (!access) return access.failure();
  uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), true);
  self.charge(access.storage().erase(args[1], hash, access.garbage) / 8);
  return atoms::true_;
}

BifResult delete_object_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Write, Hold::Key);
  if (!access) return access.failure();
  if (!fits(access.table(), args[1])) return self.badarg();
  uint64_t hash = access.hash_of(tuple_element(args[1], access.table().options.key_position - 1));
  KeyLock lock(access.key_mutex(hash), true);
  access.storage().erase_object(args[1], hash, access.garbage);
  return atoms::true_;
}

}  // namespace athanor::bif::ets
