// SPDX-License-Identifier: Apache-2.0
// Bitstrings: making them, looking at their bits, cutting and comparing. What moves single bits is in bit_copy.cpp.
#include "term/binary.hpp"

#include <cstdlib>
#include <cstring>

namespace athanor::binary {

Bits bits_of(Term t) {
  const Term* box = t.pointer();
  switch (header_kind(box->raw)) {
    case BoxedKind::HeapBinary:
      return {reinterpret_cast<const uint8_t*>(box + 2), 0, box[1].raw * 8};
    case BoxedKind::BinaryRef:
      return {reinterpret_cast<const uint8_t*>(box[4].raw), 0, box[1].raw * 8};
    case BoxedKind::SubBinary: {
      const Term* base = box[4].pointer();
      const uint8_t* bytes = header_kind(base->raw) == BoxedKind::HeapBinary
                                 ? reinterpret_cast<const uint8_t*>(base + 2)
                                 : reinterpret_cast<const uint8_t*>(base[4].raw);
      return {bytes + box[2].raw, box[3].raw & 0xFF, box[1].raw * 8 + ((box[3].raw >> 8) & 0xFF)};
    }
    case BoxedKind::MatchContext:
      return {reinterpret_cast<const uint8_t*>(box[3].raw), box[1].raw, box[2].raw - box[1].raw};
    default:
      ATH_ASSERT(!"bits_of: not a bitstring");
      return {};
  }
}

uint64_t bit_size(Term t) {
  const Term* box = t.pointer();
  switch (header_kind(box->raw)) {
    case BoxedKind::SubBinary: return box[1].raw * 8 + ((box[3].raw >> 8) & 0xFF);
    case BoxedKind::MatchContext: return box[2].raw - box[1].raw;
    default: return box[1].raw * 8;
  }
}

Scratch::~Scratch() { std::free(memory_); }

uint8_t* Scratch::reserve(size_t bytes) {
  auto* memory = static_cast<uint8_t*>(std::realloc(memory_, bytes == 0 ? 1 : bytes));
  ATH_ASSERT(memory != nullptr);
  return memory_ = memory;
}

std::string_view bytes_of(Term binary, Scratch& scratch) {
  Bits bits = bits_of(binary);
  size_t count = bits.bit_size / 8;
  if (bits.is_aligned()) return {reinterpret_cast<const char*>(bits.bytes + bits.bit_offset / 8), count};
  uint8_t* copy = scratch.reserve(count);
  copy_bits(bits.bytes, bits.bit_offset, copy, 0, count * 8);
  return {reinterpret_cast<const char*>(copy), count};
}

Term from_off_heap(Allocator& heap, OffHeapBinary* binary, size_t bytes) {
  Term* box = heap.allocate(kBinaryRefWords);
  OffHeapList& list = heap.off_heap();
  box[0].raw = make_header(BoxedKind::BinaryRef, kBinaryRefWords - 1);
  box[1].raw = bytes;
  box[2].raw = reinterpret_cast<Word>(list.first);
  box[3].raw = reinterpret_cast<Word>(binary);
  box[4].raw = reinterpret_cast<Word>(binary->data());
  box[5].raw = 0;
  list.first = box;
  list.bytes += binary->capacity;
  return Term::boxed(box);
}

namespace {

Term around(Allocator& heap, OffHeapBinary* binary, size_t bytes, uint8_t** data) {
  if (binary == nullptr) return Term::none();
  *data = binary->data();
  return from_off_heap(heap, binary, bytes);
}

}  // namespace

Term make_uninitialised_or_none(Allocator& heap, size_t bytes, uint8_t** data) {
  if (bytes > kHeapBinaryMax) return around(heap, OffHeapBinary::create_or_null(bytes), bytes, data);
  return make_uninitialised(heap, bytes, data);
}

Term make_uninitialised(Allocator& heap, size_t bytes, uint8_t** data) {
  if (bytes > kHeapBinaryMax) return around(heap, OffHeapBinary::create(bytes), bytes, data);
  size_t words = heap_binary_words(bytes);
  Term* box = heap.allocate(words);
  box[0].raw = make_header(BoxedKind::HeapBinary, words - 1);
  box[1].raw = bytes;
  if (words > 2) box[words - 1].raw = 0;  // the padding is copied with the box: keep it defined
  *data = reinterpret_cast<uint8_t*>(box + 2);
  return Term::boxed(box);
}

Term from_bytes(Allocator& heap, const void* bytes, size_t count) {
  uint8_t* data;
  Term result = make_uninitialised(heap, count, &data);
  if (count != 0) std::memcpy(data, bytes, count);
  return result;
}

namespace {

Term make_sub_binary(Allocator& heap, Term base, uint64_t bit_offset, uint64_t bits) {
  Term* box = heap.allocate(kSubBinaryWords);
  box[0].raw = make_header(BoxedKind::SubBinary, kSubBinaryWords - 1);
  box[1].raw = bits / 8;
  box[2].raw = bit_offset / 8;
  box[3].raw = (bit_offset % 8) | ((bits % 8) << 8);
  box[4] = base;
  return Term::boxed(box);
}

}  // namespace

Term from_bits(Allocator& heap, const uint8_t* bytes, uint64_t bit_offset, uint64_t bits) {
  size_t count = (bits + 7) / 8;
  uint8_t* data;
  Term whole = make_uninitialised(heap, count, &data);
  if (bits % 8 != 0) data[count - 1] = 0;
  copy_bits(bytes, bit_offset, data, 0, bits);
  return bits % 8 == 0 ? whole : make_sub_binary(heap, whole, 0, bits);
}

Term part(Allocator& heap, Term bitstring, uint64_t bit_offset, uint64_t bits) {
  const Term* box = bitstring.pointer();
  BoxedKind kind = header_kind(box->raw);
  if (bit_offset == 0 && kind != BoxedKind::MatchContext && bits == binary::bit_size(bitstring)) return bitstring;
  if (bits == 0) return from_bytes(heap, nullptr, 0);
  switch (kind) {
    case BoxedKind::SubBinary:
      bit_offset += box[2].raw * 8 + (box[3].raw & 0xFF);
      return make_sub_binary(heap, box[4], bit_offset, bits);
    case BoxedKind::MatchContext: {
      // Positions of a context count from the first byte of its data, which need not be that of its base.
      Bits base = bits_of(box[4]);
      auto skipped = static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(box[3].raw) - base.bytes);
      uint64_t start = box[1].raw + bit_offset + skipped * 8;
      if (boxed_kind(box[4]) == BoxedKind::SubBinary) return part(heap, box[4], start - base.bit_offset, bits);
      return make_sub_binary(heap, box[4], start, bits);
    }
    default:
      return make_sub_binary(heap, bitstring, bit_offset, bits);
  }
}

namespace {

// Up to 64 bits of a bit string starting anywhere, left-aligned in the result. Reads only bytes the bits touch.
uint64_t load_bits(const uint8_t* bytes, uint64_t bit, uint64_t count) {
  bytes += bit / 8;
  unsigned shift = bit % 8;
  size_t touched = (shift + count + 7) / 8;
  uint64_t word = 0;
  for (size_t i = 0; i < 8; ++i) word = (word << 8) | (i < touched ? bytes[i] : 0);
  if (shift != 0) word = (word << shift) | (touched > 8 ? bytes[8] >> (8 - shift) : 0);
  return count == 64 ? word : word & ~(~uint64_t{0} >> count);
}

int compare_prefix(const Bits& a, const Bits& b, uint64_t bits) {
  if (a.is_aligned() && b.is_aligned()) {
    size_t whole = bits / 8;
    int order = whole == 0 ? 0 : std::memcmp(a.bytes + a.bit_offset / 8, b.bytes + b.bit_offset / 8, whole);
    if (order != 0) return order < 0 ? -1 : 1;
    uint64_t rest = bits % 8;
    if (rest == 0) return 0;
    uint64_t x = load_bits(a.bytes, a.bit_offset + whole * 8, rest), y = load_bits(b.bytes, b.bit_offset + whole * 8, rest);
    return x == y ? 0 : x < y ? -1 : 1;
  }
  for (uint64_t done = 0; done < bits; done += 64) {
    uint64_t count = bits - done < 64 ? bits - done : 64;
    uint64_t x = load_bits(a.bytes, a.bit_offset + done, count), y = load_bits(b.bytes, b.bit_offset + done, count);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

}  // namespace

int compare(Term first, Term second) {
  Bits a = bits_of(first), b = bits_of(second);
  uint64_t common = a.bit_size < b.bit_size ? a.bit_size : b.bit_size;
  if (int order = compare_prefix(a, b, common); order != 0) return order;
  return a.bit_size == b.bit_size ? 0 : a.bit_size < b.bit_size ? -1 : 1;
}

bool equal(Term first, Term second) {
  Bits a = bits_of(first), b = bits_of(second);
  return a.bit_size == b.bit_size && compare_prefix(a, b, a.bit_size) == 0;
}

}  // namespace athanor::binary
