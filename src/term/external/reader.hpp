// SPDX-License-Identifier: Apache-2.0
// Bounded reading of bytes. After a read too many `ok()` is false and all reads give 0.
#pragma once

#include <cstddef>
#include <cstdint>

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
  uint8_t byte() { return static_cast<uint8_t>(big_endian(1)); }
  uint32_t word() { return static_cast<uint32_t>(big_endian(4)); }

 private:
  const uint8_t* start_;
  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace athanor::external
