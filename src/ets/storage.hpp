// SPDX-License-Identifier: Apache-2.0
// Storage: the rows of one table, hashed (set, bag, duplicate_bag) or ordered. Knows no processes. What guards the rows: the table's lock,
// or, in a hashed table with write_concurrency, the stripe of the key's hash. Who works on one key holds that one lock. Who goes through the
// table holds the table's lock, shared at least, and the storage takes the stripe of each bucket itself. Who changes the whole holds all.
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "ets/row.hpp"
#include "ets/table_lock.hpp"
#include "term/allocator.hpp"

namespace athanor::ets {

enum class TableType : uint8_t { Set, Bag, DuplicateBag, OrderedSet };

// Guards the buckets of one table whose numbers are the same modulo kCount.
struct alignas(64) Stripe {
  static constexpr size_t kCount = 64;      // divides BucketArray::kFewest: buckets split or joined share a stripe
  TableLock lock;
  std::atomic<int64_t> rows{0}, words{0};   // of its buckets; written under its lock; rows with decentralized counters only
};

class KeyLock {
 public:
  KeyLock() = default;
  KeyLock(TableLock* lock, bool write) : lock_(lock) {
    if (!lock_) return;
    if (write) lock_->lock();
    else exclusive_ = lock_->lock_briefly();
  }
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;
  ~KeyLock() {
    if (lock_) lock_->unlock_either(exclusive_);
  }

 private:
  TableLock* lock_ = nullptr;
  bool exclusive_ = true;
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
  Storage(size_t key_position, Stripe* stripes, bool counts_by_stripe) : key_position_(key_position), stripes_(stripes), counts_by_stripe_(counts_by_stripe) {}
  virtual ~Storage() = default;

  virtual uint64_t hash_of(Term key) const = 0;

  // --- one key ---
  virtual Row* find(Term key, uint64_t hash) = 0;
  virtual Row* next_same(Row* row) = 0;                      // of the same key, newest to oldest; null at the end
  virtual void insert(Row* row, Garbage& garbage) = 0;       // takes the row over; set and ordered_set replace
  virtual size_t erase(Term key, uint64_t hash, Garbage& garbage) = 0;
  virtual size_t erase_object(Term object, uint64_t hash, Garbage& garbage) = 0;
  virtual void replace(Row* old_row, Row* row, Garbage& garbage) = 0;   // same key
  virtual void erase_row(Row* row, Garbage& garbage) = 0;

  // --- iteration; keys are copied to `heap` ---
  enum class Rows : uint8_t { Alive, All };                  // All: with those deleted while the table is fixed
  virtual Term first(Allocator& heap, Rows shown) = 0;       // none(): empty
  virtual Term last(Allocator& heap) = 0;
  virtual Term next(Term key, Allocator& heap, bool& unknown_key, Rows shown) = 0;
  virtual Term previous(Term key, Allocator& heap, bool& unknown_key) = 0;
  virtual bool slot(size_t index, Allocator& heap, Term& objects) = 0;   // false: out of range; none(): one past the last
  // True: came to the end. `range` and `backwards` matter to ordered storage only. `write`: verdicts may be other than Keep.
  // `last_key` stays in the row; the caller copies it before it gives up the lock.
  virtual bool walk(Position& position, const KeyRange& range, bool backwards, bool write, Visitor& visitor, Garbage& garbage) = 0;
  // Hashed: shows the rows of these keys, and maybe others of their buckets, each once, for a visitor that turns those down.
  virtual void walk_keys(std::span<const Term> keys, bool write, Visitor& visitor, Garbage& garbage) {}

  // --- size: asked after each change of rows; either no stripe is held, or all locks are ---
  bool wants_resize() const { return due_.load(std::memory_order_relaxed) != 0; }
  enum class Held : uint8_t { NoStripe, All };
  virtual void resize(Held held) {}

  // --- whole; all locks are held exclusively ---
  // Empties it some more, where rows of a fixed table must stay. True: it is empty. Nobody may look at it or change it before.
  virtual bool clear_some(size_t count, Garbage& garbage) = 0;
  // Takes some of the rows out of a storage that no table has any more. True: none is left.
  virtual bool take_some(size_t count, Garbage& garbage) = 0;
  void fix() { fixations_.fetch_add(1); }   // the table's lock, shared, is enough
  virtual void unfix(Garbage& garbage) { fixations_.fetch_sub(1); }
  virtual bool statistics(ChainStatistics&) { return false; }

  int64_t count() const { return counts_by_stripe_ ? sum(items_, &Stripe::rows) : items_.load(std::memory_order_relaxed); }
  int64_t words() const { return sum(words_, &Stripe::words); }
  bool is_fixed() const { return fixations_.load() > 0; }
  size_t key_position() const { return key_position_; }

 protected:
  // Of a counter whose lock is held: others only read it.
  static void add(std::atomic<int64_t>& counter, int64_t change) {
    if (change != 0) counter.store(counter.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  int64_t sum(const std::atomic<int64_t>& whole, std::atomic<int64_t> Stripe::* part) const {
    int64_t total = whole.load(std::memory_order_relaxed);
    for (size_t i = 0; stripes_ && i < Stripe::kCount; ++i) total += (stripes_[i].*part).load(std::memory_order_relaxed);
    return total;
  }

  const size_t key_position_;
  Stripe* const stripes_;            // the table's; null: its lock guards the rows
  const bool counts_by_stripe_;      // rows; words are where there are stripes
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
std::unique_ptr<Storage> make_hash_storage(TableType type, size_t key_position, HashLocks locks, Stripe* stripes);
std::unique_ptr<Storage> make_ordered_storage(size_t key_position);

}  // namespace athanor::ets
