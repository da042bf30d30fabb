// SPDX-License-Identifier: Apache-2.0
// Hashed storage: linear hashing over segments of buckets, so that growing never stops the table for long. Rows of one key lie
// together in a chain, newest first.
#pragma once

#include <array>
#include <mutex>
#include <vector>

#include "ets/storage.hpp"

namespace athanor::ets {

class HashStorage final : public Storage {
 public:
  HashStorage(TableType type, size_t key_position, bool striped);
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
  void clear(Garbage& garbage) override;
  void unfix(Garbage& garbage) override;
  bool wants_resize() const override;
  void resize() override;
  bool statistics(ChainStatistics& statistics) override;

 private:
  static constexpr size_t kSegment = 256;    // buckets; also the fewest there are
  static constexpr size_t kStripes = 64;     // divides kSegment: all rows of a bucket share a stripe
  static constexpr size_t kResizeStep = 256; // buckets split or merged at once
  struct Segment { Row* buckets[kSegment] = {}; };
  struct alignas(64) Stripe { TableLock mutex; };

  size_t bucket_of(uint64_t hash) const {
    size_t index = hash & mask_;
    return index < bucket_count_ ? index : index & (mask_ >> 1);
  }
  Row*& bucket(size_t index) { return segments_[index / kSegment]->buckets[index % kSegment]; }
  Row** find_block(Term key, uint64_t hash);   // link to the first row of the key, dead ones too; or to the chain's end
  bool same_key(const Row& row, Term key, uint64_t hash) const;
  void remove(Row** link, Garbage& garbage);   // unlinks, or marks dead where the table is fixed
  Term first_from(size_t index, Allocator& heap);
  void split();
  void merge();

  const TableType type_;
  size_t bucket_count_ = kSegment;
  size_t mask_ = kSegment - 1;                 // 2^k - 1 >= bucket_count_ - 1
  std::vector<std::unique_ptr<Segment>> segments_;
  std::unique_ptr<std::array<Stripe, kStripes>> stripes_;
  std::mutex dead_mutex_;                      // writers of different stripes meet here
  std::vector<uint64_t> dead_;                 // hashes of rows marked dead
};

}  // namespace athanor::ets
