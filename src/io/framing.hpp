// SPDX-License-Identifier: Apache-2.0
// How the bytes that a port reads become messages: a stream as it comes, packets with a length in front, or lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace athanor::io {

class Framing {
 public:
  enum class Piece : uint8_t { Data, Line, PartOfLine };   // {data,D}, {data,{eol,D}}, {data,{noeol,D}}
  using Sink = std::function<void(Piece, std::string_view)>;

  // packet_bytes: 0, 1, 2, 4; line_length: 0 or the longest line. Not both.
  Framing(uint32_t packet_bytes, uint32_t line_length) : packet_bytes_(packet_bytes), line_length_(line_length) {}
  void feed(std::string_view bytes, const Sink& sink);
  void finish(const Sink& sink);   // at the end: the rest of a line; an incomplete packet is dropped
  // The header of an outgoing packet. False: too long for its field.
  bool header(size_t bytes, std::string& out) const;

 private:
  void feed_packets(std::string_view bytes, const Sink& sink);
  void feed_lines(std::string_view bytes, const Sink& sink);
  uint32_t packet_bytes_, line_length_;
  std::string pending_;   // begun packet or line; grows with what arrives, never by what a header claims
};

}  // namespace athanor::io
