// SPDX-License-Identifier: Apache-2.0
#include "heap/block.hpp"

#include <gtest/gtest.h>

#include "os/virtual_memory.hpp"

namespace athanor::heap {
namespace {

class Block : public ::testing::Test {
 protected:
  Block() { BlockStore::open(); }
  ~Block() { BlockStore::close(); }
  static Term* filled(size_t words) {
    Term* block = take_block(words);
    for (size_t i = 0; i < words; ++i) block[i] = Term::small(static_cast<int64_t>(i));
    return block;
  }
};
constexpr size_t kLarge = size_t{1} << 16;   // words

TEST_F(Block, SmallOnesAreNotMapped) {
  const int64_t before = os::mapped_bytes();
  Term* block = filled(100);
  EXPECT_EQ(os::mapped_bytes(), before);
  EXPECT_EQ(trim_block(block, 100, 50), 50u);
  give_block(block, 50);
  give_block(nullptr, 0);
  EXPECT_EQ(BlockStore::kept_bytes(), 0u);
}

#if ATH_CACHE_BLOCKS   // else every block is malloc's
TEST_F(Block, SmallOnesThatComeAndGoAreTakenAgain) {
  for (const size_t words : {size_t{233}, size_t{376}, size_t{610}}) {
    Term* first = filled(words);
    Term* second = filled(words);
    EXPECT_NE(first, second);
    give_block(first, words);
    give_block(second, words);
    EXPECT_EQ(take_block(words), second);
    EXPECT_EQ(take_block(words), first);
    for (size_t i = 0; i < words; ++i) first[i] = second[i] = Term::nil();
    give_block(first, words);
    // One that was much larger before would be wasted on such.
    Term* cut = filled(10 * words);
    give_block(cut, trim_block(cut, 10 * words, words));
    EXPECT_EQ(take_block(words), first);
    for (Term* block : {first, second}) give_block(block, words);
  }
}

TEST_F(Block, LargeOnesAreKeptUntilTheStoreIsDropped) {
  const int64_t before = os::mapped_bytes();
  Term* block = filled(kLarge);
  give_block(block, kLarge);
  EXPECT_EQ(BlockStore::kept_bytes(), kLarge * sizeof(Term));
  EXPECT_EQ(take_block(kLarge), block);
  EXPECT_EQ(BlockStore::kept_bytes(), 0u);
  give_block(block, kLarge);
  BlockStore::drop();
  EXPECT_EQ(BlockStore::kept_bytes(), 0u);
  EXPECT_EQ(os::mapped_bytes(), before);
}

TEST_F(Block, KeptOnesServeNeighbouringSizes) {
  const int64_t before = os::mapped_bytes();
  for (size_t wanted : {kLarge / 2 + 1, kLarge - 1, kLarge + 1, kLarge + kLarge / 2, 2 * kLarge, 3 * kLarge}) {
    give_block(filled(kLarge), kLarge);
    give_block(filled(wanted), wanted);   // each of its words can be written
    EXPECT_EQ(os::mapped_bytes(), before + static_cast<int64_t>(BlockStore::kept_bytes()));
    BlockStore::drop();
    EXPECT_EQ(os::mapped_bytes(), before);
  }
}

TEST_F(Block, TrimmedOnesStayMapped) {
  const int64_t before = os::mapped_bytes();
  Term* block = filled(8 * kLarge);
  const size_t words = trim_block(block, 8 * kLarge, 3 * kLarge);
  EXPECT_EQ(words, 3 * kLarge);
  EXPECT_EQ(os::mapped_bytes(), before + static_cast<int64_t>(words * sizeof(Term)));
  EXPECT_EQ(block[words - 1], Term::small(static_cast<int64_t>(words - 1)));
  EXPECT_EQ(trim_block(block, words, 10), kMappedWords);
  give_block(block, kMappedWords);
  BlockStore::drop();
  EXPECT_EQ(os::mapped_bytes(), before);
}
#endif

TEST_F(Block, KeepsNoMoreThanItMay) {
  const int64_t before = os::mapped_bytes();
  for (int round = 0; round < 3; ++round) {
    Term* blocks[20];
    for (Term*& block : blocks) block = take_block(kLarge);
    for (Term* block : blocks) give_block(block, kLarge);
    const size_t huge = size_t{5} << 20;   // words; more than is kept
    give_block(take_block(huge), huge);
    EXPECT_LE(BlockStore::kept_bytes(), size_t{32} << 20);
  }
  BlockStore::close();
  EXPECT_EQ(os::mapped_bytes(), before);
  give_block(take_block(kLarge), kLarge);
  EXPECT_EQ(BlockStore::kept_bytes(), 0u);
}

TEST_F(Block, ManySmallOnes) {
  Term* blocks[100];
  for (int round = 0; round < 3; ++round) {
    for (Term*& block : blocks) block = filled(233);
    for (size_t i = 0; i < 100; ++i) {
      for (size_t word = 0; word < 233; ++word) ASSERT_EQ(blocks[i][word], Term::small(static_cast<int64_t>(word)));
      give_block(blocks[i], 233);
    }
    if (round == 1) BlockStore::close();
  }
}

}  // namespace
}  // namespace athanor::heap
