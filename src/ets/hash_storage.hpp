// SPDX-License-Identifier: Apache-2.0
// Hashed storage: rows of one key lie together in the chain of a bucket, newest first. The order of a traversal is visible to
// programs, so hash, number of buckets, order in a chain and order of buckets are the stock VM's. Programs lean on it.
#pragma once

#include <mutex>
#include <vector>

#include "ets/bucket_array.hpp"
#include "ets/storage.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"

namespace athanor::ets {

class HashStorage final : public Storage {
 public:
  HashStorage(TableType type, size_t key_position, HashLocks locks, Stripe* stripes);
  ~HashStorage() override;

  uint64_t hash_of(Term key) const override { return table_hash(key); }
  Row* find(Term key, uint64_t hash) override {
    Row* row = *find_block(key, hash);
    return ATH_LIKELY(!row || !row->dead) ? row : find_alive(row, key, hash);
  }
  Row* next_same(Row* row) override;
  void insert(Row* row, Garbage& garbage) override;
  size_t erase(Term key, uint64_t hash, Garbage& garbage) override;
  size_t erase_object(Term object, uint64_t hash, Garbage& garbage) override;
  void replace(Row* old_row, Row* row, Garbage& garbage) override;
  void erase_row(Row* row, Garbage& garbage) override;
  Term first(Allocator& heap, Rows shown) override;
  Term last(Allocator& heap) override { return first(heap, Rows::Alive); }
  Term next(Term key, Allocator& heap, bool& unknown_key, Rows shown) override;
  Term previous(Term key, Allocator& heap, bool& unknown_key) override { return next(key, heap, unknown_key, Rows::Alive); }
  Row* first_of_key(Term key, uint64_t hash) { return *find_block(key, hash); }   // dead or alive
  Row* next_of_key(Row* row) { return row->next && same_key(*row->next, row->key(key_position_), row->hash) ? row->next : nullptr; }
  bool slot(size_t index, Allocator& heap, Term& objects) override;
  bool walk(Position& position, const KeyRange& range, bool backwards, bool write, Visitor& visitor, Garbage& garbage) override;
  void walk_keys(std::span<const Term> keys, bool write, Visitor& visitor, Garbage& garbage) override;
  bool clear_some(size_t count, Garbage& garbage) override;
  bool take_some(size_t count, Garbage& garbage) override;
  void unfix(Garbage& garbage) override;
  void resize(Held held) override;
  bool statistics(ChainStatistics& statistics) override;

 private:
  static constexpr int kResizeSteps = 5;      // OTP: buckets split or joined after one change, at most
  static constexpr size_t kEnd = SIZE_MAX;    // no bucket comes next
  static constexpr size_t kAhead = 8;         // buckets by which a walk asks for memory before it needs it

  TableLock* stripe_lock(uint64_t hash) { return stripes_ ? &stripes_[hash % Stripe::kCount].lock : nullptr; }
  size_t first_count() const;                 // of buckets of an empty table
  void reset_buckets();
  size_t next_bucket(size_t index) const;     // in the order of traversal; kEnd after the last
  // The link to the first row of the key, dead ones too; or to the chain's end.
  Row** find_block(Term key, uint64_t hash) {
    Row** link = &buckets_[buckets_.index_of(hash)];
    while (*link && !same_key(**link, key, hash)) link = &(*link)->next;
    return link;
  }
  Row* find_alive(Row* row, Term key, uint64_t hash) const;
  bool same_key(const Row& row, Term key, uint64_t hash) const { return row.hash == hash && equal_exact(row.key(key_position_), key); }
  void prefetch_chains(size_t index);
  void prefetch(size_t index);                // what next_bucket comes to a few steps later
  void remove(Row** link, Garbage& garbage);  // unlinks, or marks dead where the table is fixed
  void walk_bucket(size_t index, Visitor& visitor, Garbage& garbage);
  Row** show(Row** link, Visitor& visitor, Garbage& garbage);   // the link to what comes next
  Term first_from(size_t index, Allocator& heap, Rows shown);
  void count_rows(uint64_t hash, int64_t rows, int64_t words);   // the lock of the hash is held
  int64_t estimate(uint64_t hash) const;      // rows of the table, as growing and shrinking see it
  // Asked with the lock of the bucket in hand: who begins to walk or fixes later finds the change made.
  bool must_not_resize() const { return is_fixed() || walkers_.load() > 0 || cleared_ > 0; }
  void grow(int64_t rows, Held held);
  void shrink(int64_t rows, Held held);
  void set_slots(size_t slots);

  const TableType type_;
  const HashLocks locks_;
  BucketArray buckets_;
  size_t slots_ = 0;                          // OTP: buckets the stock VM has memory for; a bound to shrinking and told by info/2
  std::atomic<int64_t> shrink_limit_{0};
  std::atomic<bool> resizing_{false};
  std::atomic<bool> fell_behind_{false};      // somebody could not resize because another did
  std::atomic<uint32_t> walkers_{0};
  std::mutex dead_mutex_;                     // writers of different stripes meet here
  std::vector<uint64_t> dead_;                // hashes of rows marked dead
  size_t taken_ = 0;                          // buckets that take_some has emptied
  size_t cleared_ = 0;                        // buckets that clear_some has been through; changed under all locks
};

}  // namespace athanor::ets
