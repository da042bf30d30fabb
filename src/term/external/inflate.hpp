// SPDX-License-Identifier: Apache-2.0
// Unpacking of compressed terms.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace athanor::external {

// Unpacks a zlib stream that must give exactly `expected` bytes, in steps; memory grows with what really comes.
class Inflation {
 public:
  Inflation(const uint8_t* bytes, size_t count, size_t expected) : bytes_(bytes), count_(count), expected_(expected) {
    is_open_ = inflateInit(&stream_) == Z_OK;
    status_ = is_open_ ? Z_OK : Z_MEM_ERROR;
  }
  ~Inflation() {
    if (is_open_) inflateEnd(&stream_);
  }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;
  // True: complete, well or not.
  bool step();
  bool is_good() const { return status_ == Z_STREAM_END && out_.size() == expected_; }
  const std::string& bytes() const { return out_; }
  size_t used() const { return fed_ - stream_.avail_in; }   // bytes read

 private:
  const uint8_t* bytes_;
  size_t count_, expected_, fed_ = 0;
  z_stream stream_ = {};
  bool is_open_;
  int status_;
  std::string out_;
};

}  // namespace athanor::external
