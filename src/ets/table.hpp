// SPDX-License-Identifier: Apache-2.0
// Table: what a table identifier refers to. Lives as long as any reference to it; its storage goes when it is deleted. All
// fields below the lock are guarded by it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "ets/storage.hpp"
#include "term/term.hpp"

namespace athanor::ets {

enum class Protection : uint8_t { Public, Protected, Private };

struct TableOptions {
  TableType type = TableType::Set;
  size_t key_position = 1;
  Protection protection = Protection::Protected;
  bool is_named = false;
  bool write_concurrency = false;
  bool write_concurrency_auto = false;
  uint32_t explicit_locks = 0;          // {write_concurrency, {debug_hash_fixed_number_of_locks, N}}
  bool read_concurrency = false;
  bool decentralized_counters = false;
  bool compressed = false;              // told by info/1; rows are kept as they are
  Term heir;                            // local pid or none()
};

class Table final : public MagicObject {
 public:
  Table(Term name, Term owner, const TableOptions& options, const uint64_t reference[3]);

  const TableOptions options;           // as created; what may change later is below
  const uint64_t number[2];             // of the reference
  bool is_ordered() const { return options.type == TableType::OrderedSet; }
  bool is_striped() const { return options.write_concurrency && !is_ordered() && options.protection != Protection::Private; }
  HashLocks hash_locks() const;
  bool is_set() const { return options.type == TableType::Set || is_ordered(); }
  Term make_reference(Allocator& heap);   // a magic reference to this table
  int64_t memory_words() const;           // about what the stock VM would say

  TableLock lock;
  std::unique_ptr<Storage> storage;       // null: deleted
  Term name;
  Term owner;
  Protection protection;
  Term heir;                              // local pid, or none()
  RowHolder heir_data;                    // any term in `object`
  std::map<Word, uint32_t> fixers;        // pid to how often it called safe_fixtable(T, true)
  int64_t fixed_since_monotonic_ns = 0, fixed_since_system_ns = 0;
};

// Keeps a table's structure in place for as long as it lives: a walk in several parts.
class Fixation : public MagicObject {
 public:
  explicit Fixation(Table& table);        // the caller holds the lock, shared at least, and the table is not deleted
  ~Fixation() override;

 private:
  Table& table_;
};

}  // namespace athanor::ets
