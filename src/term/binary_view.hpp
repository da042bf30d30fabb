// SPDX-License-Identifier: Apache-2.0
// binary::bits_of and bit_size in line for what most binaries are, where many short ones are looked at.
#pragma once

#include "term/binary.hpp"

namespace athanor::binary {

inline Bits view_of(Term bitstring) {
  const Term* box = bitstring.pointer();
  const BoxedKind kind = header_kind(box->raw);
  if (kind == BoxedKind::HeapBinary) return {reinterpret_cast<const uint8_t*>(box + 2), 0, box[1].raw * 8};
  if (kind == BoxedKind::BinaryRef) return {reinterpret_cast<const uint8_t*>(box[4].raw), 0, box[1].raw * 8};
  return bits_of(bitstring);
}
inline uint64_t size_of(Term bitstring) {
  const Term* box = bitstring.pointer();
  const BoxedKind kind = header_kind(box->raw);
  return kind == BoxedKind::HeapBinary || kind == BoxedKind::BinaryRef ? box[1].raw * 8 : bit_size(bitstring);
}

}  // namespace athanor::binary
