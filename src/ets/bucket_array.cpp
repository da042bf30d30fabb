// SPDX-License-Identifier: Apache-2.0
#include "ets/bucket_array.hpp"

#include <cstdlib>

#include "base/assert.hpp"

namespace athanor::ets {

void BucketArray::need_segment(size_t segment) {
  if (segments_[segment].load(std::memory_order_relaxed)) return;
  auto* buckets = static_cast<Row**>(std::calloc(size_of(segment), sizeof(Row*)));
  ATH_ASSERT(buckets != nullptr && "out of memory");
  segments_[segment].store(buckets, std::memory_order_relaxed);   // its buckets are reached through the lock of the one that is split
}

void BucketArray::free_segments(size_t first) {
  // They are made one after the other: behind the first that is missing there is none.
  for (size_t segment = first; segment < kSegments; ++segment) {
    Row** buckets = segments_[segment].load(std::memory_order_relaxed);
    if (buckets == nullptr) return;
    segments_[segment].store(nullptr, std::memory_order_relaxed);
    std::free(static_cast<void*>(buckets));
  }
}

void BucketArray::reset(size_t count) {
  free_segments(0);
  for (size_t segment = 0; segment <= segment_of(count - 1); ++segment) need_segment(segment);
  count_.store(count, std::memory_order_relaxed);
  mask_.store(std::bit_ceil(count) - 1, std::memory_order_relaxed);
}

void BucketArray::split() {
  size_t source = split_source(), added = count(), mask = mask_.load(std::memory_order_relaxed);
  if (added > mask) mask = 2 * mask + 1;
  need_segment(segment_of(added));
  count_.store(added + 1, std::memory_order_relaxed);
  mask_.store(mask, std::memory_order_relaxed);
  Row** from = &(*this)[source];
  Row** to = &(*this)[added];
  while (Row* row = *from) {
    if ((row->hash & mask) == added) {
      *from = row->next;
      *to = row;
      to = &row->next;
    } else {
      from = &row->next;
    }
  }
  *to = nullptr;
}

void BucketArray::join() {
  size_t target = join_target(), removed = count() - 1, mask = mask_.load(std::memory_order_relaxed);
  Row*& first = (*this)[target];
  Row* rest = first;
  first = (*this)[removed];
  (*this)[removed] = nullptr;
  if (rest) {
    Row** end = &first;
    while (*end) end = &(*end)->next;
    *end = rest;
  }
  count_.store(removed, std::memory_order_relaxed);
  if (target == 0) mask_.store(mask >> 1, std::memory_order_relaxed);
  size_t segment = segment_of(removed);
  if (removed == first_of(segment)) free_segments(segment);
}

}  // namespace athanor::ets
