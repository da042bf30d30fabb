// SPDX-License-Identifier: Apache-2.0
#include "io/framing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace athanor::io {
namespace {

std::vector<std::string> feed(Framing& framing, std::initializer_list<std::string_view> chunks, bool finish = true) {
  std::vector<std::string> out;
  auto sink = [&](Framing::Piece piece, std::string_view data) {
    const char* tag = piece == Framing::Piece::Data ? "" : piece == Framing::Piece::Line ? "eol:" : "noeol:";
    out.push_back(tag + std::string(data));
  };
  for (std::string_view chunk : chunks) framing.feed(chunk, sink);
  if (finish) framing.finish(sink);
  return out;
}
using Strings = std::vector<std::string>;

TEST(Framing, StreamPassesWhatCame) {
  Framing framing(0, 0);
  EXPECT_EQ(feed(framing, {"abc", "", "d"}), (Strings{"abc", "d"}));
}

TEST(Framing, LinesAsTheStockMachineSplitsThem) {
  Framing framing(0, 4);
  std::string_view text("abcd\nx\r\ny\0z\n\nabcdefgh\n", 22);
  Strings expected{"eol:abcd", "eol:x", std::string("eol:y\0z", 7), "eol:", "noeol:abcd", "eol:efgh"};
  EXPECT_EQ(feed(framing, {text}), expected);
  Framing bytewise(0, 4);
  Strings got;
  auto sink = [&](Framing::Piece piece, std::string_view data) {
    got.push_back((piece == Framing::Piece::Line ? "eol:" : "noeol:") + std::string(data));
  };
  for (size_t i = 0; i < text.size(); ++i) bytewise.feed(text.substr(i, 1), sink);
  EXPECT_EQ(got, expected);
}

TEST(Framing, RestOfALineComesAtTheEnd) {
  Framing framing(0, 100);
  EXPECT_EQ(feed(framing, {"ab\nc"}), (Strings{"eol:ab", "noeol:c"}));
}

TEST(Framing, PacketsAcrossAnyChunks) {
  for (uint32_t bytes : {1u, 2u, 4u}) {
    Framing writer(bytes, 0);
    std::string wire;
    for (std::string_view packet : {"hello", "", "x"}) {
      ASSERT_TRUE(writer.header(packet.size(), wire));
      wire += packet;
    }
    for (size_t chunk = 1; chunk <= wire.size(); ++chunk) {
      Framing reader(bytes, 0);
      Strings got;
      auto sink = [&](Framing::Piece, std::string_view data) { got.emplace_back(data); };
      for (size_t at = 0; at < wire.size(); at += chunk) reader.feed(std::string_view(wire).substr(at, chunk), sink);
      EXPECT_EQ(got, (Strings{"hello", "", "x"})) << bytes << " byte headers in chunks of " << chunk;
    }
  }
}

TEST(Framing, IncompletePacketIsDropped) {
  Framing framing(1, 0);
  EXPECT_EQ(feed(framing, {std::string_view("\2abc\0\1", 6)}), (Strings{"ab"}));   // 'c' announces 99 bytes
}

TEST(Framing, HeaderRefusesWhatDoesNotFit) {
  std::string out;
  EXPECT_FALSE(Framing(1, 0).header(256, out));
  EXPECT_FALSE(Framing(2, 0).header(65536, out));
  EXPECT_TRUE(Framing(2, 0).header(65535, out));
  EXPECT_EQ(out, "\xff\xff");
}

}  // namespace
}  // namespace athanor::io
