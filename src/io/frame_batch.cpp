// SPDX-License-Identifier: Apache-2.0
#include "io/frame_batch.hpp"

namespace athanor::io {

void FrameBatch::begin_frame() {
  frames_.push_back({flat_.size(), shared_.size(), 0});
  flat_.append(kHeaderRoom, '\0');
}

void FrameBatch::append_from(OffHeapBinary* binary, const uint8_t* bytes, size_t count) {
  if (binary == nullptr || count < kShareFrom) return append(bytes, count);
  binary->retain();
  shared_.push_back({flat_.size(), binary, {reinterpret_cast<const char*>(bytes), count}});
}

void FrameBatch::end_frame() {
  Frame& frame = frames_.back();
  frame.bytes = flat_.size() - frame.at - kHeaderRoom;
  for (size_t i = frame.shared; i < shared_.size(); ++i) frame.bytes += shared_[i].bytes.size();
  bytes_ += frame.bytes;
}

void FrameBatch::clear() {
  for (const Shared& shared : shared_) shared.binary->release();
  shared_.clear();
  frames_.clear();
  flat_.clear();
  bytes_ = 0;
}

std::string FrameBatch::frame(size_t index) const {
  std::string whole;
  whole.reserve(frames_[index].bytes);
  const bool is_last = index + 1 == frames_.size();
  size_t at = frames_[index].at + kHeaderRoom;
  for (size_t i = frames_[index].shared; i < (is_last ? shared_.size() : frames_[index + 1].shared); ++i) {
    whole.append(flat_, at, shared_[i].at - at);
    whole += shared_[i].bytes;
    at = shared_[i].at;
  }
  whole.append(flat_, at, (is_last ? flat_.size() : frames_[index + 1].at) - at);
  return whole;
}

void FrameBatch::put_headers(size_t header_bytes) {
  header_bytes_ = header_bytes;
  for (const Frame& frame : frames_) {
    for (size_t i = 0; i < header_bytes; ++i) {
      flat_[frame.at + kHeaderRoom - 1 - i] = static_cast<char>(i < sizeof(size_t) ? frame.bytes >> (8 * i) : 0);
    }
  }
}

}  // namespace athanor::io
