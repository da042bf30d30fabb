// SPDX-License-Identifier: Apache-2.0
// The buckets of a hashed table under linear hashing: which bucket a hash belongs to, growing and shrinking by one bucket. Segments
// double in size and never move, so readers of other buckets go on while one bucket is split. Who touches a bucket holds its lock, and a
// bucket is split from, or joined with, one of the same lock; therefore count and mask are right for every hash whose lock is held.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ets/row.hpp"

namespace athanor::ets {

class BucketArray {
 public:
  static constexpr size_t kFewest = 256;

  explicit BucketArray(size_t count) { reset(count); }
  BucketArray(const BucketArray&) = delete;
  BucketArray& operator=(const BucketArray&) = delete;
  ~BucketArray() { free_segments(0); }

  size_t count() const { return count_.load(std::memory_order_relaxed); }
  size_t index_of(uint64_t hash) const {
    size_t mask = mask_.load(std::memory_order_relaxed), index = hash & mask;
    return index < count() ? index : index & (mask >> 1);
  }
  Row*& operator[](size_t index) {
    size_t segment = segment_of(index);
    return segments_[segment].load(std::memory_order_relaxed)[index - first_of(segment)];
  }
  // From this bucket on, as far as they lie side by side.
  std::span<Row*> run_at(size_t index) {
    const size_t behind = first_of(segment_of(index) + 1);
    return {&(*this)[index], (behind < count() ? behind : count()) - index};
  }

  // The bucket that the next split takes rows from; the bucket that the next join adds to.
  size_t split_source() const {
    size_t added = count(), mask = mask_.load(std::memory_order_relaxed);
    return added & (added > mask ? mask : mask >> 1);
  }
  size_t join_target() const { return (count() - 1) & (mask_.load(std::memory_order_relaxed) >> 1); }
  void split();   // one bucket more; both keep the order of their rows
  void join();    // one bucket less: its rows come first
  void reset(size_t count);   // empty buckets; rows that were there are forgotten

 private:
  static size_t segment_of(size_t index) { return static_cast<size_t>(std::bit_width(index / kFewest)); }
  static size_t first_of(size_t segment) { return (kFewest / 2 << segment) & ~(kFewest - 1); }
  static size_t size_of(size_t segment) { return segment == 0 ? kFewest : first_of(segment); }
  void need_segment(size_t segment);
  void free_segments(size_t first);

  static constexpr size_t kSegments = 48;
  std::atomic<Row**> segments_[kSegments] = {};
  std::atomic<size_t> count_{0};
  std::atomic<size_t> mask_{0};   // 2^k - 1 >= count - 1
};

}  // namespace athanor::ets
