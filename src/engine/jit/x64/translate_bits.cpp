// SPDX-License-Identifier: Apache-2.0
// Matching bitstrings: contexts, fields of fixed size at whole bytes as long as they lie inside, steps over what is not looked at. All else is
// the handler's.
#include <cstddef>
#include <limits>

#include "engine/bit_syntax_append.hpp"
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
                       kData = in_context(offsetof(Context, data)), kBase = in_context(offsetof(Context, base));

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
    if (field.bits == 0 || field.bits > 56 || (bit_syntax::is_little(field.flags) && (bits | field.bits) % 8 != 0)) return false;
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
    const bool is_signed = bit_syntax::is_signed(field.flags), is_little = bit_syntax::is_little(field.flags);
    if (is_exact(offset, field.bits)) {
      if (field.bits == 8) {
        if (is_signed) as_.movsx(kScratch, byte_ptr(kScratch3, byte));
        else as_.movzx(kScratch.r32(), byte_ptr(kScratch3, byte));
      } else if (field.bits == 16) {
        as_.movzx(kScratch.r32(), word_ptr(kScratch3, byte));
        if (!is_little) as_.rol(kScratch.r16(), Imm(8));
        if (is_signed) as_.movsx(kScratch, kScratch.r16());
      } else {
        as_.mov(kScratch.r32(), dword_ptr(kScratch3, byte));
        if (!is_little) as_.bswap(kScratch.r32());
        if (is_signed) as_.movsxd(kScratch, kScratch.r32());
      }
      as_.shl(kScratch, Imm(4));
    } else {
      as_.mov(kScratch, qword_ptr(kScratch3, byte));
      if (is_little) as_.shl(kScratch, Imm(64 - field.bits));
      else as_.bswap(kScratch);
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
    case Op::op_bits_start: start_match(); return true;
    case Op::op_bits_start_resume: {
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
    case Op::op_bits_skip: return skip();
    case Op::op_bits_skip_all: {
      const auto& i = in<ir::BitsGet>();
      if (i.unit != 1 && i.unit != 8) return false;
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch2, kEnd);
      if (i.unit == 8) {
        as_.mov(kScratch3, kScratch2);
        as_.sub(kScratch3, kPosition);
        as_.test(kScratch3.r8(), Imm(7));
        as_.jnz(target(i.fail));
      }
      as_.mov(kPosition, kScratch2);
      slow_way(slow);
      return true;
    }
    case Op::op_bits_binary: {
      const auto& i = in<ir::BitsGet>();
      Label slow = emitter_.label();
      if (!load_bits(i.size, i.unit, slow)) return false;
      load_context(i.context, slow);
      as_.mov(kScratch2, kPosition);
      as_.add(kScratch2, kIp);
      as_.cmp(kScratch2, kEnd);
      as_.ja(target(i.fail));
      put_part(slow);
      as_.add(kPosition, kIp);
      store_box(i.destination, binary::kSubBinaryWords);
      slow_way(slow);
      return true;
    }
    case Op::op_bits_binary_all: case Op::op_bits_get_tail: {
      const bool moves = op == Op::op_bits_binary_all;
      const ir::Register context = moves ? in<ir::BitsGet>().context : in<ir::BitsMove>().context;
      if (moves && in<ir::BitsGet>().unit != 1 && in<ir::BitsGet>().unit != 8) return false;
      Label slow = emitter_.label();
      load_context(context, slow);
      as_.mov(kIp, kEnd);
      as_.sub(kIp, kPosition);
      if (moves && in<ir::BitsGet>().unit == 8) {
        as_.test(kIp.r8(), Imm(7));
        as_.jnz(target(in<ir::BitsGet>().fail));
      }
      put_part(slow);
      if (moves) as_.add(kPosition, kIp);
      store_box(moves ? in<ir::BitsGet>().destination : in<ir::BitsMove>().other, binary::kSubBinaryWords);
      slow_way(slow);
      return true;
    }
    case Op::op_bits_utf8: {
      // One byte at a whole byte.
      const auto& i = in<ir::BitsGet>();
      Label slow = emitter_.label();
      load_context(i.context, slow);
      as_.mov(kScratch2, kPosition);
      as_.test(kScratch2.r8(), Imm(7));
      as_.jnz(slow);
      as_.lea(kScratch3, qword_ptr(kScratch2, 8));
      as_.cmp(kScratch3, kEnd);
      as_.ja(target(i.fail));
      as_.shr(kScratch2, Imm(3));
      as_.add(kScratch2, kData);
      as_.movzx(kScratch2.r32(), byte_ptr(kScratch2));
      as_.cmp(kScratch2.r32(), Imm(0x80));
      as_.jae(slow);
      as_.mov(kPosition, kScratch3);
      as_.shl(kScratch2.r32(), Imm(4));
      as_.or_(kScratch2.r32(), Imm(0xF));
      store(i.destination, kScratch2);
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
      if (i.number != 8 && i.number != 1) return false;
      Label slow = emitter_.label();
      load_context(i.context, slow);
      if (i.number == 8) {
        as_.mov(kScratch2, kEnd);
        as_.sub(kScratch2, kPosition);
        as_.test(kScratch2.r8(), Imm(7));
        as_.jnz(target(i.fail));
      }
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
    case Op::op_bits_set_position: {
      const auto& i = in<ir::BitsMove>();
      Label slow = emitter_.label();
      load(kScratch2, i.other);
      unless_small(kScratch2, slow);
      load_context(i.context, slow);
      as_.sar(kScratch2, Imm(4));
      as_.cmp(kScratch2, kEnd);
      as_.ja(slow);   // negative ones, too
      as_.mov(kPosition, kScratch2);
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

// The context there is, or one of a whole binary or of a part.
void Translator::start_match() {
  const auto& i = in<ir::BitsStart>();
  Label slow = emitter_.label(), fresh = emitter_.label(), done = emitter_.label();
  load(kScratch, i.source);
  unless_boxed(kScratch, slow);
  unless_kind(kScratch, BoxedKind::MatchContext, fresh);
  if (i.destination != i.source) store(i.destination, kScratch);
  as_.jmp(done);
  as_.bind(fresh);
#ifdef ATH_STRESS
  as_.jmp(slow);   // what allocates is run
#else
  // kScratch2: the box of the bytes; kIp: first bit; kScratch: the one behind the last.
  Label whole = emitter_.label(), base = emitter_.label(), in_heap = emitter_.label(), plain = emitter_.label(), known = emitter_.label();
  as_.lea(kScratch3, qword_ptr(kHeapTop, static_cast<int32_t>((binary::kMatchContextWords + Allocator::kReserveWords) * sizeof(Word))));
  as_.cmp(kScratch3, kStackTop);
  as_.ja(slow);
  as_.mov(kScratch2, kScratch);
  unless_kind(kScratch, BoxedKind::SubBinary, whole);
  as_.mov(kIp, box_word(kScratch, 2));
  as_.shl(kIp, Imm(3));
  as_.movzx(kScratch3.r32(), byte_ptr(kScratch, 3 * sizeof(Word) - 2));
  as_.add(kIp, kScratch3);
  as_.mov(kScratch2, box_word(kScratch, 4));
  as_.movzx(kScratch3.r32(), byte_ptr(kScratch, 3 * sizeof(Word) - 1));
  as_.mov(kScratch, box_word(kScratch, 1));
  as_.lea(kScratch, qword_ptr(kScratch3, kScratch, 3));
  as_.add(kScratch, kIp);
  as_.jmp(base);
  as_.bind(whole);
  as_.xor_(kIp.r32(), kIp.r32());
  if_kind(kScratch, BoxedKind::HeapBinary, plain);
  unless_kind(kScratch, BoxedKind::BinaryRef, slow);
  as_.bind(plain);
  as_.mov(kScratch, box_word(kScratch, 1));
  as_.shl(kScratch, Imm(3));
  as_.bind(base);
  if_kind(kScratch2, BoxedKind::HeapBinary, in_heap);
  as_.mov(kScratch3, box_word(kScratch2, 4));
  as_.cmp(box_word(kScratch2, 5), Imm(0));
  as_.je(known);
  as_.or_(box_word(kScratch2, 5), Imm(bit_syntax::kHasContexts));   // it may grow in place, but not move
  as_.jmp(known);
  as_.bind(in_heap);
  as_.lea(kScratch3, box_word(kScratch2, 2));
  as_.bind(known);
  const auto heap_word = [](size_t offset) { return qword_ptr(kHeapTop, static_cast<int32_t>(offset)); };
  as_.mov(heap_word(0), Imm(static_cast<int64_t>(make_header(BoxedKind::MatchContext, binary::kMatchContextWords - 1))));
  as_.mov(heap_word(offsetof(Context, position)), kIp);
  as_.mov(heap_word(offsetof(Context, end)), kScratch);
  as_.mov(heap_word(offsetof(Context, data)), kScratch3);
  as_.mov(heap_word(offsetof(Context, base)), kScratch2);
  store_box(i.destination, binary::kMatchContextWords);
#endif
  as_.bind(done);
  slow_way(slow);
}

// So many units, in bits, in kIp; false: the handler's. Changes kScratch3.
bool Translator::load_bits(ir::Source size, uint32_t unit, Label slow) {
  if (ir::is_constant(size)) {
    uint64_t bits;
    if (!bit_syntax::field_bits(Term{size}, unit, bits) || bits > std::numeric_limits<int32_t>::max()) return false;
    load_constant(kIp, bits);
    return true;
  }
  if (unit > 256) return false;
  load(kIp, size);
  unless_small(kIp, slow);
  as_.mov(kScratch3, kIp);
  as_.shr(kScratch3, Imm(48));
  as_.jnz(slow);   // negative, or as many as there cannot be
  as_.sar(kIp, Imm(4));
  as_.imul(kIp, kIp, Imm(unit));
  return true;
}

bool Translator::skip() {
  const auto& i = in<ir::BitsGet>();
  Label slow = emitter_.label();
  if (!load_bits(i.size, i.unit, slow)) return false;
  load_context(i.context, slow);
  as_.mov(kScratch2, kEnd);
  as_.sub(kScratch2, kPosition);
  as_.cmp(kScratch2, kIp);
  as_.jb(target(i.fail));
  as_.add(kPosition, kIp);
  slow_way(slow);
  return true;
}

// The next kIp bits of the context in kScratch as a sub-binary at heap top, which does not move yet. Where they would rather be copied, and
// where there is no room: slow. Changes kScratch2, kScratch3.
void Translator::put_part(Label slow) {
#ifdef ATH_STRESS
  as_.jmp(slow);   // what allocates is run
#endif
  const auto heap_word = [](size_t index) { return qword_ptr(kHeapTop, static_cast<int32_t>(index * sizeof(Word))); };
  as_.cmp(kIp, Imm(binary::kHeapBinaryMax * 8));
  as_.jbe(slow);
  as_.lea(kScratch3, heap_word(binary::kSubBinaryWords + Allocator::kReserveWords));
  as_.cmp(kScratch3, kStackTop);
  as_.ja(slow);
  as_.mov(heap_word(0), Imm(static_cast<int64_t>(make_header(BoxedKind::SubBinary, binary::kSubBinaryWords - 1))));
  as_.mov(kScratch3, kIp);
  as_.shr(kScratch3, Imm(3));
  as_.mov(heap_word(1), kScratch3);
  as_.mov(kScratch2, kPosition);
  as_.mov(kScratch3, kScratch2);
  as_.shr(kScratch3, Imm(3));
  as_.mov(heap_word(2), kScratch3);
  as_.and_(kScratch2.r32(), Imm(7));
  as_.mov(kScratch3.r32(), kIp.r32());
  as_.and_(kScratch3.r32(), Imm(7));
  as_.shl(kScratch3.r32(), Imm(8));
  as_.or_(kScratch2, kScratch3);
  as_.mov(heap_word(3), kScratch2);
  as_.mov(kScratch2, kBase);
  as_.mov(heap_word(4), kScratch2);
}

// The box at heap top is complete.
void Translator::store_box(ir::Register to, size_t words) {
  as_.lea(kScratch, qword_ptr(kHeapTop, 2));
  store(to, kScratch);
  as_.add(kHeapTop, Imm(static_cast<int64_t>(words * sizeof(Word))));
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
