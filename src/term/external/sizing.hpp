// SPDX-License-Identifier: Apache-2.0
// How many words a term will take, read off its bytes before it is built.
//
// The format puts each term in front of its parts, so that the walk needs no stack: it counts the terms still owed. What a head claims is believed
// as far as there is a byte for each part, as the decoder does: never more than kMostWordsPerByte, whatever the bytes say.
#pragma once

#include <cstddef>
#include <cstdint>

#include "term/external/reader.hpp"

namespace athanor::external {

class Sizing {
 public:
  static constexpr size_t kMostWordsPerByte = 3;

  Sizing(const uint8_t* bytes, size_t count) : in_(bytes, count) {}
  // True: complete. Lowers `budget` by about a unit for each four terms.
  bool step(int64_t& budget);
  // No less than the decoder takes where the bytes are good; up to the first fault where they are not.
  size_t words() const { return words_; }

 private:
  // Each is false where bytes are missing, and then has added nothing.
  bool term();
  bool atom();
  // The terms that are owed need their bytes behind these.
  bool skip(size_t bytes) { return in_.take(bytes) != nullptr && owed_ <= in_.left(); }
  bool box(size_t words, size_t bytes) {
    if (!skip(bytes)) return false;
    words_ += words;
    return true;
  }
  bool container(size_t words, size_t parts) {
    if (!in_.ok() || parts > in_.left() || owed_ > in_.left() - parts) return false;
    owed_ += parts;
    words_ += words;
    return true;
  }
  bool fun();

  Reader in_;
  size_t owed_ = 1;
  size_t words_ = 0;
};

}  // namespace athanor::external
