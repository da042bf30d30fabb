// SPDX-License-Identifier: Apache-2.0
#include "beam/opcodes.hpp"

#include <iterator>
#include <string_view>

namespace athanor::beam {
namespace {

// Refused ones have no operands and no release.
struct Row { uint32_t number; OpcodeInfo info; };
constexpr Row kRows[] = {
#define OPCODE(number, name, operands, first, last) {number, {#name, operands, first, last}},
#define REFUSED_OPCODE(number, name) {number, {#name, nullptr, 0, 0}},
#include "beam/opcodes.def"
#undef OPCODE
};

constexpr bool ordered() {
  for (size_t i = 1; i < std::size(kRows); ++i) {
    if (kRows[i - 1].number + 1 != kRows[i].number) return false;
  }
  return true;
}
static_assert(ordered() && kRows[0].number == 1 && std::size(kRows) == kMaxOpcode, "rows of opcodes.def: every number once, in order");
constexpr bool few_operands() {
  for (const Row& row : kRows) {
    if (row.info.operands && std::string_view(row.info.operands).size() > 8) return false;
  }
  return true;
}
static_assert(few_operands(), "beam::Instruction has room for eight operands");
constexpr bool known_letters() {
  for (const Row& row : kRows) {
    if (row.info.operands && std::string_view(row.info.operands).find_first_not_of("usdaLfjehtvwyzgrFDimqNS") != std::string_view::npos) return false;
  }
  return true;
}
static_assert(known_letters(), "letters of opcodes.def are those its head explains");

}  // namespace

constinit const OpcodeInfo kOpcodes[kMaxOpcode + 1] = {
    {nullptr, nullptr, 0, 0},
#define OPCODE(number, name, operands, first, last) {#name, operands, first, last},
#define REFUSED_OPCODE(number, name) {#name, nullptr, 0, 0},
#include "beam/opcodes.def"
#undef OPCODE
};

}  // namespace athanor::beam
