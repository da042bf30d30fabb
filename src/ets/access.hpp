// SPDX-License-Identifier: Apache-2.0
// Access: how a native gets at a table: finds it, takes its lock, checks the caller's right; and at the end gives the lock up,
// resizes, and frees what was thrown away.
#pragma once

#include "bif/bif.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"

namespace athanor::ets {

enum class Right : uint8_t { Info, Read, Write };
enum class Hold : uint8_t {
  Shared,      // reading
  Key,         // writing rows of one key: shared with others where the table is striped
  Exclusive,
};

class Access {
 public:
  Access(process::Process& self, Term identifier, Right right, Hold hold);
  Access(process::Process& self, Table& table, Right right, Hold hold);   // takes a count of its own
  ~Access() { close(); }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  explicit operator bool() const { return cause_.is_none(); }
  Term cause() const { return cause_; }            // type, id or access
  process::BifResult failure() { return self_.badarg_because(cause_); }
  Table& table() { return *table_; }
  Storage& storage() { return *table_->storage; }
  uint64_t hash_of(Term key) { return storage().hash_of(key); }
  TableLock* key_mutex(uint64_t hash) { return exclusive_ ? nullptr : storage().key_mutex(hash); }
  void close();                                    // gives up the lock early; the table stays known
  Garbage garbage;

  // The table, retained; null: `cause` says why not.
  struct Found { Table* table; Term cause; };
  static Found find(process::Process& self, Term identifier);

 private:
  void take(Right right, Hold hold);

  process::Process& self_;
  Table* table_ = nullptr;
  Term cause_;
  bool counted_ = true;    // an identifier that is a reference keeps the table alive by itself while the native runs
  bool locked_ = false;
  bool exclusive_ = false;
  bool wrote_ = false;
};

bool is_super_user(process::Process& self);

}  // namespace athanor::ets
