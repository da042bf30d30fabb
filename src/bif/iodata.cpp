// SPDX-License-Identifier: Apache-2.0
// Measuring and flattening iodata.
#include "bif/iodata.hpp"

#include <cstring>

#include "term/binary_view.hpp"

namespace athanor::bif::iodata {

namespace {
constexpr uint64_t kPieceBits = uint64_t{1} << 19;   // copied before the budget is looked at
constexpr uint64_t kShortBits = 64 * 8;              // copied for what the cell costs
}

bool Flattening::measure(int64_t& budget) {
  bool too_large = false;
  // Shared parts count each time: a size may be far above what could be built.
  const uint64_t unit = goal_ == Goal::Size ? 8 : 1, limit = goal_ == Goal::Size ? UINT64_MAX : kMaxBytes * 8;
  const Walked walked = walk_.go_on(
      budget,
      [&](int64_t byte) {
        size_ += 8 / unit;
        return byte >= 0 && byte <= 255;
      },
      [&](Term part) {
        const uint64_t more = athanor::binary::size_of(part);
        if (grain_ == Grain::Bytes && more % 8 != 0) return Take::Stop;
        too_large = size_ > limit - more / unit;
        size_ += more / unit;
        return too_large ? Take::Stop : Take::Next;
      });
  if (walked == Walked::Paused) return false;
  is_measured_ = true;
  if (walked == Walked::Malformed) measured_ = too_large ? Measured::TooLarge : Measured::Malformed;
  return true;
}

bool Flattening::copy(int64_t& budget) {
  const Walked walked = walk_.go_on(
      budget,
      [&](int64_t byte) {
        const auto value = static_cast<uint8_t>(byte);
        if (at_ % 8 == 0) out_[at_ / 8] = value;
        else athanor::binary::copy_bits(&value, 0, out_, at_, 8);
        at_ += 8;
        return true;
      },
      [&](Term part) {
        const athanor::binary::Bits from = athanor::binary::view_of(part);
        if (ATH_LIKELY(from.bit_size <= kShortBits && ((from.bit_offset | from.bit_size | at_) & 7) == 0)) {
          std::memcpy(out_ + at_ / 8, from.bytes + from.bit_offset / 8, from.bit_size / 8);
          at_ += from.bit_size;
          return Take::Next;
        }
        const uint64_t count = std::min(from.bit_size - offset_, kPieceBits), start = from.bit_offset + offset_;
        if (((start | at_ | count) & 7) == 0) {
          if (count != 0) std::memcpy(out_ + at_ / 8, from.bytes + start / 8, count / 8);
        } else {
          athanor::binary::copy_bits(from.bytes, start, out_, at_, count);
        }
        at_ += count;
        offset_ += count;
        budget -= static_cast<int64_t>(count / 64);
        if (offset_ < from.bit_size) return Take::Again;
        offset_ = 0;
        return Take::Next;
      });
  return walked != Walked::Paused;
}

bool Flattening::step(int64_t& budget) {
  if (!is_measured_ && !measure(budget)) return false;
  if (measured_ != Measured::Ok || goal_ == Goal::Size) return true;
  if (out_ == nullptr) {
    walk_.restart(data_);
    result_ = athanor::binary::make_uninitialised_or_none(heap_, (size_ + 7) / 8, &out_);
    if (result_.is_none()) {
      measured_ = Measured::TooLarge;
      return true;
    }
    if (size_ % 8 != 0) out_[size_ / 8] = 0;
  }
  if (!copy(budget)) return false;
  if (size_ % 8 != 0) result_ = athanor::binary::part(heap_, result_, 0, size_);
  return true;
}

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
        const uint64_t more = athanor::binary::size_of(part);
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
        const athanor::binary::Bits from = athanor::binary::view_of(part);
        if (((from.bit_offset | at | from.bit_size) & 7) == 0) {
          if (from.bit_size != 0) std::memcpy(out + at / 8, from.bytes + from.bit_offset / 8, from.bit_size / 8);
        } else {
          athanor::binary::copy_bits(from.bytes, from.bit_offset, out, at, from.bit_size);
        }
        at += from.bit_size;
        return true;
      });
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
  int64_t budget = INT64_MAX;
  size_t held = 0, room = 0;
  uint8_t* copy = scratch_.reserve(1);
  const Walked walked = Feed(data).go_on(budget, [&](const uint8_t* bytes, size_t count) {
    if (held + count > room) copy = scratch_.reserve(room = std::max(2 * room, held + count));
    std::memcpy(copy + held, bytes, count);
    held += count;
  });
  if (walked != Walked::Whole) return Measured::Malformed;
  bytes_ = copy;
  size_ = held;
  return Measured::Ok;
}

}  // namespace athanor::bif::iodata
