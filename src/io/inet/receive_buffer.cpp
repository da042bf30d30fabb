// SPDX-License-Identifier: Apache-2.0
#include "io/inet/receive_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace athanor::io::inet {

static constexpr size_t kTrusted = 64 << 10;      // so much is reserved because a header says so
static constexpr size_t kWorthwhile = 16 << 10;   // room for one read

void ReceiveBuffer::clear() {
  if (bytes_ != nullptr) bytes_->release();
  bytes_ = nullptr;
  begin_ = end_ = limit_ = 0;
}

void ReceiveBuffer::begin(size_t limit) {
  bytes_ = OffHeapBinary::create(std::min(limit, kTrusted));
  begin_ = end_ = 0;
  limit_ = limit;
}

void ReceiveBuffer::begin_whole(size_t limit) {
  bytes_ = OffHeapBinary::create(limit);
  begin_ = end_ = 0;
  limit_ = limit;
}

void ReceiveBuffer::restart() {
  if (begin_ == 0 && !is_shared()) return;
  if (is_shared()) {
    OffHeapBinary* fresh = OffHeapBinary::create(std::max(std::min(limit_, kTrusted), size()));
    std::memcpy(fresh->data(), data(), size());
    bytes_->release();
    bytes_ = fresh;
  } else {
    std::memmove(bytes_->data(), data(), size());
  }
  end_ -= begin_;
  begin_ = 0;
}

void ReceiveBuffer::expect(size_t bytes) {
  restart();
  limit_ = std::max(limit_, bytes);
}

std::pair<uint8_t*, size_t> ReceiveBuffer::place(size_t wanted) {
  if (is_shared() || end_ + std::min(wanted, kTrusted) > bytes_->capacity) restart();
  if (bytes_->capacity - end_ < std::min(wanted, kWorthwhile)) {
    // Twice what is there, or what is trusted; no more than is wanted.
    size_t grown = std::max(2 * bytes_->capacity, end_ + std::min(wanted, kTrusted));
    bytes_ = OffHeapBinary::reallocate(bytes_, std::min(grown, end_ + wanted));
  }
  return {bytes_->data() + end_, std::min(wanted, bytes_->capacity - end_)};
}

void ReceiveBuffer::push_front(std::string_view bytes) {
  if (!exists()) begin(std::max<size_t>(bytes.size(), 1));
  if (bytes.size() <= begin_ && !is_shared()) {
    begin_ -= bytes.size();
    std::memcpy(bytes_->data() + begin_, bytes.data(), bytes.size());
    return;
  }
  OffHeapBinary* fresh = OffHeapBinary::create(bytes.size() + std::max(size(), size_t{1}));
  std::memcpy(fresh->data(), bytes.data(), bytes.size());
  std::memcpy(fresh->data() + bytes.size(), data(), size());
  end_ = bytes.size() + size();
  begin_ = 0;
  limit_ = std::max(limit_, end_);
  bytes_->release();
  bytes_ = fresh;
}

void ReceiveBuffer::fit() {
  if (!is_shared() && end_ * 4 < bytes_->capacity * 3) bytes_ = OffHeapBinary::reallocate(bytes_, end_);
}

void ReceiveBuffer::consume(size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) clear();
}

}  // namespace athanor::io::inet
