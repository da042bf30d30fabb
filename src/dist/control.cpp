// SPDX-License-Identifier: Apache-2.0
#include "dist/control.hpp"

#include "term/atom_table.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"

namespace athanor::dist {
namespace {

constexpr ControlRow kRows[] = {
    {0, ControlKind::Nothing, "nothing", "", Payload::None, kNoFlag, ControlKind::Nothing},
#define CONTROL(number, name, operands, payload, needs, otherwise) \
  {number, ControlKind::name, #name, operands, Payload::payload, k##needs, ControlKind::otherwise},
#include "dist/control.def"
#undef CONTROL
};

constexpr bool rows_are_sound() {
  for (size_t i = 1; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    if (kRows[i].number <= kRows[i - 1].number || kRows[i].operands.size() > kMaxOperands) return false;
    // What is sent instead has the same operands, or the payload as one more; a number that is left out stands first.
    const ControlRow& other = kRows[static_cast<size_t>(kRows[i].otherwise)];
    if (other.kind == ControlKind::Nothing) continue;
    size_t wanted = kRows[i].operands.size() + (kRows[i].payload == Payload::Reason ? 1 : 0) - (kRows[i].operands[0] == 'u' ? 1 : 0);
    if (other.operands.size() != wanted) return false;
  }
  return true;
}
static_assert(rows_are_sound());

bool is_of_this_node(Term identifier) { return node_of(identifier).name == local_node().name; }

bool is_call(Term t) {
  return is_tuple_of(t, 3) && tuple_element(t, 0).is_atom() && tuple_element(t, 1).is_atom() && tuple_element(t, 2).is_small() &&
         tuple_element(t, 2).small_value() >= 0 && tuple_element(t, 2).small_value() <= 255;
}

// A token of sequential trace: {Flags, Label, Serial, From, Last}. From a node where it refuses a request to spawn.
bool is_token(Term t) {
  return is_tuple_of(t, 5) && tuple_element(t, 0).is_small() && tuple_element(t, 2).is_small() && (is_pid(tuple_element(t, 3)) || tuple_element(t, 3).is_atom()) && tuple_element(t, 4).is_small();
}

bool fits(char letter, Term t, Term peer) {
  switch (letter) {
    case 'F': return is_kind(t, BoxedKind::ExternalPid) && node_of(t).name == peer;
    case 'f': return is_pid(t);
    case 't': return t.is_local_pid() || (is_kind(t, BoxedKind::ExternalPid) && is_of_this_node(t));
    case 'n': return t.is_atom();
    case 'w': return t.is_atom() || is_pid(t);
    case 'r':
    case 'a': return is_reference(t);
    case 'u': {
      uint64_t number;
      return integer::to_uint64(t, number) && number != 0;
    }
    case 'i': return t.is_small() && t.small_value() >= 0 && t.small_value() < 1 << 27;
    case 's': return t.is_atom() || is_kind(t, BoxedKind::ExternalPid);
    case 'm': return is_call(t);
    case 'o': return t.is_list();
    case 'T': return is_token(t);
    case '_':
    case 'R': return true;
    default: return false;
  }
}

}  // namespace

const ControlRow& row_of(ControlKind kind) { return kRows[static_cast<size_t>(kind)]; }

const ControlRow* row_of_number(int64_t number) {
  for (const ControlRow& row : kRows) {
    if (row.number == number && row.kind != ControlKind::Nothing) return &row;
  }
  return nullptr;
}

Control lowered(const Control& control, uint64_t peer_flags) {
  const ControlRow& row = control.row();
  if ((row.needs & ~peer_flags) == 0) return control;
  Control result;
  result.kind = row.otherwise;
  if (result.kind == ControlKind::Nothing) return result;
  size_t from = row.operands[0] == 'u' ? 1 : 0, to = 0;
  for (; from < row.operands.size(); ++from) result.operands[to++] = control.operands[from];
  if (row.payload == Payload::Reason) result.operands[to] = control.payload;
  else result.payload = control.payload;
  if (row.needs == kSendSender) result.operands[0] = atoms::no_text;   // in the place of a cookie that nobody looks at any more
  return result;
}

bool parse_control(Term tuple, Term peer, Control& control) {
  if (!is_tuple(tuple) || tuple_arity(tuple) == 0 || !tuple_element(tuple, 0).is_small()) return false;
  const ControlRow* row = row_of_number(tuple_element(tuple, 0).small_value());
  if (row == nullptr || tuple_arity(tuple) != 1 + row->operands.size()) return false;
  control = {};
  control.kind = row->kind;
  for (size_t i = 0; i < row->operands.size(); ++i) {
    control.operands[i] = tuple_element(tuple, 1 + i);
    if (!fits(row->operands[i], control.operands[i], peer)) return false;
  }
  return true;
}

}  // namespace athanor::dist
