// SPDX-License-Identifier: Apache-2.0
// Generic opcodes, expanded from opcodes.def: OPCODE(number, name, "operand letters", first release, last release).
// Letters: u unsigned, s source (x y literal integer atom nil), d destination (x y), f label, a atom, t u-or-alloc-list, L list,
// r float register, S string offset; see the head of opcodes.def.
#pragma once

#include <cstdint>

namespace athanor::beam {

enum class Opcode : uint32_t {
#define OPCODE(number, name, operands, first, last) name = number,
#include "beam/opcodes.def"
#undef OPCODE
};
struct OpcodeInfo { const char* name; const char* operands; uint16_t first_release, last_release; };
// Null: unknown or refused.
const OpcodeInfo* opcode_info(uint32_t number);
constexpr uint32_t kMaxOpcode = 180;

}  // namespace athanor::beam
