// SPDX-License-Identifier: Apache-2.0
#include "base/block_cache.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace athanor::base {
namespace {

TEST(BlockCache, BlocksAreDistinctAndWhollyWritable) {
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<void*, size_t>> taken;
    std::set<void*> seen;
    for (size_t bytes = 1; bytes < 600; bytes += 7) {
      void* block = take_block(bytes);
      ASSERT_NE(block, nullptr);
      EXPECT_TRUE(seen.insert(block).second);
      std::memset(block, static_cast<int>(bytes), bytes);
      taken.push_back({block, bytes});
    }
    for (auto& [block, bytes] : taken) {
      EXPECT_EQ(static_cast<unsigned char*>(block)[bytes - 1], static_cast<unsigned char>(bytes));
      give_block(block, bytes);
    }
  }
}

#if ATH_CACHE_BLOCKS
TEST(BlockCache, WhatIsGivenIsTakenAgainUpToABound) {
  std::thread([] {
    std::set<void*> given;
    std::vector<void*> taken;
    for (unsigned i = 0; i < block_cache::kKept + 10; ++i) taken.push_back(take_block(40));
    for (void* block : taken) give_block(block, 40);
    const block_cache::Shelf& shelf = block_cache::of_thread.shelves[(40 - 1) / block_cache::kStep];
    EXPECT_EQ(shelf.count, block_cache::kKept);
    for (block_cache::Free* f = shelf.first; f != nullptr; f = f->next) given.insert(f);
    for (unsigned i = 0; i < block_cache::kKept; ++i) {
      void* block = take_block(64);   // of the same size class
      EXPECT_EQ(given.count(block), 1u);
      taken[i] = block;
    }
    EXPECT_EQ(shelf.count, 0u);
    for (unsigned i = 0; i < block_cache::kKept; ++i) give_block(taken[i], 64);
  }).join();
}
#endif

TEST(BlockCache, MiddlingSizesAreAnEighthApart) {
  size_t sizes = 0, before = 0;
  for (size_t bytes = block_cache::kSizes * block_cache::kStep + 1; bytes <= block_cache::kMost; ++bytes) {
    const size_t size = block_bytes(bytes);
    ASSERT_GE(size, bytes);
    ASSERT_LE(size, bytes + bytes / 8);
    ASSERT_EQ(block_bytes(size), size);
    sizes += size != before;
    before = size;
  }
  EXPECT_EQ(sizes, ATH_CACHE_BLOCKS ? block_cache::kMiddlingSizes : block_cache::kMost - block_cache::kSizes * block_cache::kStep);
  EXPECT_EQ(block_bytes(block_cache::kMost + 1), block_cache::kMost + 1);
}

TEST(BlockCache, MiddlingBlocksAreDistinctAndWhollyWritable) {
  for (int round = 0; round < 2; ++round) {
    std::vector<std::pair<char*, size_t>> taken;
    for (size_t bytes = 250; bytes < 80'000; bytes += bytes / 11) taken.push_back({static_cast<char*>(take_block(bytes)), bytes});
    for (auto& [block, bytes] : taken) std::memset(block, static_cast<int>(bytes), bytes);
    for (auto& [block, bytes] : taken) {
      EXPECT_EQ(block[0], static_cast<char>(bytes));
      EXPECT_EQ(block[bytes - 1], static_cast<char>(bytes));
      give_block(block, bytes);
    }
  }
}

#if ATH_CACHE_BLOCKS
TEST(BlockCache, MiddlingBlocksAreKeptUpToABoundOfAll) {
  std::thread([] {
    void* first = take_block(1000);
    give_block(first, 1000);
    EXPECT_EQ(take_block(1020), first);   // of the same size
    give_block(first, 1020);
    EXPECT_EQ(block_cache::of_thread.middling_bytes, block_bytes(1000));
    for (size_t bytes : {20'000u, 40'000u, 60'000u, 65'536u}) {
      std::vector<void*> taken;
      for (unsigned i = 0; i < block_cache::kMiddlingKept + 2; ++i) taken.push_back(take_block(bytes));
      for (void* block : taken) give_block(block, bytes);
      EXPECT_LE(block_cache::of_thread.middling_bytes, block_cache::kMiddlingBytes);
    }
    EXPECT_GT(block_cache::of_thread.middling_bytes, block_cache::kMiddlingBytes - 65'536);
  }).join();
}
#endif

// One thread takes, another gives, as senders and receivers do; run under the sanitizers for what it is worth there.
TEST(BlockCache, BlocksWanderBetweenThreads) {
  std::vector<void*> blocks(1000);
  for (void*& block : blocks) std::memset(block = take_block(100), 1, 100);
  std::thread([&] {
    for (void* block : blocks) give_block(block, 100);
    for (void*& block : blocks) std::memset(block = take_block(100), 2, 100);
  }).join();
  for (void* block : blocks) {
    EXPECT_EQ(static_cast<char*>(block)[99], 2);
    give_block(block, 100);
  }
}

}  // namespace
}  // namespace athanor::base
