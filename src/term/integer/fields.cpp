// SPDX-License-Identifier: Apache-2.0
// Integers as bytes: fields of binaries and the external format.
#include "term/integer/operand.hpp"

namespace athanor::integer {
namespace {

struct Bytes {
  const uint8_t* bytes;
  size_t count;
  bool little_endian;
  uint8_t from_low(size_t index) const { return bytes[little_endian ? index : count - 1 - index]; }
};

void load(const Bytes& bytes, mp_limb_t* out, size_t limbs) {
  for (size_t i = 0; i < limbs; ++i) out[i] = 0;
  for (size_t i = 0; i < bytes.count; ++i) out[i / 8] |= static_cast<mp_limb_t>(bytes.from_low(i)) << (8 * (i % 8));
}

}  // namespace

Term from_bytes(Allocator& heap, const uint8_t* data, size_t count, bool little_endian, bool negative) {
  Bytes bytes{data, count, little_endian};
  while (bytes.count > 0 && bytes.from_low(bytes.count - 1) == 0) {
    if (!little_endian) ++bytes.bytes;
    --bytes.count;
  }
  size_t limbs = (bytes.count + 7) / 8;
  if (limbs > kMaxLimbs) return Term::none();
  if (limbs <= 1) {
    mp_limb_t limb = 0;
    load(bytes, &limb, limbs);
    return from_limbs(heap, &limb, 1, negative);
  }
  Result result(heap, limbs);
  load(bytes, result.limbs(), limbs);
  return result.finish(limbs, negative);
}

Term from_two_complement(Allocator& heap, const uint8_t* data, size_t count, bool little_endian, bool is_signed) {
  Bytes bytes{data, count, little_endian};
  bool negative = is_signed && count > 0 && bytes.from_low(count - 1) >> 7 != 0;
  if (!negative) return from_bytes(heap, data, count, little_endian, false);
  size_t limbs = (count + 7) / 8;
  const auto extend_and_negate = [&](mp_limb_t* out) {
    load(bytes, out, limbs);
    if (count % 8 != 0) out[limbs - 1] |= ~mp_limb_t{0} << (8 * (count % 8));
    mpn_neg(out, out, static_cast<mp_size_t>(limbs));
  };
  if (limbs == 1) {
    mp_limb_t limb;
    extend_and_negate(&limb);
    return from_limbs(heap, &limb, 1, true);
  }
  if (limbs > kMaxLimbs + 1) return Term::none();
  Result result(heap, limbs);
  extend_and_negate(result.limbs());
  return result.finish(limbs, true);
}

void to_field(Term t, size_t bits, bool little_endian, uint8_t* out) {
  if (bits == 0) return;
  Operand operand(t);
  TwosComplement number(operand);
  const auto byte = [&](size_t index) { return static_cast<unsigned>(number.limb(index / 8) >> (8 * (index % 8)) & 0xFF); };
  size_t count = (bits + 7) / 8;
  auto rest = static_cast<unsigned>(bits % 8);
  if (little_endian) {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(byte(i));
    // OTP: the last byte holds the most significant bits, in its high part.
    if (rest != 0) out[count - 1] = static_cast<uint8_t>(out[count - 1] << (8 - rest));
    return;
  }
  unsigned lower = 0;
  for (size_t i = 0; i < count; ++i) {
    unsigned current = byte(i);
    out[count - 1 - i] = static_cast<uint8_t>(rest == 0 ? current : current << (8 - rest) | lower >> rest);
    lower = current;
  }
}

}  // namespace athanor::integer
