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
