// SPDX-License-Identifier: Apache-2.0
// Table: what a table identifier refers to. Lives as long as any reference to it, and until no thread that found it by name can still
// look at it; its storage goes when it is deleted. Fields below the lock change under all locks of the table; one of them is enough to read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "ets/packed_row.hpp"
#include "ets/storage.hpp"
#include "term/hash.hpp"
#include "term/term.hpp"

namespace athanor::ets {

// One count of an object.
template <class T>
class Held {
 public:
  Held() = default;
  explicit Held(T* counted) : object_(counted) {}   // takes the caller's over
  Held(Held&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Held() { if (object_) object_->release(); }
  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

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
  bool compressed = false;
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
  uint64_t hash_of(Term key) const { return is_ordered() ? 0 : table_hash(key); }
  TableLock& lock_of(uint64_t hash) { return stripes ? stripes[hash % Stripe::kCount].lock : lock; }   // guards the rows of a key
  std::unique_ptr<Storage> make_storage();   // an empty one
  Row* make_row(Term object) const { return options.compressed ? make_packed_row(object, options.key_position) : ets::make_row(object); }
  void lock_all();
  void unlock_all();
  bool empty_some(size_t count, Garbage& garbage);   // what is_emptying asks for; true: it is done. All locks are held
  bool is_set() const { return options.type == TableType::Set || is_ordered(); }
  Term make_reference(Allocator& heap);   // a magic reference to this table
  Term current_name();                    // takes the lock
  int64_t memory_words() const;           // about what the stock VM would say

  TableLock lock;                         // taken before any stripe's
  const std::unique_ptr<Stripe[]> stripes;
  std::unique_ptr<Storage> storage;       // null: deleted
  Term name;
  Term owner;
  Protection protection;
  bool is_emptying = false;               // nobody may look at it but to go on with that
  Term heir;                              // local pid, or none()
  KeptTerm heir_data;
  std::map<Word, uint32_t> fixers;        // pid to how often it called safe_fixtable(T, true); `lock` alone guards it and what follows
  int64_t fixed_since_monotonic_ns = 0, fixed_since_system_ns = 0;   // Erlang monotonic time
};

// What a table held, on its way out: freed in slices.
struct Left {
  std::unique_ptr<Storage> storage;   // of no table any more
  Garbage rows;
  bool is_empty() const { return !storage && rows.empty(); }
  // Frees about `count` rows. True: none is left.
  bool free_some(size_t count) {
    if (rows.empty() && storage && storage->take_some(count, rows)) storage.reset();
    return rows.free_some(count) && !storage;
  }
};
struct Discarded final : MagicObject, Left {};

// A fixed table that is being emptied: rows stay where they are, marked.
struct Emptying final : MagicObject {
  explicit Emptying(Table& table) : table(table) { table.retain(); }
  ~Emptying() override { table.release(); }
  Table& table;
};

// All locks of a table, exclusively.
class WholeTable {
 public:
  explicit WholeTable(Table& table) : table_(table) { table_.lock_all(); }
  ~WholeTable() { unlock(); }
  WholeTable(const WholeTable&) = delete;
  WholeTable& operator=(const WholeTable&) = delete;
  void unlock() {
    if (held_) table_.unlock_all();
    held_ = false;
  }

 private:
  Table& table_;
  bool held_ = true;
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
