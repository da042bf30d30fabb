// SPDX-License-Identifier: Apache-2.0
// Storage: the rows of one table, hashed (set, bag, duplicate_bag) or ordered. Knows no processes. The caller holds the table's
// lock: exclusively, or shared plus, for what concerns one key, that key's lock (lock_key), which is empty where the table
// lock alone guards the rows.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "ets/row.hpp"
#include "ets/table_lock.hpp"
#include "term/allocator.hpp"

namespace athanor::ets {

enum class TableType : uint8_t { Set, Bag, DuplicateBag, OrderedSet };

class KeyLock {
 public:
  KeyLock() = default;
  KeyLock(TableLock* mutex, bool write) : mutex_(mutex), write_(write) {
    if (mutex_) write_ ? mutex_->lock() : mutex_->lock_shared();
  }
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;
  ~KeyLock() {
    if (mutex_) write_ ? mutex_->unlock() : mutex_->unlock_shared();
  }

 private:
  TableLock* mutex_ = nullptr;
  bool write_ = false;
};

enum class Verdict : uint8_t { Keep, Erase, Replace };
// Is shown rows one by one.
class Visitor {
 public:
  virtual Verdict visit(Row& row) = 0;
  virtual bool wants_more() = 0;      // asked between buckets (hashed) or rows (ordered)
  Row* replacement = nullptr;         // for Replace; has the same key

 protected:
  ~Visitor() = default;
};

// The keys an ordered walk is about: all, those equal to `key`, or tuples whose first `elements` elements equal those of `key`.
struct KeyRange {
  enum Kind : uint8_t { All, Exact, Prefix } kind = All;
  Term key;
  size_t elements = 0;
  int compare(Term other) const;   // other against the range: negative before it, 0 inside
};

// Where a walk stands. Hashed: the next bucket. Ordered: the key of the last row shown (none: at the start).
struct Position {
  size_t bucket = 0;
  Term last_key;
};

struct ChainStatistics {
  size_t buckets = 0;
  double average = 0, deviation = 0, expected = 0;
  size_t shortest = 0, longest = 0, dead = 0;
};

class Storage {
 public:
  explicit Storage(size_t key_position) : key_position_(key_position) {}
  virtual ~Storage() = default;

  virtual uint64_t hash_of(Term key) const = 0;
  virtual TableLock* key_mutex(uint64_t hash) = 0;   // null: the table lock guards it

  // --- one key ---
  virtual Row* find(Term key, uint64_t hash) = 0;
  virtual Row* next_same(Row* row) = 0;                      // of the same key, newest to oldest; null at the end
  virtual void insert(Row* row, Garbage& garbage) = 0;       // takes the row over; set and ordered_set replace
  virtual size_t erase(Term key, uint64_t hash, Garbage& garbage) = 0;
  virtual size_t erase_object(Term object, uint64_t hash, Garbage& garbage) = 0;
  virtual void replace(Row* old_row, Row* row, Garbage& garbage) = 0;   // same key
  virtual void erase_row(Row* row, Garbage& garbage) = 0;

  // --- iteration; keys are copied to `heap` ---
  virtual Term first(Allocator& heap) = 0;                   // none(): empty
  virtual Term last(Allocator& heap) = 0;
  virtual Term next(Term key, Allocator& heap, bool& unknown_key) = 0;
  virtual Term previous(Term key, Allocator& heap, bool& unknown_key) = 0;
  virtual bool slot(size_t index, Allocator& heap, Term& objects) = 0;   // false: out of range; none(): one past the last
  // True: came to the end. `range` and `backwards` matter to ordered storage only. `write`: verdicts may be other than Keep.
  // `last_key` stays in the row; the caller copies it before it gives up the lock.
  virtual bool walk(Position& position, const KeyRange& range, bool backwards, bool write, Visitor& visitor, Garbage& garbage) = 0;
  // Hashed: shows the buckets of these keys whole, each once, for a visitor that turns the rows of others down.
  virtual void walk_keys(const std::vector<RowHolder>& keys, bool write, Visitor& visitor, Garbage& garbage) {}

  // --- size: asked after each change of rows; no key's lock is held ---
  bool wants_resize() const { return due_.load(std::memory_order_relaxed) != 0; }
  virtual void resize() {}

  // --- whole; the table lock is held exclusively ---
  virtual void clear(Garbage& garbage) = 0;
  void fix() { fixations_.fetch_add(1); }   // a shared table lock is enough
  virtual void unfix(Garbage& garbage) { fixations_.fetch_sub(1); }
  virtual bool statistics(ChainStatistics&) { return false; }

  int64_t count() const { return items_.load(std::memory_order_relaxed); }
  int64_t words() const { return words_.load(std::memory_order_relaxed); }
  bool is_fixed() const { return fixations_.load() > 0; }
  void account(int64_t rows, int64_t words) {
    items_.fetch_add(rows, std::memory_order_relaxed);
    words_.fetch_add(words, std::memory_order_relaxed);
  }
  size_t key_position() const { return key_position_; }

 protected:
  const size_t key_position_;
  std::atomic<uint32_t> fixations_{0};
  std::atomic<int64_t> items_{0};
  std::atomic<int64_t> words_{0};
  std::atomic<int64_t> due_{0};   // hashed: rows for which to grow, or -1 - rows for which to shrink; 0: nothing to do
};

// How a hashed table with write_concurrency is locked on the stock VM; it decides the order of a traversal and when the table grows.
struct HashLocks {
  uint32_t count = 0;             // 0: the table lock guards the rows; else a power of two of at least 64
  bool decentralized = false;     // rows are counted lock by lock
};
std::unique_ptr<Storage> make_hash_storage(TableType type, size_t key_position, HashLocks locks);
std::unique_ptr<Storage> make_ordered_storage(size_t key_position);

}  // namespace athanor::ets
