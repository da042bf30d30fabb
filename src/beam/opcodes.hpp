// SPDX-License-Identifier: Apache-2.0
// Generic opcodes, expanded from opcodes.def: OPCODE(number, name, "operand letters", first release, last release).
// The letters are explained at the head of opcodes.def.
#pragma once

#include <cstdint>

namespace athanor::beam {

enum class Opcode : uint32_t {
#define OPCODE(number, name, operands, first, last) name = number,
#include "beam/opcodes.def"
#undef OPCODE
};
struct OpcodeInfo { const char* name; const char* operands; uint16_t first_release, last_release; };
constexpr uint32_t kMaxOpcode = 180;
// By number; no operands: refused, no name: unknown.
extern const OpcodeInfo kOpcodes[kMaxOpcode + 1];
// Null: unknown or refused.
inline const OpcodeInfo* opcode_info(uint32_t number) { return number <= kMaxOpcode && kOpcodes[number].operands ? &kOpcodes[number] : nullptr; }
// Of refused ones too; null: unknown.
inline const char* opcode_name(uint32_t number) { return number <= kMaxOpcode ? kOpcodes[number].name : nullptr; }

}  // namespace athanor::beam
