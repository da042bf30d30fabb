// SPDX-License-Identifier: Apache-2.0
// Instructions as text, for messages and tests: move x1 y0; call_ext 2 lists:map/2.
#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"
#include "term/context.hpp"

namespace athanor::beam {
namespace {

std::string name_of(const BeamFile& file, int64_t atom) {
  return static_cast<size_t>(atom) < file.atoms.size() && atom > 0 ? std::string(atom_text(file.atoms[static_cast<size_t>(atom)])) : "?";
}

void append(const BeamFile& file, const Instruction& i, const Operand& o, std::string& out) {
  const std::string number = std::to_string(o.value);
  switch (o.kind) {
    case OperandKind::Unsigned:
    case OperandKind::Integer: out += number; return;
    case OperandKind::BigInteger: out += "big:" + std::to_string(o.count); return;
    case OperandKind::Atom: out += "'" + name_of(file, o.value) + "'"; return;
    case OperandKind::Nil: out += "[]"; return;
    case OperandKind::X: out += "x" + number; return;
    case OperandKind::Y: out += "y" + number; return;
    case OperandKind::Label: out += "L" + number; return;
    case OperandKind::Character: out += "$" + number; return;
    case OperandKind::FloatRegister: out += "f" + number; return;
    case OperandKind::Literal: out += "literal:" + number; return;
    case OperandKind::AllocList:
      out += "{words " + std::to_string(i.alloc.words) + " floats " + std::to_string(i.alloc.floats) + " funs " + std::to_string(i.alloc.funs) + "}";
      return;
    case OperandKind::List:
      out += "[";
      for (uint32_t n = 0; n < o.count; ++n) {
        if (n) out += " ";
        append(file, i, i.list[static_cast<size_t>(o.value) + n], out);   // elements are never lists
      }
      out += "]";
      return;
  }
}

}  // namespace

std::string disassemble(const BeamFile& file, const Instruction& i) {
  const OpcodeInfo* info = opcode_info(i.opcode);
  if (!info) return "opcode " + std::to_string(i.opcode);
  std::string out = info->name;
  for (uint32_t n = 0; n < i.operand_count; ++n) {
    out += " ";
    const Operand& o = i.operands[n];
    if (info->operands[n] == 'i' && static_cast<size_t>(o.value) < file.imports.size()) {
      const ImportRow& row = file.imports[static_cast<size_t>(o.value)];
      out += std::string(atom_text(row.module)) + ":" + std::string(atom_text(row.function)) + "/" + std::to_string(row.arity);
    } else {
      append(file, i, o, out);
    }
  }
  return out;
}

std::string disassemble(const BeamFile& file, const FunctionRow& function) {
  std::string out;
  Decoder decoder(file, function.code_begin);
  Instruction i;
  while (decoder.offset() < function.code_end && decoder.next(i)) out += std::to_string(i.offset) + "\t" + disassemble(file, i) + "\n";
  return out;
}

}  // namespace athanor::beam
