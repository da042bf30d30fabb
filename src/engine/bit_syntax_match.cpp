// SPDX-License-Identifier: Apache-2.0
// Bit syntax matching: fields taken out of match contexts.
#include <cmath>
#include <vector>

#include "base/utf8.hpp"
#include "engine/bit_syntax.hpp"
#include "engine/bit_syntax_append.hpp"
#include "term/integer.hpp"

namespace athanor::engine::bit_syntax {

namespace {

// The value of up to 64 bits, most significant first.
uint64_t read_bits(const uint8_t* data, uint64_t position, uint64_t bits) {
  const uint8_t* at = data + (position >> 3);
  uint64_t value = 0;
  uint64_t have = 8 - (position & 7);
  value = *at & (0xFFu >> (position & 7));
  if (have >= bits) return value >> (have - bits);
  while (bits - have >= 8) {
    value = value << 8 | *++at;
    have += 8;
  }
  if (have < bits) value = value << (bits - have) | static_cast<uint64_t>(*++at >> (8 - (bits - have)));
  return value;
}

Term from_signed_or_not(Allocator& heap, uint64_t value, uint64_t bits, uint32_t flags) {
  if (is_signed(flags) && bits != 0) return integer::from_int64(heap, static_cast<int64_t>(value << (64 - bits)) >> (64 - bits));
  return integer::from_uint64(heap, value);
}

double from_half(uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return (half & 0x8000) ? -magnitude : magnitude;
}

// Copies up to four bytes from a context: utf8 and utf16 look at no more.
size_t peek(const Context& c, uint8_t out[4]) {
  size_t count = c.rest() / 8 < 4 ? c.rest() / 8 : 4;
  binary::copy_bits(c.data, c.position, out, 0, count * 8);
  return count;
}

bool is_code_point(uint64_t value) { return value <= 0x10FFFF && !(value >= 0xD800 && value <= 0xDFFF); }

}  // namespace

Term start_match(Allocator& heap, Term source) {
  if (!source.is_boxed()) return Term::none();
  const BoxedKind kind = boxed_kind(source);
  if (kind == BoxedKind::MatchContext) return source;
  Term base = source;
  uint64_t offset = 0;
  uint64_t size;
  const Term* box = source.pointer();
  if (kind == BoxedKind::SubBinary) {
    base = box[4];
    offset = box[2].raw * 8 + (box[3].raw & 0xFF);
    size = box[1].raw * 8 + ((box[3].raw >> 8) & 0xFF);
  } else if (kind == BoxedKind::HeapBinary || kind == BoxedKind::BinaryRef) {
    size = box[1].raw * 8;
  } else {
    return Term::none();
  }
  Term* base_box = base.pointer();
  const uint8_t* data;
  if (boxed_kind(base) == BoxedKind::BinaryRef) {
    data = reinterpret_cast<const uint8_t*>(base_box[4].raw);
    // Contexts keep the address of the bytes: an appendable binary may still grow in place, but not move.
    if (base_box[5].raw != 0) base_box[5].raw |= kHasContexts;
  } else {
    data = reinterpret_cast<const uint8_t*>(base_box + 2);
  }
  Context* c = reinterpret_cast<Context*>(heap.allocate(binary::kMatchContextWords));
  c->header = make_header(BoxedKind::MatchContext, binary::kMatchContextWords - 1);
  c->position = offset;
  c->end = offset + size;
  c->data = data;
  c->base = base;
  return Term::boxed(c);
}

bool field_bits(Term size, uint32_t unit, uint64_t& bits) {
  if (!size.is_small() || size.small_value() < 0) return false;
  return !__builtin_mul_overflow(static_cast<uint64_t>(size.small_value()), static_cast<uint64_t>(unit), &bits);
}

// The next `bits` bits are all zero.
static bool zeros_lead(const Context& c, uint64_t bits) {
  for (uint64_t at = 0; at < bits; at += 64) {
    const uint64_t count = std::min<uint64_t>(64, bits - at);
    if (read_bits(c.data, c.position + at, count) != 0) return false;
  }
  return true;
}

Term get_integer_slow(Allocator& heap, Context& c, uint64_t bits, uint32_t flags) {
  if (bits == 0) return Term::small(0);
  if (c.rest() < bits) return Term::none();
  const uint64_t position = c.position;
  if (!is_little(flags) && bits <= 64) {
    c.position += bits;
    return from_signed_or_not(heap, read_bits(c.data, position, bits), bits, flags);
  }
  const size_t bytes = (bits + 7) / 8;
  const unsigned last_bits = bits % 8 == 0 ? 8 : static_cast<unsigned>(bits % 8);
  if (bits <= 64) {  // little endian
    uint8_t field[8] = {};
    binary::copy_bits(c.data, position, field, 0, bits);
    field[bytes - 1] >>= 8 - last_bits;
    uint64_t value;
    std::memcpy(&value, field, 8);
    c.position += bits;
    return from_signed_or_not(heap, value, bits, flags);
  }
  // OTP: too large for an integer is no match; leading zeros do not count.
  if (bytes / 8 >= integer::kMaxLimbs && (is_little(flags) || is_signed(flags) || !zeros_lead(c, bits - 64 * (integer::kMaxLimbs - 1)))) return Term::none();
  // Whole bytes, least or most significant first, with the sign spread over the odd bits.
  std::vector<uint8_t> field(bytes);
  bool negative;
  if (is_little(flags)) {
    binary::copy_bits(c.data, position, field.data(), 0, bits);
    uint8_t& top = field[bytes - 1];
    top = static_cast<uint8_t>(top >> (8 - last_bits));
    negative = is_signed(flags) && (top >> (last_bits - 1) & 1);
    if (negative) top = static_cast<uint8_t>(top | (0xFF << last_bits));
  } else {
    binary::copy_bits(c.data, position, field.data(), 8 - last_bits, bits);
    uint8_t& top = field[0];
    negative = is_signed(flags) && (top >> (last_bits - 1) & 1);
    if (negative) top = static_cast<uint8_t>(top | (0xFF << last_bits));
  }
  Term result = is_signed(flags) ? integer::from_two_complement(heap, field.data(), bytes, is_little(flags), true)
                                 : integer::from_bytes(heap, field.data(), bytes, is_little(flags), false);
  if (result.is_none()) return result;
  c.position += bits;
  return result;
}

Term get_float(Allocator& heap, Term context, uint64_t bits, uint32_t flags) {
  Context& c = context_of(context);
  double value = 0.0;
  if (bits != 0) {  // OTP: a field of no bits is 0.0
    if ((bits != 16 && bits != 32 && bits != 64) || c.rest() < bits) return Term::none();
    uint64_t raw = read_bits(c.data, c.position, bits);
    if (is_little(flags)) raw = __builtin_bswap64(raw) >> (64 - bits);
    if (bits == 64) {
      value = __builtin_bit_cast(double, raw);
    } else if (bits == 32) {
      value = __builtin_bit_cast(float, static_cast<uint32_t>(raw));
    } else {
      if ((raw & 0x7C00) == 0x7C00) return Term::none();
      value = from_half(static_cast<uint16_t>(raw));
    }
    if (!std::isfinite(value)) return Term::none();
    c.position += bits;
  }
  return make_float(heap.allocate(kFloatWords), value);
}

// A new bitstring over the bits at `position`. OTP: small whole-byte ones are copied.
static Term extract(Allocator& heap, const Context& c, uint64_t position, uint64_t bits) {
  if (bits % 8 == 0 && bits / 8 <= binary::kHeapBinaryMax) {
    const size_t bytes = bits / 8;
    Term* box = heap.allocate(binary::heap_binary_words(bytes));
    box[0].raw = make_header(BoxedKind::HeapBinary, binary::heap_binary_words(bytes) - 1);
    box[1].raw = bytes;
    if (bytes != 0) {
      box[1 + (bytes + 7) / 8].raw = 0;
      uint8_t* to = reinterpret_cast<uint8_t*>(box + 2);
      if ((position & 7) == 0) std::memcpy(to, c.data + position / 8, bytes);
      else binary::copy_bits(c.data, position, to, 0, bits);
    }
    return Term::boxed(box);
  }
  Term* box = heap.allocate(binary::kSubBinaryWords);
  box[0].raw = make_header(BoxedKind::SubBinary, binary::kSubBinaryWords - 1);
  box[1].raw = bits / 8;
  box[2].raw = position / 8;
  box[3].raw = (position & 7) | (bits & 7) << 8;
  box[4] = c.base;
  return Term::boxed(box);
}

Term get_binary(Allocator& heap, Term context, uint64_t bits) {
  Context& c = context_of(context);
  if (c.rest() < bits) return Term::none();
  Term result = extract(heap, c, c.position, bits);
  c.position += bits;
  return result;
}

Term get_rest(Allocator& heap, Term context, uint32_t unit) {
  Context& c = context_of(context);
  if (!is_multiple(c.rest(), unit)) return Term::none();
  Term result = extract(heap, c, c.position, c.rest());
  c.position = c.end;
  return result;
}

Term get_tail(Allocator& heap, Term context) {
  const Context& c = context_of(context);
  return extract(heap, c, c.position, c.rest());
}

bool match_string(Term context, uint64_t bits, const uint8_t* bytes) {
  Context& c = context_of(context);
  if (c.rest() < bits) return false;
  const uint64_t position = c.position;
  if ((position & 7) == 0) {
    const uint8_t* at = c.data + position / 8;
    if (std::memcmp(at, bytes, bits / 8) != 0) return false;
    if (bits % 8 != 0 && ((at[bits / 8] ^ bytes[bits / 8]) >> (8 - bits % 8)) != 0) return false;
  } else {
    for (uint64_t done = 0; done < bits; done += 8) {
      const uint64_t step = bits - done < 8 ? bits - done : 8;
      if (read_bits(c.data, position + done, step) != static_cast<uint64_t>(bytes[done / 8] >> (8 - step))) return false;
    }
  }
  c.position += bits;
  return true;
}

Term get_position(Allocator& heap, Term context) {
  return integer::from_uint64(heap, context_of(context).position);
}

void set_position(Term context, Term position) {
  Context& c = context_of(context);
  uint64_t bits;
  if (position.is_small() && position.small_value() >= 0) bits = static_cast<uint64_t>(position.small_value());
  else if (!integer::to_uint64(position, bits)) bits = c.end;
  c.position = bits < c.end ? bits : c.end;
}

Term get_utf8(Term context) {
  Context& c = context_of(context);
  if (c.rest() < 8) return Term::none();
  uint8_t copy[4];
  const uint8_t* at = copy;
  size_t count;
  if ((c.position & 7) == 0) {
    at = c.data + c.position / 8;
    count = c.rest() / 8;
  } else {
    count = peek(c, copy);
  }
  uint32_t point;
  const size_t length = base::read_utf8(at, count, point);
  if (length == 0) return Term::none();
  c.position += 8 * length;
  return Term::small(point);
}

Term get_utf16(Term context, uint32_t flags) {
  Context& c = context_of(context);
  uint8_t at[4];
  const size_t count = peek(c, at);
  if (count < 2) return Term::none();
  const auto unit = [&](size_t i) -> uint32_t { return is_little(flags) ? at[i] | at[i + 1] << 8 : at[i] << 8 | at[i + 1]; };
  const uint32_t first = unit(0);
  if (first < 0xD800 || first > 0xDFFF) {
    c.position += 16;
    return Term::small(first);
  }
  if (first > 0xDBFF || count < 4) return Term::none();
  const uint32_t second = unit(2);
  if (second < 0xDC00 || second > 0xDFFF) return Term::none();
  c.position += 32;
  return Term::small(((first & 0x3FF) << 10 | (second & 0x3FF)) + 0x10000);
}

Term get_utf32(Term context, uint32_t flags) {
  Context& c = context_of(context);
  if (c.rest() < 32) return Term::none();
  uint64_t value = read_bits(c.data, c.position, 32);
  if (is_little(flags)) value = __builtin_bswap32(static_cast<uint32_t>(value));
  if (!is_code_point(value)) return Term::none();
  c.position += 32;
  return Term::small(static_cast<int64_t>(value));
}

}  // namespace athanor::engine::bit_syntax
