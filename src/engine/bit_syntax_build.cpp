// SPDX-License-Identifier: Apache-2.0
// Bit syntax construction: writing fields, and the two families of opcodes built on that. Where the bytes come from,
// appendable binaries among them, is in bit_syntax_append.cpp.
#include <cmath>
#include <memory>

#include "engine/bit_syntax.hpp"
#include "engine/bit_syntax_append.hpp"
#include "engine/bit_syntax_fields.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::engine::bit_syntax {

namespace {

enum class Put : uint8_t { Ok, Type, NoFloat, Invalid, Short, Unit };

// A field that would leave the room made for it can come from hostile code only.
bool fits(const BuildState& s, uint64_t bits) { return bits <= s.end - s.position; }

Put write_integer(BuildState& s, Term value, uint64_t bits, uint32_t flags) {
  if (!is_integer(value)) return Put::Type;
  if (!fits(s, bits)) return Put::Short;
  if (bits == 0) return Put::Ok;
  if (value.is_small() && bits <= 64) {
    uint64_t raw = static_cast<uint64_t>(value.small_value());
    if (!is_little(flags)) {
      write_bits(s.bytes, s.position, raw, bits);
    } else {
      // The last byte holds the most significant bits, in its high part.
      const unsigned odd = bits % 8;
      uint8_t field[8];
      std::memcpy(field, &raw, 8);
      if (odd != 0) field[bits / 8] = static_cast<uint8_t>(field[bits / 8] << (8 - odd));
      binary::copy_bits(field, 0, s.bytes, s.position, bits);
    }
  } else if (s.position % 8 == 0 && bits % 8 == 0) {
    integer::to_field(value, bits, is_little(flags), s.bytes + s.position / 8);
  } else {
    uint8_t small_field[64];
    std::unique_ptr<uint8_t[]> large_field;
    const size_t bytes = (bits + 7) / 8;
    uint8_t* field = small_field;
    if (bytes > sizeof small_field) {
      large_field.reset(new uint8_t[bytes]);
      field = large_field.get();
    }
    integer::to_field(value, bits, is_little(flags), field);
    binary::copy_bits(field, 0, s.bytes, s.position, bits);
  }
  s.position += bits;
  return Put::Ok;
}

// Round to nearest, ties to even, by way of single precision as the stock VM does.
uint16_t to_half(double value) {
  const uint32_t raw = __builtin_bit_cast(uint32_t, static_cast<float>(value));
  const uint32_t sign = raw >> 16 & 0x8000;
  const int exponent = static_cast<int>(raw >> 23 & 0xFF) - 127 + 15;
  uint32_t fraction = raw & 0x7FFFFF;
  if (exponent >= 31) return static_cast<uint16_t>(sign | 0x7C00);
  if (exponent <= 0) {
    if (exponent < -10) return static_cast<uint16_t>(sign);
    fraction |= 0x800000;
    const int shift = 14 - exponent;
    uint32_t half = fraction >> shift;
    const uint32_t rest = fraction & ((1u << shift) - 1), middle = 1u << (shift - 1);
    if (rest > middle || (rest == middle && (half & 1))) ++half;
    return static_cast<uint16_t>(sign | half);
  }
  uint32_t half = static_cast<uint32_t>(exponent) << 10 | fraction >> 13;
  const uint32_t rest = fraction & 0x1FFF;
  if (rest > 0x1000 || (rest == 0x1000 && (half & 1))) ++half;  // may carry into infinity
  return static_cast<uint16_t>(sign | half);
}

Put write_float(BuildState& s, Term value, uint64_t bits, uint32_t flags) {
  if (bits != 16 && bits != 32 && bits != 64) return Put::Invalid;
  double d = 0;
  float single = 0;
  if (is_float(value)) {
    d = float_value(value);
    single = static_cast<float>(d);
  } else if (value.is_small()) {
    d = static_cast<double>(value.small_value());
    single = static_cast<float>(value.small_value());
  } else if (is_big(value)) {
    d = integer::to_double(value);
    if (!std::isfinite(d)) return Put::NoFloat;
    single = static_cast<float>(d);
  } else {
    return Put::Type;
  }
  if (!fits(s, bits)) return Put::Short;
  uint64_t raw = bits == 64 ? __builtin_bit_cast(uint64_t, d) : bits == 32 ? __builtin_bit_cast(uint32_t, single) : to_half(d);
  if (is_little(flags)) raw = __builtin_bswap64(raw) >> (64 - bits);
  write_bits(s.bytes, s.position, raw, bits);
  s.position += bits;
  return Put::Ok;
}

Put write_binary(BuildState& s, Term value, uint64_t bits) {
  if (!is_bitstring(value)) return Put::Type;
  const binary::Bits from = binary::bits_of(value);
  if (bits > from.bit_size || !fits(s, bits)) return Put::Short;
  if (((from.bit_offset | s.position | bits) & 7) == 0) {
    if (bits != 0) std::memcpy(s.bytes + s.position / 8, from.bytes + from.bit_offset / 8, bits / 8);
  } else {
    binary::copy_bits(from.bytes, from.bit_offset, s.bytes, s.position, bits);
  }
  s.position += bits;
  return Put::Ok;
}

Put write_utf8(BuildState& s, Term code_point) {
  if (!is_code_point(code_point)) return Put::Type;
  const auto [raw, bits] = utf8_field(static_cast<uint32_t>(code_point.small_value()));
  if (!fits(s, bits)) return Put::Short;
  write_bits(s.bytes, s.position, raw, bits);
  s.position += bits;
  return Put::Ok;
}

Put write_utf16(BuildState& s, Term code_point, uint32_t flags) {
  if (!is_code_point(code_point)) return Put::Type;
  const uint32_t v = static_cast<uint32_t>(code_point.small_value());
  const uint16_t units[2] = {static_cast<uint16_t>(v < 0x10000 ? v : 0xD800 | (v - 0x10000) >> 10),
                             static_cast<uint16_t>(0xDC00 | ((v - 0x10000) & 0x3FF))};
  const int count = v < 0x10000 ? 1 : 2;
  if (!fits(s, static_cast<uint64_t>(count) * 16)) return Put::Short;
  for (int i = 0; i < count; ++i) {
    write_bits(s.bytes, s.position, is_little(flags) ? __builtin_bswap16(units[i]) : units[i], 16);
    s.position += 16;
  }
  return Put::Ok;
}

Put write_utf32(BuildState& s, Term code_point, uint32_t flags) {
  return is_code_point(code_point) ? write_integer(s, code_point, 32, flags) : Put::Type;
}

bool write_string(BuildState& s, const uint8_t* bytes, size_t count) {
  if (!fits(s, static_cast<uint64_t>(count) * 8)) return false;
  if (s.position % 8 == 0) {
    if (count != 0) std::memcpy(s.bytes + s.position / 8, bytes, count);
  } else {
    binary::copy_bits(bytes, 0, s.bytes, s.position, static_cast<uint64_t>(count) * 8);
  }
  s.position += static_cast<uint64_t>(count) * 8;
  return true;
}

Term type_name(SegmentType type) {
  switch (type) {
    case SegmentType::Integer: return atoms::integer;
    case SegmentType::Float: return atoms::float_;
    case SegmentType::String: return atoms::string;
    case SegmentType::Utf8: return atoms::utf8;
    case SegmentType::Utf16: return atoms::utf16;
    case SegmentType::Utf32: return atoms::utf32;
    default: return atoms::binary;
  }
}

Term fail(Allocator& heap, const Segment& segment, Term reason, Term what, Term value, Failure& failure) {
  Term* tuple = heap.allocate(5);
  tuple[0].raw = tuple_header(4);
  tuple[1] = Term::small(segment.number);
  tuple[2] = type_name(segment.type);
  tuple[3] = what;
  tuple[4] = value;
  failure = {reason, Term::boxed(tuple)};
  return Term::none();
}

// Bits of a segment as far as its size says; false: failure is set.
bool segment_bits(Allocator& heap, const Segment& segment, uint64_t& bits, Failure& failure) {
  switch (segment.type) {
    case SegmentType::Append:
    case SegmentType::PrivateAppend: bits = 0; return true;
    case SegmentType::String: bits = static_cast<uint64_t>(segment.string_bytes) * 8; return true;
    case SegmentType::Utf8: bits = static_cast<uint64_t>(utf8_size(segment.value).small_value()) * 8; return true;
    case SegmentType::Utf16: bits = static_cast<uint64_t>(utf16_size(segment.value).small_value()) * 8; return true;
    case SegmentType::Utf32:
      bits = 32;
      if (is_code_point(segment.value)) return true;
      fail(heap, segment, atoms::badarg, atoms::type, segment.value, failure);
      return false;
    case SegmentType::Binary:
      if (segment.size == atoms::all) {
        if (!is_bitstring(segment.value)) {
          fail(heap, segment, atoms::badarg, atoms::type, segment.value, failure);
          return false;
        }
        bits = binary::bit_size(segment.value);
        return true;
      }
      [[fallthrough]];
    case SegmentType::Integer:
    case SegmentType::Float: break;
  }
  const Term size = segment.size;
  if (!is_integer(size) || integer::is_negative(size)) {
    fail(heap, segment, atoms::badarg, atoms::size, size, failure);
    return false;
  }
  if (!size.is_small() ||
      __builtin_mul_overflow(static_cast<uint64_t>(size.small_value()), static_cast<uint64_t>(segment.unit), &bits) ||
      bits > kMaxBits) {
    fail(heap, segment, atoms::system_limit, atoms::size, size, failure);
    return false;
  }
  return true;
}

bool put_failed(Put put, Failure& failure) {
  if (put == Put::Ok) return false;
  failure = {atoms::badarg, Term::none()};
  return true;
}

}  // namespace

Term error_info_map(Allocator& heap, Term cause) {
  Term pairs[6] = {atoms::cause, cause, atoms::function, atoms::format_bs_fail, atoms::module, atoms::erl_erts_errors};
  return map::from_pairs(heap, pairs, 3);
}

bool segment_type(Term atom, SegmentType& type) {
  if (atom == atoms::append) type = SegmentType::Append;
  else if (atom == atoms::private_append) type = SegmentType::PrivateAppend;
  else if (atom == atoms::binary) type = SegmentType::Binary;
  else if (atom == atoms::integer) type = SegmentType::Integer;
  else if (atom == atoms::float_) type = SegmentType::Float;
  else if (atom == atoms::string) type = SegmentType::String;
  else if (atom == atoms::utf8) type = SegmentType::Utf8;
  else if (atom == atoms::utf16) type = SegmentType::Utf16;
  else if (atom == atoms::utf32) type = SegmentType::Utf32;
  else return false;
  return true;
}

Term create(process::Process& self, std::span<const Segment> segments, Failure& failure) {
  Allocator& heap = self.heap();
  // OTP: every size is checked before the first segment is built.
  uint64_t total = 0;
  for (const Segment& segment : segments) {
    uint64_t bits;
    if (!segment_bits(heap, segment, bits, failure)) return Term::none();
    total += bits;
    if (total > kMaxBits) return fail(heap, segment, atoms::system_limit, atoms::size, segment.size, failure);
  }
  BuildState state;
  Term result;
  size_t next = 0;
  if (!segments.empty() && (segments[0].type == SegmentType::Append || segments[0].type == SegmentType::PrivateAppend)) {
    const Segment& first = segments[0];
    Term what;
    result = append_bits(self, state, first.value, total, first.type == SegmentType::PrivateAppend ? 1 : first.unit,
                         first.type == SegmentType::PrivateAppend, what);
    if (result.is_none()) {
      return fail(heap, first, what == atoms::size ? atoms::system_limit : atoms::badarg, what, first.value, failure);
    }
    next = 1;
  } else {
    result = new_bits(heap, state, total);
    if (result.is_none()) return fail(heap, segments[0], atoms::system_limit, atoms::size, segments[0].size, failure);
  }
  for (; next < segments.size(); ++next) {
    const Segment& segment = segments[next];
    const Term value = segment.value;
    uint64_t bits = 0;
    if (segment.type == SegmentType::Binary || segment.type == SegmentType::Integer || segment.type == SegmentType::Float) {
      if (segment.size != atoms::all) field_bits(segment.size, segment.unit, bits);
    }
    Put put = Put::Type;
    switch (segment.type) {
      case SegmentType::Append:
      case SegmentType::PrivateAppend: break;  // only the first may be: hostile code
      case SegmentType::Binary:
        if (segment.size == atoms::all) {
          bits = binary::bit_size(value);
          put = segment.unit > 1 && bits % segment.unit != 0 ? Put::Unit : write_binary(state, value, bits);
        } else {
          put = write_binary(state, value, bits);
        }
        self.charge(bits >> 13);
        break;
      case SegmentType::Integer: put = write_integer(state, value, bits, segment.flags); break;
      case SegmentType::Float: put = write_float(state, value, bits, segment.flags); break;
      case SegmentType::String: put = write_string(state, segment.string, segment.string_bytes) ? Put::Ok : Put::Short; break;
      case SegmentType::Utf8: put = write_utf8(state, value); break;
      case SegmentType::Utf16: put = write_utf16(state, value, segment.flags); break;
      case SegmentType::Utf32: put = write_utf32(state, value, segment.flags); break;
    }
    switch (put) {
      case Put::Ok: break;
      case Put::Type: return fail(heap, segment, atoms::badarg, atoms::type, value, failure);
      case Put::NoFloat: return fail(heap, segment, atoms::badarg, atoms::no_float, value, failure);
      case Put::Invalid:
        return fail(heap, segment, atoms::badarg, atoms::invalid, Term::small(static_cast<int64_t>(bits)), failure);
      case Put::Short: return fail(heap, segment, atoms::badarg, atoms::short_, value, failure);
      case Put::Unit: return fail(heap, segment, atoms::badarg, atoms::unit, value, failure);
    }
  }
  return result;
}

bool put_integer(BuildState& state, Term value, Term size, uint32_t unit, uint32_t flags, Failure& failure) {
  uint64_t bits;
  return !put_failed(field_bits(size, unit, bits) ? write_integer(state, value, bits, flags) : Put::Type, failure);
}

bool put_float(BuildState& state, Term value, Term size, uint32_t unit, uint32_t flags, Failure& failure) {
  uint64_t bits;
  return !put_failed(field_bits(size, unit, bits) ? write_float(state, value, bits, flags) : Put::Type, failure);
}

bool put_binary(BuildState& state, Term value, Term size, uint32_t unit, Failure& failure) {
  uint64_t bits;
  if (size == atoms::all) {
    if (!is_bitstring(value)) return !put_failed(Put::Type, failure);
    bits = binary::bit_size(value);
    if (unit > 1 && bits % unit != 0) return !put_failed(Put::Unit, failure);
  } else if (!field_bits(size, unit, bits)) {
    return !put_failed(Put::Type, failure);
  }
  return !put_failed(write_binary(state, value, bits), failure);
}

bool put_string(BuildState& state, const uint8_t* bytes, size_t count) { return write_string(state, bytes, count); }
bool put_utf8(BuildState& state, Term code_point, Failure& failure) { return !put_failed(write_utf8(state, code_point), failure); }
bool put_utf16(BuildState& state, Term code_point, uint32_t flags, Failure& failure) {
  return !put_failed(write_utf16(state, code_point, flags), failure);
}
bool put_utf32(BuildState& state, Term code_point, uint32_t flags, Failure& failure) {
  return !put_failed(write_utf32(state, code_point, flags), failure);
}

Term utf8_size(Term code_point) {
  if (!code_point.is_small()) return Term::small(4);
  const uint64_t v = static_cast<uint64_t>(code_point.small_value());
  return Term::small(v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4);
}

Term utf16_size(Term code_point) {
  return Term::small(code_point.is_small() && static_cast<uint64_t>(code_point.small_value()) < 0x10000 ? 2 : 4);
}

Term add(Allocator& heap, Term first, Term second, uint32_t unit, Failure& failure) {
  if (!is_integer(first) || !is_integer(second) || integer::is_negative(first) || integer::is_negative(second)) {
    failure = {atoms::badarg, Term::none()};
    return Term::none();
  }
  uint64_t sum;
  if (!Term::both_small(first, second) || !field_bits(second, unit, sum) ||
      __builtin_add_overflow(sum, static_cast<uint64_t>(first.small_value()), &sum)) {
    failure = {atoms::system_limit, Term::none()};
    return Term::none();
  }
  return integer::from_uint64(heap, sum);
}

}  // namespace athanor::engine::bit_syntax
