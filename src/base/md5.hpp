// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321): identity of modules, erlang:md5. Not for security.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::base {

// The whole state is these 88 bytes, so that it can be kept outside as bytes (erlang:md5_init/0).
struct Md5 {
  uint32_t state[4] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  uint64_t bits = 0;
  uint8_t pending[64] = {};   // the last bits / 8 % 64 bytes
  void update(const void* bytes, size_t count);
  void finish(uint8_t digest[16]);
};
static_assert(sizeof(Md5) == 88);

inline void md5(const void* bytes, size_t count, uint8_t digest[16]) {
  Md5 context;
  context.update(bytes, count);
  context.finish(digest);
}

}  // namespace athanor::base
