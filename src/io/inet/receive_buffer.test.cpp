// SPDX-License-Identifier: Apache-2.0
#include "io/inet/receive_buffer.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace athanor::io::inet {
namespace {

// As read(2) would: at most `text`, as much as there is place for. How many bytes.
size_t read_into(ReceiveBuffer& buffer, std::string_view text, size_t wanted) {
  auto [place, bytes] = buffer.place(wanted);
  size_t count = std::min(bytes, text.size());
  std::memcpy(place, text.data(), count);
  buffer.filled(count);
  return count;
}

std::string_view waiting(const ReceiveBuffer& buffer) { return buffer.exists() ? buffer.piece(0, buffer.size()).view() : std::string_view(); }

TEST(ReceiveBuffer, HoldsNothingWhenAllIsTold) {
  ReceiveBuffer buffer;
  EXPECT_FALSE(buffer.exists());
  buffer.begin(100);
  read_into(buffer, "abc", 100);
  buffer.consume(2);
  EXPECT_EQ(waiting(buffer), "c");
  buffer.consume(1);
  EXPECT_FALSE(buffer.exists());
}

TEST(ReceiveBuffer, LeavesAloneWhatAMessageShares) {
  ReceiveBuffer buffer;
  buffer.begin(8);
  read_into(buffer, "abcdefgh", 8);
  OffHeapBinary* shared = buffer.piece(0, 6).bytes;
  shared->retain();
  buffer.consume(6);
  buffer.expect(8);
  read_into(buffer, "ijklmn", 6);
  EXPECT_EQ(waiting(buffer), "ghijklmn");
  EXPECT_EQ(std::memcmp(shared->data(), "abcdefgh", 8), 0);
  shared->release();
}

TEST(ReceiveBuffer, GrowsWithWhatComesNotWithWhatIsClaimed) {
  ReceiveBuffer buffer;
  buffer.begin(1460);
  std::string head(1000, 'x');
  read_into(buffer, head, 1460);
  const size_t claimed = size_t{1} << 30;
  buffer.expect(claimed);
  EXPECT_EQ(buffer.limit(), claimed);
  std::string all = head;
  for (int i = 0; i < 200; ++i) {
    std::string piece(1000, static_cast<char>('a' + i % 26));
    ASSERT_EQ(read_into(buffer, piece, claimed - buffer.size()), piece.size());
    all += piece;
    EXPECT_LE(buffer.piece(0, 1).bytes->capacity, std::max<size_t>(2 * (buffer.size() + (16 << 10)), 3 * (64 << 10)));
  }
  EXPECT_EQ(waiting(buffer), all);
}

TEST(ReceiveBuffer, TakesBytesBack) {
  ReceiveBuffer buffer;
  buffer.push_front("world");
  buffer.push_front("hello ");
  EXPECT_EQ(waiting(buffer), "hello world");
  buffer.consume(6);
  buffer.push_front("new ");    // there is room in front
  EXPECT_EQ(waiting(buffer), "new world");
  buffer.push_front("a longer piece than was told; ");
  EXPECT_EQ(waiting(buffer), "a longer piece than was told; new world");
}

}  // namespace
}  // namespace athanor::io::inet
