// SPDX-License-Identifier: Apache-2.0
// Matching bitstrings: fields of fixed size at whole bytes, as long as they lie inside. All else is the handler's.
#include <cstddef>
#include <limits>

#include "engine/bit_syntax.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::byte_ptr;
using asmjit::x86::dword_ptr;
using asmjit::x86::qword_ptr;
using asmjit::x86::word_ptr;
using bit_syntax::Context;

namespace {

asmjit::x86::Mem in_context(size_t offset) { return qword_ptr(kScratch, static_cast<int32_t>(offset) - 2); }
const asmjit::x86::Mem kPosition = in_context(offsetof(Context, position)), kEnd = in_context(offsetof(Context, end)),
                       kData = in_context(offsetof(Context, data));

// A load of just its own bytes.
bool is_exact(uint64_t offset, uint64_t bits) { return offset % 8 == 0 && (bits == 8 || bits == 16 || bits == 32); }

}  // namespace

void Translator::load_context(ir::Register place, Label slow) {
  load(kScratch, place);
  unless_boxed(kScratch, slow);
  unless_kind(kScratch, BoxedKind::MatchContext, slow);
}

// False: the handler's.
bool Translator::read_fields(ir::Register context, const std::vector<BitField>& fields) {
  uint64_t bits = 0, touched = 0;
  for (const BitField& field : fields) {
    if (field.bits == 0 || field.bits > 56 || bit_syntax::is_little(field.flags)) return false;
    touched = std::max(touched, is_exact(bits, field.bits) ? bits + field.bits : bits / 8 * 8 + 64);
    bits += field.bits;
  }
  if (touched > 1 << 20) return false;
  Label slow = emitter_.label();
  load_context(context, slow);
  as_.mov(kScratch2, kPosition);
  as_.test(kScratch2.r8(), Imm(7));
  as_.jnz(slow);
  as_.lea(kScratch3, qword_ptr(kScratch2, static_cast<int32_t>(touched)));
  as_.cmp(kScratch3, kEnd);
  as_.ja(slow);
  as_.mov(kScratch3, kScratch2);
  as_.shr(kScratch3, Imm(3));
  as_.add(kScratch3, kData);
  as_.add(kScratch2, Imm(static_cast<int64_t>(bits)));
  as_.mov(kPosition, kScratch2);
  uint64_t offset = 0;
  for (const BitField& field : fields) {
    const auto byte = static_cast<int32_t>(offset / 8);
    const bool is_signed = bit_syntax::is_signed(field.flags);
    if (is_exact(offset, field.bits)) {
      if (field.bits == 8) {
        if (is_signed) as_.movsx(kScratch, byte_ptr(kScratch3, byte));
        else as_.movzx(kScratch.r32(), byte_ptr(kScratch3, byte));
      } else if (field.bits == 16) {
        as_.movzx(kScratch.r32(), word_ptr(kScratch3, byte));
        as_.rol(kScratch.r16(), Imm(8));
        if (is_signed) as_.movsx(kScratch, kScratch.r16());
      } else {
        as_.mov(kScratch.r32(), dword_ptr(kScratch3, byte));
        as_.bswap(kScratch.r32());
        if (is_signed) as_.movsxd(kScratch, kScratch.r32());
      }
      as_.shl(kScratch, Imm(4));
    } else {
      as_.mov(kScratch, qword_ptr(kScratch3, byte));
      as_.bswap(kScratch);
      if (offset % 8 != 0) as_.shl(kScratch, Imm(offset % 8));
      if (is_signed) as_.sar(kScratch, Imm(60 - field.bits));
      else as_.shr(kScratch, Imm(60 - field.bits));
    }
    as_.or_(kScratch, Imm(0xF));
    store(field.destination, kScratch);
    offset += field.bits;
  }
  slow_way(slow);
  return true;
}

bool Translator::bits(Op op) {
  switch (op) {
    case Op::op_bits_start: case Op::op_bits_start_resume: {
      const auto& i = in<ir::BitsStart>();
      Label slow = emitter_.label();
      load_context(i.source, slow);
      if (i.destination != i.source) store(i.destination, kScratch);
      slow_way(slow);
      return true;
    }
    case Op::op_bits_integer_fixed: {
      const auto& i = in<ir::BitsGet>();
      return read_fields(i.context, {{i.unit, i.flags, i.destination}});
    }
    case Op::op_bits_integers: {
      const auto& i = in<ir::BitsIntegers>();
      const Word* words = tail<ir::BitsIntegers>();
      std::vector<BitField> fields;
      for (uint32_t f = 0; f < i.count; ++f) {
        fields.push_back({words[f] & 0xFF, static_cast<uint32_t>(words[f] >> 8) & 0xFF, static_cast<ir::Register>(words[f] >> 32)});
      }
      return read_fields(i.context, fields);
    }
    case Op::op_bits_skip: {
      const auto& i = in<ir::BitsGet>();
      uint64_t bits;
      if (!ir::is_constant(i.size) || !bit_syntax::field_bits(Term{i.size}, i.unit, bits) || bits > std::numeric_limits<int32_t>::max()) return false;
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch2, kEnd);
      as_.sub(kScratch2, kPosition);
      as_.cmp(kScratch2, Imm(static_cast<int64_t>(bits)));
      as_.jb(target(i.fail));
      as_.add(kPosition, Imm(static_cast<int64_t>(bits)));
      slow_way(slow);
      return true;
    }
    case Op::op_bits_test_tail: {
      const auto& i = in<ir::BitsTest>();
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch2, kEnd);
      as_.sub(kScratch2, kPosition);
      compare(kScratch2, i.number);
      as_.jne(target(i.fail));
      slow_way(slow);
      return true;
    }
    case Op::op_bits_test_unit: {
      const auto& i = in<ir::BitsTest>();
      if (i.number != 8) return false;
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch2, kEnd);
      as_.sub(kScratch2, kPosition);
      as_.test(kScratch2.r8(), Imm(7));
      as_.jnz(target(i.fail));
      slow_way(slow);
      return true;
    }
    case Op::op_bits_get_position: {
      const auto& i = in<ir::BitsMove>();
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch, kPosition);
      as_.mov(kScratch2, kScratch);
      as_.shr(kScratch2, Imm(58));
      as_.jnz(slow);
      as_.shl(kScratch, Imm(4));
      as_.or_(kScratch, Imm(0xF));
      store(i.other, kScratch);
      slow_way(slow);
      return true;
    }
    case Op::op_bits_match_string: {
      const auto& i = in<ir::BitsTest>();
      return match_string(i.context, i.number, i.bytes, i.fail);
    }
    default: return false;
  }
}

// A few whole bytes that stand at a whole byte.
bool Translator::match_string(ir::Register context, uint64_t bits, const uint8_t* bytes, ir::JumpOffset fail) {
  if (bits % 8 != 0 || bits == 0 || bits > 16 * 8) return false;
  Label slow = emitter_.label();
  load_context(context, slow);
  as_.mov(kScratch2, kPosition);
  as_.test(kScratch2.r8(), Imm(7));
  as_.jnz(slow);
  as_.lea(kScratch3, qword_ptr(kScratch2, static_cast<int32_t>(bits)));
  as_.cmp(kScratch3, kEnd);
  as_.ja(target(fail));
  as_.shr(kScratch2, Imm(3));
  as_.add(kScratch2, kData);
  for (uint64_t at = 0, left = bits / 8; left != 0;) {
    const auto place = static_cast<int32_t>(at);
    uint64_t step = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    uint32_t wanted = 0;
    for (uint64_t b = 0; b < step; ++b) wanted |= static_cast<uint32_t>(bytes[at + b]) << (8 * b);
    if (step == 4) as_.cmp(dword_ptr(kScratch2, place), Imm(static_cast<int32_t>(wanted)));
    else if (step == 2) as_.cmp(word_ptr(kScratch2, place), Imm(static_cast<int16_t>(wanted)));
    else as_.cmp(byte_ptr(kScratch2, place), Imm(static_cast<int8_t>(wanted)));
    as_.jne(target(fail));
    at += step;
    left -= step;
  }
  as_.add(kPosition, Imm(static_cast<int64_t>(bits)));
  slow_way(slow);
  return true;
}

}  // namespace athanor::engine::jit
