// SPDX-License-Identifier: Apache-2.0
// Bounded reading of bytes. After a read too many `ok()` is false and all reads give 0.
#pragma once

#include <cstddef>
#include <cstdint>

#include "term/external/tags.hpp"

namespace athanor::external {

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t count) : start_(bytes), at_(bytes), end_(bytes + count) {}
  bool ok() const { return ok_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  size_t used() const { return static_cast<size_t>(at_ - start_); }
  int peek() const { return at_ == end_ ? -1 : *at_; }
  const uint8_t* take(size_t count) {  // null where there are fewer
    if (count > left()) {
      ok_ = false;
      at_ = end_;
      return nullptr;
    }
    const uint8_t* taken = at_;
    at_ += count;
    return taken;
  }
  uint64_t big_endian(size_t count) {
    const uint8_t* bytes = take(count);
    uint64_t value = 0;
    for (size_t i = 0; bytes != nullptr && i < count; ++i) value = value << 8 | bytes[i];
    return value;
  }
  uint8_t byte() {
    const uint8_t* byte = take(1);
    return byte == nullptr ? uint8_t{0} : *byte;
  }
  uint32_t word() {
    const uint8_t* bytes = take(4);
    return bytes == nullptr ? 0 : load_word(bytes);
  }
  // An integer of 8 or 32 bits, if the next term is one and whole; else nothing is read.
  bool integer(int64_t& value) {
    if (left() < 2) return false;
    if (at_[0] == static_cast<uint8_t>(Tag::SmallInteger)) {
      value = at_[1];
      at_ += 2;
      return true;
    }
    if (at_[0] != static_cast<uint8_t>(Tag::Integer) || left() < 5) return false;
    value = static_cast<int32_t>(load_word(at_ + 1));
    at_ += 5;
    return true;
  }

 private:
  static uint32_t load_word(const uint8_t* bytes) { return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3]; }

  const uint8_t* start_;
  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace athanor::external
