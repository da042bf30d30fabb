// SPDX-License-Identifier: Apache-2.0
// UTF-8 as natives need it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::bif {

// Well-formed, without surrogates, up to U+10FFFF. In unicode.cpp.
bool is_valid_utf8(const uint8_t* bytes, size_t size);

}  // namespace athanor::bif
