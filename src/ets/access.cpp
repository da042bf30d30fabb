// SPDX-License-Identifier: Apache-2.0
#include "ets/access.hpp"

#include "bif/magic.hpp"

namespace athanor::ets {

Access::Found Access::find(process::Process& self, Term identifier) {
  if (identifier.is_atom()) {
    Table* table = self.runtime().tables->find_named(identifier);
    return {table, table ? Term::none() : atoms::id};
  }
  Table* table = bif::magic_as<Table>(identifier);
  if (table) {
    table->retain();
    return {table, Term::none()};
  }
  return {nullptr, atoms::type};
}

Access::Access(process::Process& self, Term identifier, Right right, Hold hold) : self_(self) {
  if (!identifier.is_atom()) {
    counted_ = false;
    table_ = bif::magic_as<Table>(identifier);
    if (table_) take(right, hold);
    else cause_ = atoms::type;
    return;
  }
  do {   // again where it was renamed before the lock was ours
    close();
    Found found = find(self, identifier);
    table_ = found.table;
    cause_ = found.cause;
    if (!table_) return;
    take(right, hold);
  } while (cause_.is_none() && table_->name != identifier);
}

Access::Access(process::Process& self, Table& table, Right right, Hold hold) : self_(self), table_(&table) {
  table.retain();
  take(right, hold);
}

void Access::take(Right right, Hold hold) {
  exclusive_ = hold == Hold::Exclusive || (hold == Hold::Key && !table_->is_striped());
  wrote_ = hold != Hold::Shared;
  exclusive_ ? table_->lock.lock() : table_->lock.lock_shared();
  locked_ = true;
  cause_ = Term::none();
  if (!table_->storage) {
    cause_ = atoms::id;
  } else if (right != Right::Info && table_->owner != self_.pid()) {
    Protection strictest = right == Right::Read ? Protection::Protected : Protection::Public;
    if (table_->protection > strictest && !is_super_user(self_)) cause_ = atoms::access;
  }
}

void Access::close() {
  if (locked_) {
    locked_ = false;
    if (wrote_ && table_->storage && table_->storage->wants_resize()) table_->storage->resize();
    exclusive_ ? table_->lock.unlock() : table_->lock.unlock_shared();
    while (!garbage.free_some(1000)) {}
    if (counted_) table_->release();   // the caller may go on with table() only while another count holds it
  }
}

bool is_super_user(process::Process& self) {
  process::Extra* extra = self.extra_if_any();
  return extra && extra->tables;
}

}  // namespace athanor::ets
