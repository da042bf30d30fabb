// SPDX-License-Identifier: Apache-2.0
// Building bitstrings of fields whose sizes are known: behind an appendable binary that has room, or as a heap binary of their own. All else
// is the handler's.
//
// Neighbouring fields are put together in a register and stored as eight bytes. What such a store writes behind its fields is nobody's: spare
// bytes of the binary, which are asked for with the rest, or free words of the heap, which has a reserve.
#include <cstddef>

#include "engine/bit_syntax_append.hpp"
#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::byte_ptr;
using asmjit::x86::Gp;
using asmjit::x86::qword_ptr;
using bit_syntax::SegmentType;

namespace {

constexpr size_t kMostFields = 24;
constexpr uint32_t kMostWords = 1 << 16;   // of heap that is asked for in passing

asmjit::x86::Mem in_shared(size_t offset) { return qword_ptr(kIp, static_cast<int32_t>(offset)); }
asmjit::x86::Mem heap_word(size_t index) { return qword_ptr(kHeapTop, static_cast<int32_t>(index * sizeof(Word))); }

uint64_t low_bits(uint64_t value, uint32_t bits) { return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1); }

}  // namespace

// The fields of so many rows; false: there are others among them.
bool Translator::read_build_fields(const Word* row, size_t count, std::vector<BuildField>& fields) {
  for (; count != 0; --count, row += 3) {
    const auto type = static_cast<SegmentType>(row[0] & 0xFF);
    const bool is_little = bit_syntax::is_little(static_cast<uint32_t>(row[0] >> 8) & 0xFF), is_constant = ir::is_constant(row[1]);
    uint64_t bits = 8;
    switch (type) {
      case SegmentType::Integer:
        if (!ir::is_constant(row[2]) || !bit_syntax::field_bits(Term{row[2]}, static_cast<uint32_t>(row[0] >> 16) & 0xFFFF, bits)) return false;
        if (bits == 0 || bits > 64 || (is_little && bits % 8 != 0)) return false;
        break;
      case SegmentType::Utf8: break;
      case SegmentType::String: {
        const auto* bytes = reinterpret_cast<const uint8_t*>(row[1]);
        if (row[2] > kMostFields) return false;
        for (size_t b = 0; b < row[2]; ++b) fields.push_back({0, bytes[b], 8, true, false, false});
        continue;
      }
      default: return false;
    }
    BuildField field{row[1], 0, static_cast<uint32_t>(bits), is_constant, is_little, type == SegmentType::Utf8};
    if (is_constant) {
      const Term value{row[1]};
      if (!value.is_small() || (field.is_ascii && static_cast<uint64_t>(value.small_value()) >= 0x80)) return false;
      const auto raw = static_cast<uint64_t>(value.small_value());
      field.constant = low_bits(is_little ? __builtin_bswap64(raw) >> (64 - bits) : raw, field.bits);
    }
    fields.push_back(field);
  }
  return !fields.empty() && fields.size() <= kMostFields;
}

// Cuts them, at whole bytes, into groups of at most `most` bits; false: there is no such place.
bool Translator::group_build_fields(const std::vector<BuildField>& fields, uint32_t most, std::vector<BuildGroup>& groups) {
  size_t first = 0;
  while (first < fields.size()) {
    uint32_t bits = 0;
    BuildGroup group{first, first, 0};
    for (size_t f = first; f < fields.size() && bits + fields[f].bits <= most; ++f) {
      bits += fields[f].bits;
      if (bits % 8 == 0 || f + 1 == fields.size()) group = {first, f + 1, bits};
    }
    if (group.end == first) return false;
    groups.push_back(group);
    first = group.end;
  }
  return true;
}

// Jumps unless all of them are small integers, and code points of one byte where they must be.
void Translator::unless_fields(const std::vector<BuildField>& fields, Label slow) {
  bool is_first = true;
  for (const BuildField& field : fields) {
    if (field.is_constant) continue;
    if (is_first) load(kScratch, field.source);
    else as_.and_(kScratch, mem(static_cast<ir::Register>(field.source)));
    is_first = false;
  }
  if (is_first) return;
  unless_small(kScratch, slow);
  for (const BuildField& field : fields) {
    if (field.is_constant || !field.is_ascii) continue;
    as_.cmp(mem(static_cast<ir::Register>(field.source)), Imm(static_cast<int64_t>(Term::small(0x7F).raw)));
    as_.ja(slow);
  }
}

// The fields of a group in kScratch, from its highest bit on, zeros behind them. Changes `other`.
void Translator::put_together(const std::vector<BuildField>& fields, const BuildGroup& group, Gp other) {
  uint64_t constant = 0;
  bool is_constant = true, is_first = true;
  for (size_t f = group.first; f < group.end; ++f) {
    is_constant &= fields[f].is_constant;
    constant = (fields[f].bits == 64 ? 0 : constant << fields[f].bits) | fields[f].constant;
  }
  if (is_constant) return load_constant(kScratch, constant << (64 - group.bits));
  for (size_t f = group.first; f < group.end; ++f) {
    const BuildField& field = fields[f];
    const Gp to = is_first ? kScratch : other;
    const uint32_t spare = 64 - field.bits;
    if (!is_first) as_.shl(kScratch, Imm(field.bits));
    if (field.is_constant) {
      if (is_first || field.constant != 0) load_constant(to, field.constant);
    } else {
      load(to, field.source);
      if (field.is_little) {
        as_.sar(to, Imm(4));
        as_.bswap(to);
        if (spare != 0) as_.shr(to, Imm(spare));
      } else if (is_first) {
        as_.sar(to, Imm(4));   // what is too much of the first is shifted out in the end
      } else if (spare >= 4) {
        if (spare > 4) as_.shl(to, Imm(spare - 4));
        as_.shr(to, Imm(spare));
      } else {
        as_.sar(to, Imm(4));
        as_.shl(to, Imm(spare));
        as_.shr(to, Imm(spare));
      }
    }
    if (!is_first && (!field.is_constant || field.constant != 0)) as_.or_(kScratch, to);
    is_first = false;
  }
  if (group.bits != 64) as_.shl(kScratch, Imm(64 - group.bits));
}

bool Translator::building(Op op) {
#ifdef ATH_STRESS
  return false;   // what allocates is run
#endif
  if (op != Op::op_bits_create) return false;
  const auto& i = in<ir::BitsCreate>();
  const Word* rows = tail<ir::BitsCreate>();
  if (i.count == 0 || i.words > kMostWords) return false;
  const auto type = static_cast<SegmentType>(rows[0] & 0xFF);
  const bool in_place = type == SegmentType::PrivateAppend, appends = in_place || type == SegmentType::Append;
  const size_t skipped = appends ? 1 : 0;
  std::vector<BuildField> fields;
  std::vector<BuildGroup> groups;
  if (!read_build_fields(rows + 3 * skipped, i.count - skipped, fields)) return false;
  uint64_t bits = 0;
  for (const BuildField& field : fields) bits += field.bits;
  if (!appends) return bits % 8 == 0 && bits / 8 <= binary::kHeapBinaryMax && group_build_fields(fields, 64, groups) && build_new(fields, groups, bits / 8);
  const uint64_t unit = in_place ? 1 : rows[0] >> 16 & 0xFFFF;
  if (unit == 0 || ir::is_constant(rows[1])) return false;
  if (bits % 8 == 0) return 8 % unit == 0 && group_build_fields(fields, 64, groups) && append_bytes(rows[1], in_place, fields, groups, bits / 8);
  return unit == 1 && bits <= 56 && append_bits(rows[1], in_place, fields, static_cast<uint32_t>(bits));
}

bool Translator::build_new(const std::vector<BuildField>& fields, const std::vector<BuildGroup>& groups, size_t bytes) {
  const auto& i = in<ir::BitsCreate>();
  const size_t words = binary::heap_binary_words(bytes);
  Label slow = emitter_.label();
  unless_room(words + i.words, slow);
  unless_fields(fields, slow);
  store_constant(heap_word(0), make_header(BoxedKind::HeapBinary, words - 1));
  store_constant(heap_word(1), bytes);
  if (bytes % 8 != 0) store_constant(heap_word(words - 1), 0);   // padding is copied with the box
  size_t at = 2 * sizeof(Word);
  for (const BuildGroup& group : groups) {
    put_together(fields, group, kScratch3);
    as_.bswap(kScratch);
    as_.mov(qword_ptr(kHeapTop, static_cast<int32_t>(at)), kScratch);
    at += group.bits / 8;
  }
  store_box(i.destination, words);
  slow_way(slow);
  return true;
}

// A binary one may append to (engine/bit_syntax_append.hpp): its box stays in kScratch, that of its bytes in kScratch2. The word of bits and
// flags is asked for by the caller.
void Translator::load_appendable(ir::Source source, Label slow) {
  load(kScratch, source);
  unless_boxed(kScratch, slow);
  unless_kind(kScratch, BoxedKind::SubBinary, slow);
  as_.cmp(box_word(kScratch, 2), Imm(0));
  as_.jne(slow);
  as_.mov(kScratch2, box_word(kScratch, 4));
  unless_kind(kScratch2, BoxedKind::BinaryRef, slow);
  as_.test(byte_ptr(kScratch2, 5 * sizeof(Word) - 2), Imm(bit_syntax::kWritable));
  as_.jz(slow);
}

// Header, first byte and base of a new sub-binary at heap top.
void Translator::put_sub_binary() {
  store_constant(heap_word(0), make_header(BoxedKind::SubBinary, binary::kSubBinaryWords - 1));
  store_constant(heap_word(2), 0);
  as_.mov(heap_word(4), kScratch2);
}

void Translator::store_appended(ir::Source source, bool in_place) {
  const auto& i = in<ir::BitsCreate>();
  if (in_place) return move(i.destination, source);
  store_box(i.destination, binary::kSubBinaryWords);
}

// Whole bytes behind whole bytes.
bool Translator::append_bytes(ir::Source source, bool in_place, const std::vector<BuildField>& fields, const std::vector<BuildGroup>& groups, size_t bytes) {
  const auto& i = in<ir::BitsCreate>();
  const size_t behind = sizeof(Word) - groups.back().bits / 8;
  Label slow = emitter_.label();
  unless_room((in_place ? 0 : binary::kSubBinaryWords) + i.words, slow);
  unless_fields(fields, slow);
  load_appendable(source, slow);
  as_.cmp(box_word(kScratch, 3), Imm(static_cast<int64_t>(bit_syntax::kSubBinaryWritable)));
  as_.jne(slow);
  as_.mov(kScratch3, box_word(kScratch, 1));
  as_.cmp(box_word(kScratch2, 1), kScratch3);
  as_.jne(slow);
  as_.mov(kIp, box_word(kScratch2, 3));
  as_.cmp(in_shared(offsetof(OffHeapBinary, references)), Imm(1));
  as_.jne(slow);
  as_.add(kScratch3, Imm(static_cast<int64_t>(bytes + behind)));
  as_.cmp(kScratch3, in_shared(offsetof(OffHeapBinary, capacity)));
  as_.ja(slow);
  if (behind != 0) as_.sub(kScratch3, Imm(static_cast<int64_t>(behind)));
  // It will do.
  as_.mov(box_word(kScratch2, 1), kScratch3);
  as_.mov(in_shared(offsetof(OffHeapBinary, size)), kScratch3);
  if (in_place) {
    as_.mov(box_word(kScratch, 1), kScratch3);
  } else {
    as_.mov(box_word(kScratch, 3), Imm(0));
    put_sub_binary();
    as_.mov(heap_word(1), kScratch3);
    store_constant(heap_word(3), bit_syntax::kSubBinaryWritable);
  }
  as_.mov(kIp, box_word(kScratch2, 4));
  as_.add(kIp, kScratch3);
  auto at = -static_cast<int32_t>(bytes);
  for (const BuildGroup& group : groups) {
    put_together(fields, group, kScratch3);
    as_.bswap(kScratch);
    as_.mov(qword_ptr(kIp, at), kScratch);
    at += static_cast<int32_t>(group.bits / 8);
  }
  store_appended(source, in_place);
  slow_way(slow);
  return true;
}

// A few bits behind any.
bool Translator::append_bits(ir::Source source, bool in_place, const std::vector<BuildField>& fields, uint32_t bits) {
  const auto& i = in<ir::BitsCreate>();
  Label slow = emitter_.label();
  unless_room((in_place ? 0 : binary::kSubBinaryWords) + i.words, slow);
  unless_fields(fields, slow);
  load_appendable(source, slow);
  as_.mov(kIp, box_word(kScratch, 3));   // no first bit; the number of odd ones; writable
  as_.mov(kScratch3, kIp);
  as_.and_(kScratch3, Imm(~int64_t{0x700}));
  as_.cmp(kScratch3, Imm(static_cast<int64_t>(bit_syntax::kSubBinaryWritable)));
  as_.jne(slow);
  as_.shr(kIp, Imm(8));
  as_.and_(kIp.r32(), Imm(7));
  as_.mov(kScratch3, box_word(kScratch, 1));
  as_.lea(kIp, qword_ptr(kIp, kScratch3, 3));   // all its bits
  as_.lea(kScratch3, qword_ptr(kIp, 7));
  as_.shr(kScratch3, Imm(3));
  as_.cmp(box_word(kScratch2, 1), kScratch3);
  as_.jne(slow);
  as_.mov(kScratch3, box_word(kScratch2, 3));
  as_.cmp(qword_ptr(kScratch3, offsetof(OffHeapBinary, references)), Imm(1));
  as_.jne(slow);
  as_.mov(kScratch3, qword_ptr(kScratch3, offsetof(OffHeapBinary, capacity)));
  as_.sub(kScratch3, Imm(sizeof(Word)));
  as_.shl(kScratch3, Imm(3));
  as_.cmp(kIp, kScratch3);
  as_.jg(slow);   // eight bytes from the first one touched
  // It will do.
  const auto after = [&](int32_t more) { as_.lea(kScratch3, qword_ptr(kIp, static_cast<int32_t>(bits) + more)); };
  const auto box = in_place ? box_word(kScratch, 0) : heap_word(0);
  const auto word_of_box = [&](int32_t index) { return box.cloneAdjusted(index * static_cast<int32_t>(sizeof(Word))); };
  if (!in_place) {
    as_.and_(box_word(kScratch, 3), Imm(0x700));
    put_sub_binary();
  }
  after(0);
  as_.shr(kScratch3, Imm(3));
  as_.mov(word_of_box(1), kScratch3);
  after(0);
  as_.and_(kScratch3.r32(), Imm(7));
  as_.shl(kScratch3.r32(), Imm(8));
  as_.or_(kScratch3.r32(), Imm(static_cast<int64_t>(bit_syntax::kSubBinaryWritable)));
  as_.mov(word_of_box(3), kScratch3);
  after(7);
  as_.shr(kScratch3, Imm(3));
  as_.mov(box_word(kScratch2, 1), kScratch3);
  as_.mov(kScratch, box_word(kScratch2, 3));
  as_.mov(qword_ptr(kScratch, offsetof(OffHeapBinary, size)), kScratch3);
  as_.mov(kScratch3, box_word(kScratch2, 4));
  as_.mov(kScratch2, kIp);
  as_.shr(kScratch2, Imm(3));
  as_.add(kScratch3, kScratch2);
  put_together(fields, {0, fields.size(), bits}, kScratch2);
  // Behind the odd bits that are there. The red zone keeps what stands where a count of bits must.
  const auto saved = qword_ptr(asmjit::x86::rsp, -8);
  static_assert(kStackTop == asmjit::x86::rcx);
  as_.mov(saved, kStackTop);
  as_.mov(asmjit::x86::ecx, kIp.r32());
  as_.and_(asmjit::x86::ecx, Imm(7));
  as_.shr(kScratch, asmjit::x86::cl);
  as_.mov(kIp, Imm(-1));
  as_.shr(kIp, asmjit::x86::cl);
  as_.not_(kIp);
  as_.mov(kStackTop, saved);
  as_.movzx(kScratch2.r32(), byte_ptr(kScratch3));
  as_.shl(kScratch2, Imm(56));
  as_.and_(kScratch2, kIp);
  as_.or_(kScratch, kScratch2);
  as_.bswap(kScratch);
  as_.mov(qword_ptr(kScratch3), kScratch);
  store_appended(source, in_place);
  slow_way(slow);
  return true;
}

}  // namespace athanor::engine::jit
