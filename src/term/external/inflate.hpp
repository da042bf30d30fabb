// SPDX-License-Identifier: Apache-2.0
// Unpacking of compressed terms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace athanor::external {

// Unpacks a zlib stream that must give exactly `expected` bytes; memory grows with what really comes. `used`: bytes read.
bool inflate_exactly(const uint8_t* bytes, size_t count, size_t expected, std::string& out, size_t& used);

}  // namespace athanor::external
