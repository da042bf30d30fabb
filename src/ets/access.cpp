// SPDX-License-Identifier: Apache-2.0
#include "ets/access.hpp"

#include "process/continuation.hpp"

namespace athanor::ets {

Access::Access(process::Process& self, Term identifier, Right right, Hold hold) : self_(self) {
  do {   // again where it was renamed before the lock was ours
    close();
    cause_ = Term::none();
    table_ = find_table(self, identifier, cause_);
    if (!table_) return;
    take(right, hold);
  } while (identifier.is_atom() && cause_.is_none() && table_->name != identifier);
}

Access::Access(process::Process& self, Table& table, Right right, Hold hold) : self_(self), table_(&table) { take(right, hold); }

void Access::take(Right right, Hold hold) {
  hold_ = hold;
  if (hold == Hold::Walk && !table_->is_striped()) hold_ = Hold::Exclusive;
  switch (hold_) {
    case Hold::Moment:
      // In a table with stripes others are at work under them meanwhile.
      if (table_->is_striped()) table_->lock.lock_shared();
      else exclusive_ = table_->lock.lock_briefly();
      break;
    case Hold::Shared:
    case Hold::Walk: table_->lock.lock_shared(); break;
    case Hold::Structure: table_->lock.lock(); break;
    case Hold::Exclusive: table_->lock_all(); break;
  }
  locked_ = true;
  cause_ = refusal(self_, *table_, right);
}

void Access::close() {
  if (!locked_) return;
  locked_ = false;
  if ((hold_ == Hold::Walk || hold_ == Hold::Exclusive) && table_->storage && table_->storage->wants_resize()) {
    table_->storage->resize(hold_ == Hold::Exclusive ? Storage::Held::All : Storage::Held::NoStripe);
  }
  switch (hold_) {
    case Hold::Moment: table_->lock.unlock_either(exclusive_); break;
    case Hold::Shared:
    case Hold::Walk: table_->lock.unlock_shared(); break;
    case Hold::Structure: table_->lock.unlock(); break;
    case Hold::Exclusive: table_->unlock_all(); break;
  }
  while (!garbage.free_some(1000)) {}
}

// The name belongs to another table now, or to none.
void KeyAccess::take_renamed(Term identifier) {
  do {
    lock_->unlock_either(exclusive_);
    lock_ = nullptr;
    cause_ = Term::none();
    table_ = find_table(self_, identifier, cause_);
    if (!table_) return;
    hash_ = table_->hash_of(key_);
    lock_ = &table_->lock_of(hash_);
    if (right_ == Right::Write) lock_->lock();
    else exclusive_ = lock_->lock_briefly();
    cause_ = refusal(self_, *table_, right_);
  } while (cause_.is_none() && table_->name != identifier);
}

// A table without stripes is resized under its lock; else the storage takes the stripe of each bucket that it splits or joins.
void KeyAccess::close_and_resize() {
  if (!table_->is_striped()) {
    table_->storage->resize(Storage::Held::All);
    lock_->unlock_either(exclusive_);
  } else {
    lock_->unlock_either(exclusive_);
    table_->lock.lock_shared();
    if (table_->storage) table_->storage->resize(Storage::Held::NoStripe);
    table_->lock.unlock_shared();
  }
  lock_ = nullptr;
  free_all();
}

void KeyAccess::free_all() {
  while (!garbage.free_some(1000)) {}
}

process::BifResult help_to_empty(process::Process& self, Table& table, const Term* args, uint32_t arity) {
  constexpr size_t kRows = 4000;
  Garbage garbage;
  {
    WholeTable whole(table);
    table.empty_some(kRows, garbage);
  }
  while (!garbage.free_some(1000)) {}
  self.charge(kRows / 8);
  return self.suspend(nullptr, args, arity);
}

bool is_super_user(process::Process& self) {
  process::Extra* extra = self.extra_if_any();
  return extra && extra->tables;
}

}  // namespace athanor::ets
