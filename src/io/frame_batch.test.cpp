// SPDX-License-Identifier: Apache-2.0
#include "io/frame_batch.hpp"

#include <gtest/gtest.h>

namespace athanor::io {
namespace {

std::string all(const FrameBatch& batch, size_t* pieces = nullptr) {
  std::string out;
  batch.each_piece([&](std::string_view bytes, OffHeapBinary*) {
    out += bytes;
    if (pieces != nullptr) ++*pieces;
  });
  return out;
}

void add(FrameBatch& batch, std::string_view text) {
  batch.begin_frame();
  batch.append(text.data(), text.size());
  batch.end_frame();
}

TEST(FrameBatch, SmallFramesAreOnePieceWithTheirHeaders) {
  FrameBatch batch;
  add(batch, "one");
  add(batch, "");
  add(batch, "three");
  batch.put_headers(4);
  size_t pieces = 0;
  EXPECT_EQ(all(batch, &pieces), std::string("\0\0\0\3one\0\0\0\0\0\0\0\5three", 20));
  EXPECT_EQ(pieces, 1u);
  EXPECT_EQ(batch.bytes(), 8u);
}

TEST(FrameBatch, ShorterHeadersLeaveNoGaps) {
  for (size_t header : {0, 1, 2}) {
    FrameBatch batch;
    add(batch, "one");
    add(batch, "");
    add(batch, "three");
    batch.put_headers(header);
    std::string expected;
    for (std::string text : {"one", "", "three"}) {
      std::string length(header, '\0');
      if (header != 0) length.back() = static_cast<char>(text.size());
      expected += length + text;
    }
    EXPECT_EQ(all(batch), expected) << header;
  }
}

TEST(FrameBatch, LargeBinariesAreSharedInTheirPlaces) {
  OffHeapBinary* large = OffHeapBinary::create(100'000);
  for (size_t i = 0; i < 100'000; ++i) large->data()[i] = static_cast<uint8_t>(i * 7);
  const std::string_view whole(reinterpret_cast<const char*>(large->data()), 100'000);
  {
    FrameBatch batch;
    add(batch, "first");
    batch.begin_frame();
    batch.append("[", 1);
    batch.append_from(large, large->data() + 10, 50'000);
    batch.append_from(large, large->data(), 3);               // too short to be shared
    batch.append_from(large, large->data() + 60'000, 40'000);
    batch.append("]", 1);
    batch.end_frame();
    batch.begin_frame();
    batch.append_from(large, large->data(), 100'000);         // the last bytes of a frame, and its first
    batch.end_frame();
    add(batch, "last");
    EXPECT_EQ(large->references.load(), 4u);
    const std::string second = "[" + std::string(whole.substr(10, 50'000)) + std::string(whole.substr(0, 3)) + std::string(whole.substr(60'000)) + "]";
    EXPECT_EQ(batch.frame(0), "first");
    EXPECT_EQ(batch.frame(1), second);
    EXPECT_EQ(batch.frame(2), whole);
    EXPECT_EQ(batch.frame(3), "last");
    batch.put_headers(4);
    std::string expected;
    for (size_t i = 0; i < batch.count(); ++i) {
      EXPECT_EQ(batch.bytes_of(i), batch.frame(i).size());
      for (int shift = 24; shift >= 0; shift -= 8) expected += static_cast<char>(batch.bytes_of(i) >> shift);
      expected += batch.frame(i);
    }
    EXPECT_EQ(all(batch), expected);
    batch.clear();
    EXPECT_EQ(large->references.load(), 1u);
    EXPECT_TRUE(batch.is_empty());
    add(batch, "again");
    EXPECT_EQ(batch.frame(0), "again");
  }
  large->release();
}

}  // namespace
}  // namespace athanor::io
