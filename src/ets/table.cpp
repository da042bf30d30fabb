// SPDX-License-Identifier: Apache-2.0
#include "ets/table.hpp"

#include <algorithm>
#include <bit>
#include <mutex>
#include <shared_mutex>

#include "heap/off_heap.hpp"
#include "term/magic_reference.hpp"

namespace athanor::ets {

Table::Table(Term name, Term owner, const TableOptions& given, const uint64_t reference[3])
    : options(given), number{reference[0], reference[1]}, stripes(is_striped() ? std::make_unique<Stripe[]>(Stripe::kCount) : nullptr), name(name),
      owner(owner), protection(given.protection), heir(given.heir) {
  storage = make_storage();
}

std::unique_ptr<Storage> Table::make_storage() {
  for (size_t i = 0; stripes && i < Stripe::kCount; ++i) {
    stripes[i].rows.store(0, std::memory_order_relaxed);
    stripes[i].words.store(0, std::memory_order_relaxed);
  }
  return is_ordered() ? make_ordered_storage(options.key_position)
                      : make_hash_storage(options.type, options.key_position, hash_locks(), stripes.get());
}

void Table::lock_all() {
  lock.lock();
  for (size_t i = 0; stripes && i < Stripe::kCount; ++i) stripes[i].lock.lock();
}

void Table::unlock_all() {
  for (size_t i = 0; stripes && i < Stripe::kCount; ++i) stripes[i].lock.unlock();
  lock.unlock();
}

bool Table::empty_some(size_t count, Garbage& garbage) {
  if (is_emptying && storage && !storage->clear_some(count, garbage)) return false;
  is_emptying = false;
  return true;
}

Term Table::current_name() {
  std::shared_lock held(lock);
  return name;
}

Term Table::make_reference(Allocator& heap) {
  retain();
  return make_magic_box(heap, Word{number[0]}, Word{number[1]}, this);
}

HashLocks Table::hash_locks() const {
  if (!is_striped()) return {};
  constexpr uint32_t kUsual = 64;   // OTP
  return {options.explicit_locks > 0 ? std::max(options.explicit_locks, kUsual) : kUsual, options.decentralized_counters};
}

int64_t Table::memory_words() const {
  constexpr int64_t kEmptyHashed = 305, kEmptyOrdered = 139;   // OTP: of a table without rows
  return (is_ordered() ? kEmptyOrdered : kEmptyHashed) + (storage ? storage->words() : 0);
}

Fixation::Fixation(Table& table) : table_(table) {
  table_.retain();
  table_.storage->fix();
}

Fixation::~Fixation() {
  {
    Garbage garbage;
    {
      WholeTable whole(table_);
      if (table_.storage) table_.storage->unfix(garbage);
    }
  }
  table_.release();
}

}  // namespace athanor::ets
