// SPDX-License-Identifier: Apache-2.0
#include "base/kept_memory.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace athanor::base {
namespace {

using Kept = KeptMemory<3, 100>;

TEST(KeptMemory, TheOldestMakeRoom) {
  Kept kept{};
  char places[5];
  std::vector<void*> gone;
  const auto give_back = [&](Kept::Piece piece) { gone.push_back(piece.place); };
  for (int i = 0; i < 3; ++i) kept.add(&places[i], 30, give_back);
  EXPECT_TRUE(gone.empty());
  EXPECT_EQ(kept.bytes, 90u);
  kept.add(&places[3], 10, give_back);   // there are three already
  EXPECT_EQ(gone, std::vector<void*>({&places[0]}));
  kept.add(&places[4], 95, give_back);   // nothing else beside so many bytes
  EXPECT_EQ(gone, std::vector<void*>({&places[0], &places[1], &places[2], &places[3]}));
  EXPECT_EQ(kept.count, 1u);
  EXPECT_EQ(kept.bytes, 95u);
  EXPECT_TRUE(Kept::may_keep(100));
  EXPECT_FALSE(Kept::may_keep(101));
}

TEST(KeptMemory, OneIsTakenFromTheMiddleAndTheRestDropped) {
  Kept kept{};
  char places[3];
  std::vector<void*> gone;
  const auto give_back = [&](Kept::Piece piece) { gone.push_back(piece.place); };
  for (char& place : places) kept.add(&place, 10, give_back);
  EXPECT_EQ(kept.remove(1).place, &places[1]);
  EXPECT_EQ(kept.bytes, 20u);
  kept.drop(give_back);
  EXPECT_EQ(gone, std::vector<void*>({&places[0], &places[2]}));
  EXPECT_EQ(kept.count + kept.bytes, 0u);
}

}  // namespace
}  // namespace athanor::base
