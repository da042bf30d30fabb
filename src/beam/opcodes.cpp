// SPDX-License-Identifier: Apache-2.0
#include "beam/opcodes.hpp"

#include <array>
#include <string_view>

namespace athanor::beam {
namespace {

struct Row { uint32_t number; OpcodeInfo info; };
constexpr Row kRows[] = {
#define OPCODE(number, name, operands, first, last) {number, {#name, operands, first, last}},
#include "beam/opcodes.def"
#undef OPCODE
};

constexpr std::array<OpcodeInfo, kMaxOpcode + 1> by_number() {
  std::array<OpcodeInfo, kMaxOpcode + 1> table{};
  for (const Row& row : kRows) table[row.number] = row.info;
  return table;
}
constexpr auto kTable = by_number();

constexpr bool ordered() {
  for (size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i - 1].number >= kRows[i].number) return false;
  }
  return true;
}
static_assert(ordered(), "rows of opcodes.def stand in order of their numbers");
constexpr bool few_operands() {
  for (const Row& row : kRows) {
    if (std::string_view(row.info.operands).size() > 8) return false;
  }
  return true;
}
static_assert(few_operands(), "beam::Instruction has room for eight operands");

}  // namespace

const OpcodeInfo* opcode_info(uint32_t number) {
  return number <= kMaxOpcode && kTable[number].name ? &kTable[number] : nullptr;
}

}  // namespace athanor::beam
