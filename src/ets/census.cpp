// SPDX-License-Identifier: Apache-2.0
// What lies in the rows of all tables: see heap/census.hpp.
#include "heap/census.hpp"

#include <mutex>

#include "ets/table.hpp"
#include "ets/tables.hpp"

namespace athanor::ets {

namespace {

class FunCounter final : public Visitor {
 public:
  explicit FunCounter(const FunHead* entry) : entry_(entry) {}
  Verdict visit(Row& row) override {
    found += heap::count_funs(row.memory(), row.words, entry_);
    return Verdict::Keep;
  }
  bool wants_more() override { return true; }
  uint64_t found = 0;

 private:
  const FunHead* entry_;
};

}  // namespace

uint64_t Tables::count_funs(const FunHead* entry) const {
  FunCounter counter(entry);
  for (Table* table : all()) {
    {
      std::unique_lock lock(table->lock);
      Position position;
      Garbage nothing;
      if (table->storage) {
        while (!table->storage->walk(position, KeyRange(), false, false, counter, nothing)) {
        }
      }
    }
    table->release();
  }
  return counter.found;
}

}  // namespace athanor::ets
