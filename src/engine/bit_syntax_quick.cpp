// SPDX-License-Identifier: Apache-2.0
#include "engine/bit_syntax_quick.hpp"

#include "engine/bit_syntax_append.hpp"
#include "engine/bit_syntax_fields.hpp"

namespace athanor::engine::bit_syntax {

namespace {

// As write_bits; whole bytes at whole bytes are most.
void write(BuildState& s, uint64_t value, uint64_t bits) {
  if (((s.position | bits) & 7) == 0) {
    uint8_t* to = s.bytes + s.position / 8;
    value = bits == 0 ? 0 : __builtin_bswap64(value << (64 - bits));
    switch (bits) {
      case 8: *to = static_cast<uint8_t>(value); break;
      case 16: std::memcpy(to, &value, 2); break;
      case 32: std::memcpy(to, &value, 4); break;
      case 64: std::memcpy(to, &value, 8); break;
      default: std::memcpy(to, &value, bits / 8); break;
    }
  } else {
    write_bits(s.bytes, s.position, value, bits);
  }
  s.position += bits;
}

void write_bytes(BuildState& s, const uint8_t* bytes, uint64_t offset, uint64_t bits) {
  if (((s.position | offset | bits) & 7) == 0) {
    if (bits != 0) std::memcpy(s.bytes + s.position / 8, bytes + offset / 8, bits / 8);
  } else {
    binary::copy_bits(bytes, offset, s.bytes, s.position, bits);
  }
  s.position += bits;
}

}  // namespace

bool measure(QuickSegment& segment, Term size) {
  switch (segment.type) {
    case SegmentType::Append:
    case SegmentType::PrivateAppend:
      segment.bits = 0;
      return true;
    case SegmentType::String: return true;
    case SegmentType::Utf8:
      if (!is_code_point(segment.value)) return false;
      segment.bits = utf8_field(static_cast<uint32_t>(segment.value.small_value())).bits;
      return true;
    case SegmentType::Integer:
      if (!Term::both_small(segment.value, size) || static_cast<uint64_t>(size.small_value()) > 64) return false;
      segment.bits = static_cast<uint64_t>(size.small_value()) * segment.unit;
      return segment.bits <= 64 && (!is_little(segment.flags) || segment.bits % 8 == 0);
    case SegmentType::Binary: {
      if (!is_bitstring(segment.value)) return false;
      const uint64_t whole = binary::bit_size(segment.value);
      if (size == atoms::all) {
        segment.bits = whole;
        return segment.unit <= 1 || is_multiple(whole, segment.unit);
      }
      return field_bits(size, segment.unit, segment.bits) && segment.bits <= whole;
    }
    default: return false;
  }
}

Term create_quick(process::Process& self, std::span<const QuickSegment> segments, uint64_t bits) {
  BuildState state;
  Term result;
  if (!segments.empty() && (segments[0].type == SegmentType::Append || segments[0].type == SegmentType::PrivateAppend)) {
    const QuickSegment& first = segments[0];
    const bool in_place = first.type == SegmentType::PrivateAppend;
    Term what;
    result = append_bits(self, state, first.value, bits, in_place ? 1 : first.unit, in_place, what);
    if (result.is_none()) return result;
    segments = segments.subspan(1);
  } else {
    if (bits > kMaxBits) return Term::none();
    result = new_bits(self.heap(), state, bits);
    if (result.is_none()) return result;
  }
  if (bits == 0) return result;
  for (const QuickSegment& segment : segments) {
    switch (segment.type) {
      case SegmentType::Integer: {
        auto value = static_cast<uint64_t>(segment.value.small_value());
        if (is_little(segment.flags) && segment.bits != 0) value = __builtin_bswap64(value) >> (64 - segment.bits);
        write(state, value, segment.bits);
        break;
      }
      case SegmentType::Utf8: write(state, utf8_field(static_cast<uint32_t>(segment.value.small_value())).raw, segment.bits); break;
      case SegmentType::String: write_bytes(state, segment.string, 0, segment.bits); break;
      case SegmentType::Binary: {
        // Asked for only now: what was appended to may be the same binary, and its bytes elsewhere.
        const binary::Bits from = binary::bits_of(segment.value);
        write_bytes(state, from.bytes, from.bit_offset, segment.bits);
        self.charge(segment.bits >> 13);
        break;
      }
      default: break;
    }
  }
  return result;
}

}  // namespace athanor::engine::bit_syntax
