// SPDX-License-Identifier: Apache-2.0
// Frames that go out together, in one gathering write: heads and small bodies lie flat, bytes of large binaries are shared.
//
//   flat_:   [room|head|body][room|head|…       …][room|head|body]      room: for the packet header, whose size the driver knows
//   shared_:                             ^ bytes of a binary that stand here
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_queue.hpp"

namespace athanor::io {

class FrameBatch {
 public:
  FrameBatch() = default;
  ~FrameBatch() { clear(); }
  FrameBatch(const FrameBatch&) = delete;
  FrameBatch& operator=(const FrameBatch&) = delete;

  // --- filling: begin, any number of pieces, end ---
  void begin_frame();
  std::string& flat() { return flat_; }   // to append to
  // Bytes that live in `binary`: shared where that is worth it, else copied.
  void append_from(OffHeapBinary* binary, const uint8_t* bytes, size_t count);
  void append(const void* bytes, size_t count) { flat_.append(static_cast<const char*>(bytes), count); }
  void end_frame();
  void clear();

  size_t count() const { return frames_.size(); }
  bool is_empty() const { return frames_.empty(); }
  size_t bytes() const { return bytes_; }                 // of all frames
  size_t bytes_of(size_t frame) const { return frames_[frame].bytes; }
  std::string frame(size_t index) const;                  // as one string, without a header

  // Writes each frame's length, big endian in `header_bytes` (0 to kHeaderRoom), in front of it; then the pieces are complete.
  void put_headers(size_t header_bytes);
  // All bytes in order: visit(bytes, binary), null: flat, which lasts as long as the batch.
  template <class Visit>
  void each_piece(Visit visit) const;

  static constexpr size_t kHeaderRoom = 4;

 private:
  static constexpr size_t kShareFrom = 4096;   // to copy less than that costs no more than a piece of its own
  struct Frame {
    size_t at;         // of its room in flat_
    size_t shared;     // its first in shared_
    size_t bytes;
  };
  struct Shared {
    size_t at;         // what of flat_ comes before it
    OffHeapBinary* binary;
    std::string_view bytes;
  };
  std::string flat_;
  std::vector<Frame> frames_;
  std::vector<Shared> shared_;
  size_t bytes_ = 0, header_bytes_ = 0;
};

template <class Visit>
void FrameBatch::each_piece(Visit visit) const {
  size_t begin = 0, end = 0;   // of flat_, not yet visited
  const auto pour = [&] {
    if (begin != end) visit(std::string_view(flat_).substr(begin, end - begin), static_cast<OffHeapBinary*>(nullptr));
  };
  for (size_t i = 0; i < frames_.size(); ++i) {
    const size_t first = frames_[i].at + kHeaderRoom - header_bytes_;
    if (first != end) {
      pour();
      begin = first;
    }
    const bool is_last = i + 1 == frames_.size();
    const size_t shared_end = is_last ? shared_.size() : frames_[i + 1].shared;
    for (size_t s = frames_[i].shared; s < shared_end; ++s) {
      end = shared_[s].at;
      pour();
      begin = end;
      visit(shared_[s].bytes, shared_[s].binary);
    }
    end = is_last ? flat_.size() : frames_[i + 1].at;
  }
  pour();
}

}  // namespace athanor::io
