// SPDX-License-Identifier: Apache-2.0
#include "io/byte_queue.hpp"

#include <gtest/gtest.h>

namespace athanor::io {
namespace {

std::string take(ByteQueue& queue, size_t bytes) {
  std::string out(bytes, '\0');
  queue.read(reinterpret_cast<uint8_t*>(out.data()), bytes);
  return out;
}

TEST(ByteQueue, KeepsOrderAcrossPieces) {
  ByteQueue queue;
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    std::string piece(static_cast<size_t>(i * 7 % 97), static_cast<char>('a' + i % 26));
    queue.append(piece);
    all += piece;
    if (i % 5 == 0) {
      size_t bytes = std::min<size_t>(queue.size(), 60);
      EXPECT_EQ(take(queue, bytes), all.substr(0, bytes));
      all.erase(0, bytes);
    }
  }
  EXPECT_EQ(queue.size(), all.size());
  EXPECT_EQ(take(queue, all.size()), all);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(ByteQueue, FindsBytesAndSkips) {
  ByteQueue queue;
  queue.append("abc");
  queue.append(std::string(5000, 'x') + "\ny");
  EXPECT_EQ(queue.find('\n'), 5003);
  EXPECT_EQ(queue.find('z'), -1);
  queue.skip(5004);
  EXPECT_EQ(queue.find('y'), 0);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(ByteQueue, PiecesCoverAll) {
  ByteQueue queue;
  queue.append(std::string(10000, 'a'));
  queue.append(std::string(10000, 'b'));
  struct iovec parts[16];
  int count = queue.pieces(parts, 16);
  size_t bytes = 0;
  for (int i = 0; i < count; ++i) bytes += parts[i].iov_len;
  EXPECT_EQ(bytes, 20000u);
}

}  // namespace
}  // namespace athanor::io
