// SPDX-License-Identifier: Apache-2.0
// Hashed storage: rows of one key lie together in the chain of a bucket, newest first. The order of a traversal is visible to
// programs, so hash, number of buckets, order in a chain and order of buckets are the stock VM's. Programs lean on it.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "ets/bucket_array.hpp"
#include "ets/storage.hpp"

namespace athanor::ets {

class HashStorage final : public Storage {
 public:
  HashStorage(TableType type, size_t key_position, HashLocks locks);
  ~HashStorage() override;

  uint64_t hash_of(Term key) const override;
  TableLock* key_mutex(uint64_t hash) override { return stripes_ ? &(*stripes_)[hash % kStripes].mutex : nullptr; }
  Row* find(Term key, uint64_t hash) override;
  Row* next_same(Row* row) override;
  void insert(Row* row, Garbage& garbage) override;
  size_t erase(Term key, uint64_t hash, Garbage& garbage) override;
  size_t erase_object(Term object, uint64_t hash, Garbage& garbage) override;
  void replace(Row* old_row, Row* row, Garbage& garbage) override;
  void erase_row(Row* row, Garbage& garbage) override;
  Term first(Allocator& heap) override;
  Term last(Allocator& heap) override { return first(heap); }
  Term next(Term key, Allocator& heap, bool& unknown_key) override;
  Term previous(Term key, Allocator& heap, bool& unknown_key) override { return next(key, heap, unknown_key); }
  bool slot(size_t index, Allocator& heap, Term& objects) override;
  bool walk(Position& position, const KeyRange& range, bool backwards, bool write, Visitor& visitor, Garbage& garbage) override;
  void walk_keys(const std::vector<RowHolder>& keys, bool write, Visitor& visitor, Garbage& garbage) override;
  void clear(Garbage& garbage) override;
  void unfix(Garbage& garbage) override;
  void resize() override;
  bool statistics(ChainStatistics& statistics) override;

 private:
  static constexpr size_t kStripes = 64;      // divides BucketArray::kFewest: buckets split or joined share a stripe
  static constexpr int kResizeSteps = 5;      // OTP: buckets split or joined after one change, at most
  static constexpr size_t kEnd = SIZE_MAX;    // no bucket comes next
  struct alignas(64) Stripe {
    TableLock mutex;
    std::atomic<int64_t> rows{0};             // with decentralized counters: of this stripe's hashes
  };

  size_t first_count() const;                 // of buckets of an empty table
  void reset_buckets();
  size_t next_bucket(size_t index) const;     // in the order of traversal; kEnd after the last
  Row** find_block(Term key, uint64_t hash);  // link to the first row of the key, dead ones too; or to the chain's end
  bool same_key(const Row& row, Term key, uint64_t hash) const;
  void remove(Row** link, Garbage& garbage);  // unlinks, or marks dead where the table is fixed
  void walk_bucket(size_t index, Visitor& visitor, Garbage& garbage);
  Term first_from(size_t index, Allocator& heap);
  void count_rows(uint64_t hash, int64_t rows, int64_t words);
  int64_t estimate(uint64_t hash) const;      // rows of the table, as growing and shrinking see it
  // Asked with the lock of the bucket in hand: who begins to walk or fixes later finds the change made.
  bool must_not_resize() const { return is_fixed() || walkers_.load() > 0; }
  void grow(int64_t rows);
  void shrink(int64_t rows);
  void set_slots(size_t slots);

  const TableType type_;
  const HashLocks locks_;
  BucketArray buckets_;
  size_t slots_ = 0;                          // OTP: buckets the stock VM has memory for; a bound to shrinking and told by info/2
  std::atomic<int64_t> shrink_limit_{0};
  std::atomic<bool> resizing_{false};
  std::atomic<uint32_t> walkers_{0};
  std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
  std::mutex dead_mutex_;                     // writers of different stripes meet here
  std::vector<uint64_t> dead_;                // hashes of rows marked dead
};

}  // namespace athanor::ets
