// SPDX-License-Identifier: Apache-2.0
#include "io/framing.hpp"

#include <algorithm>

namespace athanor::io {

void Framing::feed(std::string_view bytes, const Sink& sink) {
  if (packet_bytes_ != 0) feed_packets(bytes, sink);
  else if (line_length_ != 0) feed_lines(bytes, sink);
  else if (!bytes.empty()) sink(Piece::Data, bytes);
}

static uint64_t read_length(std::string_view bytes, uint32_t count) {
  uint64_t length = 0;
  for (uint32_t i = 0; i < count; ++i) length = length << 8 | static_cast<uint8_t>(bytes[i]);
  return length;
}

void Framing::feed_packets(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (pending_.empty()) {   // whole packets straight from the input
      while (bytes.size() >= packet_bytes_) {
        uint64_t length = read_length(bytes, packet_bytes_);
        if (bytes.size() - packet_bytes_ < length) break;
        sink(Piece::Data, bytes.substr(packet_bytes_, length));
        bytes.remove_prefix(packet_bytes_ + length);
      }
      pending_ = bytes;
      return;
    }
    if (pending_.size() < packet_bytes_) {
      size_t part = std::min<size_t>(packet_bytes_ - pending_.size(), bytes.size());
      pending_.append(bytes.substr(0, part));
      bytes.remove_prefix(part);
      if (pending_.size() < packet_bytes_) return;
    }
    uint64_t whole = packet_bytes_ + read_length(pending_, packet_bytes_);
    size_t part = std::min<uint64_t>(whole - pending_.size(), bytes.size());
    pending_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
    if (pending_.size() < whole) return;
    std::string packet;
    packet.swap(pending_);
    sink(Piece::Data, std::string_view(packet).substr(packet_bytes_));
  }
}

void Framing::feed_lines(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    size_t end = bytes.find('\n');
    size_t room = line_length_ - pending_.size();
    size_t length = end == std::string_view::npos ? bytes.size() : end;
    if (length > room) {
      pending_.append(bytes.substr(0, room));
      bytes.remove_prefix(room);
      sink(Piece::PartOfLine, pending_);
      pending_.clear();
      continue;
    }
    pending_.append(bytes.substr(0, length));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    if (!pending_.empty() && pending_.back() == '\r') pending_.pop_back();   // OTP: the end of a line may be CR LF
    sink(Piece::Line, pending_);
    pending_.clear();
  }
}

void Framing::finish(const Sink& sink) {
  if (line_length_ != 0 && !pending_.empty()) sink(Piece::PartOfLine, pending_);
  pending_.clear();
}

bool Framing::header(size_t bytes, std::string& out) const {
  if (packet_bytes_ == 0) return true;
  if (packet_bytes_ < 8 && bytes >> (8 * packet_bytes_) != 0) return false;
  for (uint32_t i = packet_bytes_; i-- > 0;) out += static_cast<char>(bytes >> (8 * i));
  return true;
}

}  // namespace athanor::io
