// SPDX-License-Identifier: Apache-2.0
// How a native gets at a table: finds it, takes the lock, checks the caller's right; and at the end gives the lock up, resizes, and frees
// what was thrown away. KeyAccess is for the rows of one key and takes one lock; Access is for the rest.
#pragma once

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "ets/hash_storage.hpp"
#include "ets/ordered_storage.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"

namespace athanor::ets {

enum class Right : uint8_t { Info, Read, Write };
enum class Hold : uint8_t {
  Moment,      // going a step in it
  Shared,      // going through the table
  Walk,        // going through it and changing rows: shared with others where the table has stripes
  Structure,   // what the table's own lock guards
  Exclusive,   // everything
};

// The table of an identifier, readable until the native returns: a reference among its arguments holds a count, a name is good until the
// next quiescent point. Null: `cause` says why not.
inline Table* find_table(process::Process& self, Term identifier, Term& cause) {
  if (identifier.is_atom()) {
    Table* table = self.runtime().tables->find_named(identifier);
    if (!table) cause = atoms::id;
    return table;
  }
  auto* table = magic_as<Table>(identifier);
  if (!table) cause = atoms::type;
  return table;
}

bool is_super_user(process::Process& self);

// Why the caller may not, or none(). A lock of the table is held. `busy`: not now.
inline Term refusal(process::Process& self, const Table& table, Right right) {
  if (ATH_UNLIKELY(!table.storage)) return atoms::id;
  if (ATH_UNLIKELY(table.is_emptying)) return atoms::busy;
  if (ATH_LIKELY(table.owner == self.pid()) || right == Right::Info) return Term::none();
  const Protection strictest = right == Right::Read ? Protection::Protected : Protection::Public;
  return table.protection > strictest && !is_super_user(self) ? atoms::access : Term::none();
}

// Empties a table that is being emptied some more, and has the native called again. No lock of the table is held.
process::BifResult help_to_empty(process::Process& self, Table& table, const Term* args, uint32_t arity);

class Access {
 public:
  Access(process::Process& self, Term identifier, Right right, Hold hold);
  Access(process::Process& self, Table& table, Right right, Hold hold);   // the caller keeps the table
  ~Access() { close(); }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  explicit operator bool() const { return cause_.is_none(); }
  Term cause() const { return cause_; }            // type, id, access or busy
  // `args`, `arity`: the native's own, to call it again with.
  process::BifResult failure(const Term* args, uint32_t arity) {
    if (ATH_LIKELY(cause_ != atoms::busy)) return self_.badarg_because(cause_);
    close();
    return help_to_empty(self_, *table_, args, arity);
  }
  Table& table() { return *table_; }
  Storage& storage() { return *table_->storage; }
  void close();                                    // gives up the lock early; the table stays known
  Garbage garbage;

 private:
  void take(Right right, Hold hold);

  process::Process& self_;
  Table* table_ = nullptr;
  Term cause_;
  Hold hold_ = Hold::Shared;
  bool locked_ = false;
  bool exclusive_ = false;   // with Hold::Moment
};

// The rows of one key.
class KeyAccess {
 public:
  KeyAccess(process::Process& self, Term identifier, Term key, Right right) : self_(self), right_(right), key_(key) {
    table_ = find_table(self, identifier, cause_);
    if (ATH_LIKELY(table_)) take(identifier);
  }
  // Of a table found before, with find_table.
  KeyAccess(process::Process& self, Table& table, Term identifier, Term key, Right right) : self_(self), table_(&table), right_(right), key_(key) {
    take(identifier);
  }
  ~KeyAccess() { close(); }
  KeyAccess(const KeyAccess&) = delete;
  KeyAccess& operator=(const KeyAccess&) = delete;

  explicit operator bool() const { return ATH_LIKELY(cause_.is_none()); }
  // `args`, `arity`: the native's own, to call it again with.
  process::BifResult failure(const Term* args, uint32_t arity) {
    if (ATH_LIKELY(cause_ != atoms::busy)) return self_.badarg_because(cause_);
    close();
    return help_to_empty(self_, *table_, args, arity);
  }
  Table& table() { return *table_; }
  uint64_t hash() const { return hash_; }
  Row* find() { return is_ordered() ? ordered().find(key_, 0) : hashed().find(key_, hash_); }
  Row* next_same(Row* row) { return is_ordered() ? nullptr : hashed().next_same(row); }
  // With rows deleted while the table is fixed.
  Row* first_of_key() { return is_ordered() ? find() : hashed().first_of_key(key_, hash_); }
  Row* next_of_key(Row* row) { return is_ordered() ? nullptr : hashed().next_of_key(row); }
  void insert(Row* row) {
    row->hash = static_cast<uint32_t>(hash_);
    is_ordered() ? ordered().insert(row, garbage) : hashed().insert(row, garbage);
  }
  void replace(Row* old_row, Row* row) { is_ordered() ? ordered().replace(old_row, row, garbage) : hashed().replace(old_row, row, garbage); }
  size_t erase() { return is_ordered() ? ordered().erase(key_, 0, garbage) : hashed().erase(key_, hash_, garbage); }
  size_t erase_object(Term object) {
    return is_ordered() ? ordered().erase_object(object, 0, garbage) : hashed().erase_object(object, hash_, garbage);
  }
  void close() {
    if (!lock_) return;
    if (ATH_UNLIKELY(right_ == Right::Write && table_->storage && table_->storage->wants_resize())) return close_and_resize();
    lock_->unlock_either(exclusive_);
    lock_ = nullptr;
    if (!garbage.empty()) free_all();
  }
  Garbage garbage;

 private:
  bool is_ordered() const { return table_->is_ordered(); }
  HashStorage& hashed() { return static_cast<HashStorage&>(*table_->storage); }
  OrderedStorage& ordered() { return static_cast<OrderedStorage&>(*table_->storage); }
  void take(Term identifier) {
    hash_ = table_->hash_of(key_);
    lock_ = &table_->lock_of(hash_);
    if (right_ == Right::Write) lock_->lock();
    else exclusive_ = lock_->lock_briefly();
    cause_ = refusal(self_, *table_, right_);
    if (ATH_UNLIKELY(identifier.is_atom() && cause_.is_none() && table_->name != identifier)) take_renamed(identifier);
  }
  void take_renamed(Term identifier);
  void close_and_resize();
  void free_all();

  process::Process& self_;
  Table* table_;
  TableLock* lock_ = nullptr;
  uint64_t hash_ = 0;
  Right right_;
  bool exclusive_ = true;
  Term key_;
  Term cause_;
};

}  // namespace athanor::ets
