// SPDX-License-Identifier: Apache-2.0
// Bounded reading of bytes. After a read too many `ok()` is false and all reads give 0.
#pragma once

#include <cstddef>
#include <cstdint>

#include "term/external/tags.hpp"
#include "term/term.hpp"

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
  // An integer of 8 or 32 bits or an empty list, if the next term is one and whole; else nothing is read.
  bool leaf(Term& value) {
    if (at_ == end_) return false;
    const uint8_t tag = at_[0];
    if (tag == static_cast<uint8_t>(Tag::SmallInteger)) {
      if (left() < 2) return false;
      value = Term::small(at_[1]);
      at_ += 2;
      return true;
    }
    if (tag == static_cast<uint8_t>(Tag::Integer)) {
      if (left() < 5) return false;
      value = Term::small(static_cast<int32_t>(load_word(at_ + 1)));
      at_ += 5;
      return true;
    }
    value = Term::nil();
    return nil();
  }
  // Passes over such leaves, `most` at most, but for those in the last bytes. How many they were.
  size_t skip_leaves(size_t most) {
    constexpr ptrdiff_t kLargest = 5;
    const uint8_t* at = at_;
    size_t count = 0;
    for (; count != most && end_ - at >= kLargest; ++count) {
      if (*at == static_cast<uint8_t>(Tag::Integer)) at += 5;
      else if (*at == static_cast<uint8_t>(Tag::SmallInteger)) at += 2;
      else if (*at == static_cast<uint8_t>(Tag::Nil)) at += 1;
      else break;
    }
    at_ = at;
    return count;
  }
  bool nil() {
    if (at_ == end_ || at_[0] != static_cast<uint8_t>(Tag::Nil)) return false;
    ++at_;
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
