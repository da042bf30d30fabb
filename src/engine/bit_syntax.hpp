// SPDX-License-Identifier: Apache-2.0
// Bit syntax: what the opcodes bs_* do, apart from registers and jumps. Matching works on match contexts (term/boxed.hpp):
// none() or false means "no match" and leaves the position where it was. Construction is in two styles: create() for
// bs_create_bin, and BuildState for the older family (bs_init2 … bs_put_*). `flags` are the bits of the .beam file.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "process/process.hpp"
#include "term/binary.hpp"

namespace athanor::engine::bit_syntax {

enum FieldFlag : uint32_t { kAligned = 1, kLittle = 2, kSigned = 4, kExact = 8, kNative = 16 };
static_assert(std::endian::native == std::endian::little);
constexpr bool is_little(uint32_t flags) { return (flags & (kLittle | kNative)) != 0; }
constexpr bool is_signed(uint32_t flags) { return (flags & kSigned) != 0; }

// ---------------------------------------------------------------- matching (bit_syntax_match.cpp)

// bs_start_match3/4: a context over a bitstring; an existing context is taken as it is (its position too). none(): neither.
Term start_match(Allocator& heap, Term source);

struct Context {   // the boxed MatchContext, by name
  Word header;
  uint64_t position;   // bits from data[0]
  uint64_t end;
  const uint8_t* data;
  Term base;
  uint64_t rest() const { return end - position; }
};
static_assert(sizeof(Context) == binary::kMatchContextWords * sizeof(Word));
inline Context& context_of(Term context) { return *reinterpret_cast<Context*>(context.pointer()); }

// Units of whole bytes and single bits need no division.
inline bool is_multiple(uint64_t bits, uint32_t unit) { return unit == 8 ? (bits & 7) == 0 : unit == 1 || bits % unit == 0; }

// size * unit of a field as read from a register; false where it cannot match (no integer, negative, too large).
bool field_bits(Term size, uint32_t unit, uint64_t& bits);

Term get_integer_slow(Allocator& heap, Context& context, uint64_t bits, uint32_t flags);
// The field at `position`, which moves behind it; none(): eight bytes from the first one touched do not lie inside the binary, or it is
// not what one load can read.
inline Term get_integer_quick(uint64_t& position, uint64_t end, const uint8_t* data, uint64_t bits, uint32_t flags) {
  if (ATH_UNLIKELY(bits - 1 >= 56 || is_little(flags) || end - position < bits || (position >> 3) * 8 + 64 > end)) return Term::none();
  uint64_t window;
  std::memcpy(&window, data + (position >> 3), 8);
  window = __builtin_bswap64(window) << (position & 7);
  position += bits;
  return Term::small(is_signed(flags) ? static_cast<int64_t>(window) >> (64 - bits) : static_cast<int64_t>(window >> (64 - bits)));
}
// bs_get_integer2 with the size in bits already multiplied.
inline Term get_integer(Allocator& heap, Context& c, uint64_t bits, uint32_t flags) {
  Term quick = get_integer_quick(c.position, c.end, c.data, bits, flags);
  return ATH_LIKELY(!quick.is_none()) ? quick : get_integer_slow(heap, c, bits, flags);
}
inline Term get_integer(Allocator& heap, Term context, uint64_t bits, uint32_t flags) { return get_integer(heap, context_of(context), bits, flags); }
// Fields of whole bytes at any position, big-endian unsigned, Bytes 1, 2, 4: for specialised instructions.
template <int kBytes>
inline Term get_unsigned_big(Allocator& heap, Term context_term) {
  static_assert(kBytes == 1 || kBytes == 2 || kBytes == 4);
  Context& c = context_of(context_term);
  const uint64_t position = c.position;
  if (ATH_UNLIKELY(c.end - position < kBytes * 8)) return Term::none();
  if (ATH_UNLIKELY((position & 7) != 0)) return get_integer_slow(heap, c, kBytes * 8, 0);
  const uint8_t* at = c.data + (position >> 3);
  c.position = position + kBytes * 8;
  if constexpr (kBytes == 1) return Term::small(*at);
  if constexpr (kBytes == 2) return Term::small(at[0] << 8 | at[1]);
  uint32_t value;
  std::memcpy(&value, at, 4);
  return Term::small(__builtin_bswap32(value));
}

Term get_float(Allocator& heap, Term context, uint64_t bits, uint32_t flags);   // 16, 32, 64; else none()
Term get_binary(Allocator& heap, Term context, uint64_t bits);                  // shares the bytes
Term get_rest(Allocator& heap, Term context, uint32_t unit);                    // size `all`: rest % unit == 0; position goes to the end
Term get_tail(Allocator& heap, Term context);                                   // bs_get_tail: position stays
inline bool skip_bits(Term context, uint64_t bits) {
  Context& c = context_of(context);
  if (c.end - c.position < bits) return false;
  c.position += bits;
  return true;
}
inline bool skip_rest(Term context, uint32_t unit) {                            // bs_skip_bits2 with size `all`
  Context& c = context_of(context);
  if (!is_multiple(c.rest(), unit)) return false;
  c.position = c.end;
  return true;
}
inline bool test_tail(Term context, uint64_t bits) { return context_of(context).rest() == bits; }
inline bool has_bits(Term context, uint64_t bits) { return context_of(context).rest() >= bits; }
// bs_test_unit: also of plain bitstrings.
inline bool test_unit(Term context_or_bitstring, uint32_t unit) {
  return is_multiple(is_match_context(context_or_bitstring) ? context_of(context_or_bitstring).rest() : binary::bit_size(context_or_bitstring), unit);
}
bool match_string(Term context, uint64_t bits, const uint8_t* bytes);
Term get_position(Allocator& heap, Term context);         // offset from the start of data, as an integer
void set_position(Term context, Term position);           // what get_position gave; clamped to the end otherwise
// A code point, position moved behind it; none(): malformed. Skips are the same, result unused.
Term get_utf8(Term context);
Term get_utf16(Term context, uint32_t flags);
Term get_utf32(Term context, uint32_t flags);

// ---------------------------------------------------------------- construction (bit_syntax_build.cpp)

// Why construction failed. The engine raises error:reason; for bs_create_bin `cause` is {Segment, Type, Error, Value}, to go into
// {error_info, #{cause => Cause, function => format_bs_fail, module => erl_erts_errors}} of the trace item; none() in the older family.
struct Failure {
  Term reason;   // badarg or system_limit
  Term cause;
};
Term error_info_map(Allocator& heap, Term cause);   // that #{…} map

enum class SegmentType : uint8_t { Append, PrivateAppend, Binary, Integer, Float, String, Utf8, Utf16, Utf32 };
// The type of a segment of bs_create_bin; false: unknown atom.
bool segment_type(Term atom, SegmentType& type);

struct Segment {
  SegmentType type;
  uint32_t number = 0;      // as in the instruction (counts from 1), for Failure::cause
  uint32_t unit = 0;
  uint32_t flags = 0;
  Term value;               // String: unused
  Term size;                // integer, atom `all`, or `undefined` (utf)
  const uint8_t* string = nullptr;   // String: its bytes, `string_bytes` of them
  size_t string_bytes = 0;
};
// bs_create_bin. none(): see failure. Charges the process for long copies.
Term create(process::Process& self, std::span<const Segment> segments, Failure& failure);

// Where bs_put_* write. Filled by init/append; valid until the result is complete (nothing collects in between).
struct BuildState {
  uint8_t* bytes = nullptr;
  uint64_t position = 0;    // next bit
  uint64_t end = 0;         // first bit that is not ours: hostile code is stopped there
};
// bs_init2 (size in bytes) and bs_init_bits: the result goes to Dst at once. Term sizes come from registers.
Term init(process::Process& self, BuildState& state, Term size, uint32_t unit_bits, Failure& failure);  // unit_bits 8: bytes, 1: bits
// bs_append / bs_private_append: room for `size` bits (as the instruction gives them) behind `source`.
Term append(process::Process& self, BuildState& state, Term source, Term size, uint32_t unit, Failure& failure);
Term private_append(process::Process& self, BuildState& state, Term source, Term size, uint32_t unit, Failure& failure);
// bs_init_writable: an empty writable binary with room for `size` bytes (non-integers and non-positive: 1024).
Term init_writable(process::Process& self, Term size);

// bs_put_*; false: badarg. `size` as in the instruction (a term), `all` for binaries.
bool put_integer(BuildState& state, Term value, Term size, uint32_t unit, uint32_t flags, Failure& failure);
bool put_float(BuildState& state, Term value, Term size, uint32_t unit, uint32_t flags, Failure& failure);
bool put_binary(BuildState& state, Term value, Term size, uint32_t unit, Failure& failure);
bool put_string(BuildState& state, const uint8_t* bytes, size_t count);
bool put_utf8(BuildState& state, Term code_point, Failure& failure);
bool put_utf16(BuildState& state, Term code_point, uint32_t flags, Failure& failure);
bool put_utf32(BuildState& state, Term code_point, uint32_t flags, Failure& failure);
Term utf8_size(Term code_point);    // bytes; 4 for what is no code point (bs_put_utf8 fails then)
Term utf16_size(Term code_point);
// bs_add: first + second * unit; none(): failure (badarg, or system_limit).
Term add(Allocator& heap, Term first, Term second, uint32_t unit, Failure& failure);

}  // namespace athanor::engine::bit_syntax
