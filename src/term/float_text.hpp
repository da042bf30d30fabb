// SPDX-License-Identifier: Apache-2.0
// Floats as text and back, as the natives of module erlang need them. Independent of the locale.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace athanor::float_text {

// list_to_float: [+-]digits.digits[e[+-]digits]; false: no such text, or too large.
bool parse(std::string_view text, double& value);

constexpr int kDefaultDecimals = 20;
constexpr size_t kMaxText = 255;  // OTP: longer texts are badarg

// What a float is written to: nothing is allocated.
class Text {
 public:
  std::string_view view() const { return {bytes_, size_}; }
  size_t size() const { return size_; }
  void push(char c) { bytes_[size_++] = c; }
  void append(std::string_view more) {
    std::memcpy(bytes_ + size_, more.data(), more.size());
    size_ += more.size();
  }
  void fill(size_t count, char c) {
    std::memset(bytes_ + size_, c, count);
    size_ += count;
  }
  // As std::to_chars.
  template <class... How>
  void number(How... how) {
    size_ = static_cast<size_t>(std::to_chars(bytes_ + size_, bytes_ + sizeof bytes_, how...).ptr - bytes_);
  }
  void strip_zeros();   // that are the last of a fraction, but one

 private:
  char bytes_[1500];    // 309 digits, the point, precision (at most 1000), exponent
  size_t size_ = 0;
};

// Each writes to an empty text. "%.*e". false: more than kMaxText characters, or decimals < 0.
bool scientific(double value, int64_t decimals, Text& text);
// {decimals, N}; compact: without trailing zeros.
bool fixed(double value, int64_t decimals, bool compact, Text& text);
// The shortest that reads back, as ~w prints it.
void shortest(double value, Text& text);

}  // namespace athanor::float_text
