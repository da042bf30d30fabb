// SPDX-License-Identifier: Apache-2.0
// Measuring and flattening iodata.
#include "bif/iodata.hpp"

#include <cstring>

namespace athanor::bif::iodata {

Measured measure(Term data, Grain grain, Size& size) {
  size = {};
  bool too_large = false;
  uint64_t bits = 0;
  const bool good = walk(
      data,
      [&](int64_t byte) {
        bits += 8;
        return byte >= 0 && byte <= 255;
      },
      [&](Term part) {
        const uint64_t more = athanor::binary::bit_size(part);
        bits += more;
        if (bits > kMaxBytes * 8) too_large = true;
        return !too_large && (grain == Grain::Bits || more % 8 == 0);
      },
      &size.cells);
  size.bits = bits;
  return good ? Measured::Ok : too_large ? Measured::TooLarge : Measured::Malformed;
}

void copy_to(Term data, uint8_t* out, uint64_t total) {
  if (total % 8 != 0) out[total / 8] = 0;
  uint64_t at = 0;
  walk(
      data,
      [&](int64_t byte) {
        if (at % 8 == 0) {
          out[at / 8] = static_cast<uint8_t>(byte);
        } else {
          const uint8_t value = static_cast<uint8_t>(byte);
          athanor::binary::copy_bits(&value, 0, out, at, 8);
        }
        at += 8;
        return true;
      },
      [&](Term part) {
        const athanor::binary::Bits from = athanor::binary::bits_of(part);
        if (((from.bit_offset | at | from.bit_size) & 7) == 0) {
          if (from.bit_size != 0) std::memcpy(out + at / 8, from.bytes + from.bit_offset / 8, from.bit_size / 8);
        } else {
          athanor::binary::copy_bits(from.bytes, from.bit_offset, out, at, from.bit_size);
        }
        at += from.bit_size;
        return true;
      });
}

Term to_bitstring(Allocator& heap, Term data, Grain grain, Measured& result, uint64_t* work) {
  Size size;
  result = measure(data, grain, size);
  if (result != Measured::Ok) return Term::none();
  if (work != nullptr) *work += size.cells / 8 + size.bits / 65536;
  uint8_t* out;
  Term whole = athanor::binary::make_uninitialised(heap, (size.bits + 7) / 8, &out);
  copy_to(data, out, size.bits);
  if (size.bits % 8 == 0) return whole;
  Term* box = heap.allocate(athanor::binary::kSubBinaryWords);
  box[0].raw = make_header(BoxedKind::SubBinary, athanor::binary::kSubBinaryWords - 1);
  box[1].raw = size.bits / 8;
  box[2].raw = 0;
  box[3].raw = (size.bits & 7) << 8;
  box[4] = whole;
  return Term::boxed(box);
}

Measured Flat::read(Term data) {
  if (is_bitstring(data)) {
    const athanor::binary::Bits bits = athanor::binary::bits_of(data);
    if (bits.bit_size % 8 != 0) return Measured::Malformed;
    const std::string_view view = athanor::binary::bytes_of(data, scratch_);
    bytes_ = reinterpret_cast<const uint8_t*>(view.data());
    size_ = view.size();
    return Measured::Ok;
  }
  if (!data.is_list()) return Measured::Malformed;
  Size size;
  const Measured measured = measure(data, Grain::Bytes, size);
  if (measured != Measured::Ok) return measured;
  size_ = size.bits / 8;
  uint8_t* copy = scratch_.reserve(size_ + 1);
  copy_to(data, copy, size.bits);
  bytes_ = copy;
  return Measured::Ok;
}

}  // namespace athanor::bif::iodata
