// SPDX-License-Identifier: Apache-2.0
// Bitstrings: heap binaries (up to kHeapBinaryMax bytes), off-heap ones by reference, sub-binaries and match contexts.
#pragma once

#include <cstdint>
#include <string_view>

#include "term/allocator.hpp"
#include "term/boxed.hpp"

namespace athanor::binary {

constexpr size_t kHeapBinaryMax = 64;
constexpr size_t kSubBinaryWords = 5;
constexpr size_t kBinaryRefWords = 6;
constexpr size_t kMatchContextWords = 5;
constexpr size_t heap_binary_words(size_t bytes) { return 2 + (bytes + 7) / 8; }

// A view of the bits of any bitstring term or match context's rest. Valid until the next safepoint.
struct Bits {
  const uint8_t* bytes = nullptr;  // first byte touched
  uint64_t bit_offset = 0;         // 0..7 into it for bitstrings; may be larger in match contexts
  uint64_t bit_size = 0;
  bool is_whole_bytes() const { return bit_size % 8 == 0; }
  bool is_aligned() const { return bit_offset % 8 == 0; }
};
Bits bits_of(Term bitstring);
uint64_t bit_size(Term bitstring);
inline bool is_binary(Term t) { return is_bitstring(t) && bit_size(t) % 8 == 0; }
// Bytes of a whole-byte binary, aligned: points into it, or copies into `scratch` (resized) when it starts inside a byte.
class Scratch;  // std::string-like, see bytes_of
std::string_view bytes_of(Term binary, class Scratch& scratch);
class Scratch {
 public:
  ~Scratch();
  uint8_t* reserve(size_t bytes);
 private:
  uint8_t* memory_ = nullptr;
};

Term from_bytes(Allocator& heap, const void* bytes, size_t count);   // copies; heap or off-heap by size
inline Term from_text(Allocator& heap, std::string_view text) { return from_bytes(heap, text.data(), text.size()); }
// Out of memory ends the program, or is told by none(): for sizes that a program asks for.
Term make_uninitialised(Allocator& heap, size_t bytes, uint8_t** data);
Term make_uninitialised_or_none(Allocator& heap, size_t bytes, uint8_t** data);
Term from_off_heap(Allocator& heap, OffHeapBinary* binary, size_t bytes);  // takes over one count
Term from_bits(Allocator& heap, const uint8_t* bytes, uint64_t bit_offset, uint64_t bit_size);  // copies, left-aligned
// A part of `bitstring`, sharing its bytes (offsets in bits, relative to its start). The base of a sub-binary is never itself a sub-binary.
Term part(Allocator& heap, Term bitstring, uint64_t bit_offset, uint64_t bit_size);

void copy_bits(const uint8_t* from, uint64_t from_bit, uint8_t* to, uint64_t to_bit, uint64_t bits);  // keeps the other bits of `to`
int compare(Term a, Term b);   // by bits, then by length
bool equal(Term a, Term b);

}  // namespace athanor::binary
