// SPDX-License-Identifier: Apache-2.0
#include "term/external/inflate.hpp"

#include <algorithm>

namespace athanor::external {

namespace {
constexpr size_t kStepBytes = size_t{1} << 16;
}

bool Inflation::step() {
  if (status_ != Z_OK) return true;
  if (stream_.avail_in == 0 && fed_ < count_) {
    const auto chunk = static_cast<uInt>(std::min<size_t>(count_ - fed_, 1u << 30));
    stream_.next_in = const_cast<Bytef*>(bytes_ + fed_);
    stream_.avail_in = chunk;
    fed_ += chunk;
  }
  // One byte above what is expected, so that a longer stream is noticed.
  const size_t have = out_.size(), room = std::min(expected_ + 1 - have, kStepBytes);
  if (room == 0) return true;
  out_.resize(have + room);
  stream_.next_out = reinterpret_cast<Bytef*>(out_.data()) + have;
  stream_.avail_out = static_cast<uInt>(room);
  status_ = inflate(&stream_, Z_NO_FLUSH);
  const size_t written = room - stream_.avail_out;
  out_.resize(have + written);
  const bool is_stuck = written == 0 && stream_.avail_in == 0 && fed_ == count_;
  return status_ != Z_OK || is_stuck;
}

}  // namespace athanor::external
