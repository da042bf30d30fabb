// SPDX-License-Identifier: Apache-2.0
#include "term/large_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/block_cache.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor::large_memory {
namespace {

class LargeMemory : public ::testing::Test {
 protected:
  LargeMemory() { open_store(); }
  ~LargeMemory() { close_store(); }
};

TEST_F(LargeMemory, SizesAreFewAndNotMuchLarger) {
  EXPECT_EQ(rounded(100), base::block_bytes(100));
  EXPECT_EQ(rounded(kFrom - 1), base::block_bytes(kFrom - 1));
  for (size_t bytes = kFrom; bytes < size_t{1} << 40; bytes += bytes / 7 + 1) {
    EXPECT_GE(rounded(bytes), bytes);
    EXPECT_LE(rounded(bytes), bytes + bytes / 8);
    EXPECT_EQ(rounded(rounded(bytes)), rounded(bytes));
  }
}

#if ATH_CACHE_BLOCKS   // else all is malloc's
TEST_F(LargeMemory, IsTakenAgainAndDropped) {
  void* first = take(200'000);
  std::memset(first, 1, 200'000);
  give(first, 200'000);
  EXPECT_EQ(kept_bytes(), rounded(200'000));
  void* other = take(300'000);
  EXPECT_NE(other, first);
  void* again = take(199'000);
  EXPECT_EQ(again, first);
  EXPECT_EQ(kept_bytes(), 0u);
  give(again, 199'000);
  give(other, 300'000);
  drop_store();
  EXPECT_EQ(kept_bytes(), 0u);
}
#endif

TEST_F(LargeMemory, NoMoreIsKeptThanIsSaid) {
  std::vector<void*> all;
  for (size_t i = 0; i < 100; ++i) all.push_back(take(kFrom + i * 10'000));
  for (size_t i = 0; i < 100; ++i) {
    give(all[i], kFrom + i * 10'000);
    EXPECT_LE(kept_bytes(), kMostBytes);
  }
  give(take(2 * kMostBytes), 2 * kMostBytes);
  EXPECT_LE(kept_bytes(), kMostBytes);
  close_store();
  give(take(200'000), 200'000);
  EXPECT_EQ(kept_bytes(), 0u);
}

// A binary that grows and shrinks gives back what it has then.
TEST_F(LargeMemory, BinariesOfEachSize) {
  OffHeapBinary* binary = OffHeapBinary::create(100);
  for (const size_t bytes : {size_t{70'000}, size_t{1'000'000}, size_t{66'000}, size_t{300}, size_t{131'073}}) {
    binary = OffHeapBinary::reallocate(binary, bytes);
    std::memset(binary->data(), 7, bytes);
  }
  binary->release();
  for (int i = 0; i < 50; ++i) {
    OffHeapBinary* next = OffHeapBinary::create(131'073 - static_cast<size_t>(i));
    std::memset(next->data(), i, next->capacity);
    next->release();
  }
}

}  // namespace
}  // namespace athanor::large_memory
