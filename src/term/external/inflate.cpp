// SPDX-License-Identifier: Apache-2.0
#include "term/external/inflate.hpp"

#include <zlib.h>

#include <algorithm>

namespace athanor::external {

bool inflate_exactly(const uint8_t* bytes, size_t count, size_t expected, std::string& out, size_t& used) {
  z_stream stream = {};
  if (inflateInit(&stream) != Z_OK) return false;
  out.clear();
  size_t fed = 0;
  int status = Z_OK;
  while (status == Z_OK) {
    if (stream.avail_in == 0 && fed < count) {
      auto chunk = static_cast<uInt>(std::min<size_t>(count - fed, 1u << 30));
      stream.next_in = const_cast<Bytef*>(bytes + fed);
      stream.avail_in = chunk;
      fed += chunk;
    }
    // One byte above what is expected, so that a longer stream is noticed.
    size_t have = out.size();
    size_t room = std::min(expected + 1 - have, std::max<size_t>(have, 1u << 16));
    if (room == 0) break;
    out.resize(have + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + have;
    stream.avail_out = static_cast<uInt>(std::min<size_t>(room, 1u << 30));
    size_t given = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    size_t written = given - stream.avail_out;
    out.resize(have + written);
    if (written == 0 && stream.avail_in == 0 && fed == count && status == Z_OK) break;
  }
  used = fed - stream.avail_in;
  inflateEnd(&stream);
  return status == Z_STREAM_END && out.size() == expected;
}

}  // namespace athanor::external
