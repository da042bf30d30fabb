// SPDX-License-Identifier: Apache-2.0
// Decoding instructions of the Code chunk, one at a time.
#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"

namespace athanor::beam {
namespace {

// Compact terms: three bits of tag, then a number of one, two or more bytes.
struct Compact {
  uint32_t tag;
  bool is_big;         // the number does not fit int64
  int64_t value;       // is_big: offset of its bytes
  uint32_t count;      // is_big: bytes
};

constexpr uint32_t kMaxBigBytes = 1u << 20;
constexpr uint32_t kMaxList = 1u << 20;

bool compact(const BeamFile& file, uint32_t& at, Compact& out, int depth) {
  if (at >= file.code_bytes || depth > 2) return false;
  uint8_t first = file.code[at++];
  out.tag = first & 7;
  out.is_big = false;
  if (!(first & 8)) {
    out.value = first >> 4;
    return true;
  }
  if (!(first & 16)) {
    if (at >= file.code_bytes) return false;
    out.value = static_cast<int64_t>(first >> 5) << 8 | file.code[at++];
    return true;
  }
  uint32_t count = (first >> 5) + 2u;
  if (count == 9) {
    Compact length;
    if (!compact(file, at, length, depth + 1) || length.tag != 0 || length.is_big || length.value < 0 || length.value > kMaxBigBytes) return false;
    count = static_cast<uint32_t>(length.value) + 9;
  }
  if (file.code_bytes - at < count) return false;
  if (count > 8) {
    out.is_big = true;
    out.value = at;
    out.count = count;
    at += count;
    return true;
  }
  uint64_t value = file.code[at] & 0x80 ? ~uint64_t{0} : 0;
  for (uint32_t i = 0; i < count; ++i) value = value << 8 | file.code[at + i];
  at += count;
  out.value = static_cast<int64_t>(value);
  return true;
}

}  // namespace

// Nearly all operands are one or two bytes; `slow_operand` takes the rest.
inline bool Decoder::operand(Instruction& instruction, Operand& out, int depth) {
  constexpr OperandKind kKinds[] = {OperandKind::Unsigned, OperandKind::Integer, OperandKind::Atom, OperandKind::X, OperandKind::Y, OperandKind::Label, OperandKind::Character};
  if (file_.code_bytes - at_ >= 2) {
    const uint8_t* bytes = file_.code + at_;
    const uint32_t tag = bytes[0] & 7;
    if (tag != 7 && (bytes[0] & 0x18) != 0x18) {
      const bool is_long = bytes[0] & 8;
      at_ += is_long ? 2 : 1;
      out.value = is_long ? static_cast<int64_t>(bytes[0] >> 5) << 8 | bytes[1] : bytes[0] >> 4;
      out.kind = tag == 2 && out.value == 0 ? OperandKind::Nil : kKinds[tag];
      out.count = 0;
      return true;
    }
  }
  return slow_operand(instruction, out, depth);
}

bool Decoder::slow_operand(Instruction& instruction, Operand& out, int depth) {
  Compact c;
  if (!compact(file_, at_, c, 0)) {
    error_ = "an operand is cut off";
    return false;
  }
  out.count = 0;
  out.value = c.value;
  if (c.is_big) {
    if (c.tag != 1) { error_ = "a number is too large"; return false; }
    out.kind = OperandKind::BigInteger;
    out.count = c.count;
    return true;
  }
  if (c.tag != 1 && c.tag != 7 && (c.value < 0 || c.value > UINT32_MAX)) {
    error_ = "an index is out of range";
    return false;
  }
  switch (c.tag) {
    case 0: out.kind = OperandKind::Unsigned; return true;
    case 1: out.kind = OperandKind::Integer; return true;
    case 2: out.kind = c.value == 0 ? OperandKind::Nil : OperandKind::Atom; return true;
    case 3: out.kind = OperandKind::X; return true;
    case 4: out.kind = OperandKind::Y; return true;
    case 5: out.kind = OperandKind::Label; return true;
    case 6: out.kind = OperandKind::Character; return true;
    default: break;
  }
  // Extended: the value says which.
  if (depth > 1) { error_ = "operands are nested too deep"; return false; }
  Operand inner;
  switch (c.value) {
    case 1: {   // list
      if (!operand(instruction, inner, depth + 1) || inner.kind != OperandKind::Unsigned || inner.value > kMaxList || depth > 0) {
        if (!error_) error_ = "a list is malformed";
        return false;
      }
      size_t first = instruction.list.size();
      for (int64_t i = 0; i < inner.value; ++i) {
        Operand element;
        if (!operand(instruction, element, depth + 1)) return false;
        instruction.list.push_back(element);
      }
      out.kind = OperandKind::List;
      out.value = static_cast<int64_t>(first);
      out.count = static_cast<uint32_t>(inner.value);
      return true;
    }
    case 2:     // float register
      if (!operand(instruction, inner, depth + 1) || inner.kind != OperandKind::Unsigned) { error_ = "a float register is malformed"; return false; }
      out.kind = OperandKind::FloatRegister;
      out.value = inner.value;
      return true;
    case 3: {   // allocation list
      if (!operand(instruction, inner, depth + 1) || inner.kind != OperandKind::Unsigned || inner.value > 16) { error_ = "an allocation list is malformed"; return false; }
      Instruction::Alloc alloc;
      for (int64_t i = 0; i < inner.value; ++i) {
        Operand kind, count;
        if (!operand(instruction, kind, depth + 1) || !operand(instruction, count, depth + 1) || kind.kind != OperandKind::Unsigned ||
            count.kind != OperandKind::Unsigned || count.value > (1 << 24)) {
          error_ = "an allocation list is malformed";
          return false;
        }
        if (kind.value == 0) alloc.words += static_cast<uint32_t>(count.value);
        else if (kind.value == 1) alloc.floats += static_cast<uint32_t>(count.value);
        else if (kind.value == 2) alloc.funs += static_cast<uint32_t>(count.value);
        else { error_ = "an allocation list is malformed"; return false; }
      }
      instruction.alloc = alloc;
      out.kind = OperandKind::AllocList;
      return true;
    }
    case 4:     // literal
      if (!operand(instruction, inner, depth + 1) || inner.kind != OperandKind::Unsigned) { error_ = "a literal is malformed"; return false; }
      out.kind = OperandKind::Literal;
      out.value = inner.value;
      return true;
    case 5: {   // register with a type hint
      if (!operand(instruction, out, depth + 1)) return false;
      if ((out.kind != OperandKind::X && out.kind != OperandKind::Y) || !operand(instruction, inner, depth + 1) || inner.kind != OperandKind::Unsigned ||
          inner.value >= UINT32_MAX) {
        error_ = "a typed register is malformed";
        return false;
      }
      out.count = static_cast<uint32_t>(inner.value) + 1;
      return true;
    }
    default: error_ = "an unknown kind of operand"; return false;
  }
}

bool Decoder::next(Instruction& instruction) {
  if (at_ >= file_.code_bytes) return false;
  instruction.offset = at_;
  instruction.opcode = file_.code[at_++];
  instruction.list.clear();
  instruction.alloc = {};
  instruction.operand_count = 0;
  const OpcodeInfo* info = opcode_info(instruction.opcode);
  if (!info) {
    error_ = opcode_name(instruction.opcode) ? "an opcode that no compiler of OTP 22 to 25 emits" : "an unknown opcode";
    return false;
  }
  uint32_t count = 0;
  for (const char* letter = info->operands; *letter; ++letter, ++count) {
    if (!operand(instruction, instruction.operands[count], 0)) return false;
  }
  instruction.operand_count = count;
  return true;
}

}  // namespace athanor::beam
