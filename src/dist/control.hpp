// SPDX-License-Identifier: Apache-2.0
// Control messages: what a frame asks for. Rows of control.def; encoding, checking and dispatch follow from the row.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dist/flags.hpp"
#include "term/boxed.hpp"

namespace athanor::dist {

enum class ControlKind : uint8_t {
  Nothing,
#define CONTROL(number, name, operands, payload, needs, otherwise) name,
#include "dist/control.def"
#undef CONTROL
};

enum class Payload : uint8_t { None, Message, Reason, Arguments };

struct ControlRow {
  uint8_t number;
  ControlKind kind;
  const char* name;
  std::string_view operands;
  Payload payload;
  uint64_t needs;
  ControlKind otherwise;
};

// The row of a kind (Nothing: one that is never sent), and of a number on the wire (null: there is none).
const ControlRow& row_of(ControlKind kind);
const ControlRow* row_of_number(int64_t number);

constexpr size_t kMaxOperands = 6;
struct Control {
  ControlKind kind = ControlKind::Nothing;
  std::array<Term, kMaxOperands> operands;
  Term payload;                 // none where the row has none

  const ControlRow& row() const { return row_of(kind); }
  // The operand of this letter; none() where the row has no such letter.
  Term operator[](char letter) const {
    size_t index = row().operands.find(letter);
    return index == std::string_view::npos ? Term::none() : operands[index];
  }
};

// The message as a peer with these flags understands it; kind Nothing: it understands nothing of the sort.
Control lowered(const Control& control, uint64_t peer_flags);

// Reads {Number, Operand…}. False: malformed for a frame of node `peer`.
bool parse_control(Term tuple, Term peer, Control& control);

}  // namespace athanor::dist
