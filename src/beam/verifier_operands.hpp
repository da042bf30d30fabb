// SPDX-License-Identifier: Apache-2.0
// The verifier's look at operands: kinds and indices by the letters of the row, registers by what they hold.
#pragma once

#include "beam/verifier.hpp"
#include "term/atom_table.hpp"

namespace athanor::beam {

template <size_t kWords>
const char* Verifier<kWords>::narrow() {
  is_too_narrow_ = true;
  return "a register beyond the narrow sets";
}

template <size_t kWords>
const char* Verifier<kWords>::read(const Operand& o) {
  const auto n = static_cast<uint64_t>(o.value);
  switch (o.kind) {
    case OperandKind::X:
      if (n >= kRegisters) return "an x register is out of range";
      if (n >= Set::kLimit) return narrow();
      if (n == 0 && now_.has_mark && now_.is_reachable) return "the mark of an exception is read as a term";
      return now_.x.has(static_cast<uint32_t>(n)) || !now_.is_reachable ? nullptr : "an x register that holds no term is read";
    case OperandKind::Y:
      if (n >= kRegisters) return "a y register is out of range";
      if (n >= Set::kLimit) return narrow();
      if (!now_.is_reachable) return nullptr;
      if (!now_.y.has(static_cast<uint32_t>(n))) return "a y register that holds no term is read";
      if (now_.catches != kNoCatches && now_.catches != kMixedCatches && chains_.holds(now_.catches, static_cast<uint32_t>(n))) return "an open catch is read as a term";
      return nullptr;
    case OperandKind::Atom: return n < file_.atoms.size() ? nullptr : "an atom is out of range";
    case OperandKind::Literal: return n < file_.literals.size() ? nullptr : "a literal is out of range";
    case OperandKind::Integer:
    case OperandKind::BigInteger:
    case OperandKind::Nil: return nullptr;
    default: return "an operand is no source";
  }
}

template <size_t kWords>
const char* Verifier<kWords>::write(const Operand& o) {
  const auto n = static_cast<uint64_t>(o.value);
  if (n >= kRegisters) return "a register is out of range";
  if (n >= Set::kLimit) return narrow();
  if (!now_.is_reachable) return nullptr;
  const auto number = static_cast<uint32_t>(n);
  if (o.kind == OperandKind::X) {
    now_.x.add(number);
    if (number == 0) now_.has_mark = false;
    return nullptr;
  }
  now_.has_parts |= now_.is_matching;
  // Where ways met that knew the slot differently it stays as it is.
  if (now_.frame < 0 || now_.catches == kMixedCatches) {
    if (!now_.y.has(number)) return "a y register outside the frame is written";
  } else if (number >= static_cast<uint32_t>(now_.frame)) {
    return "a y register outside the frame is written";
  }
  if (now_.catches != kNoCatches && now_.catches != kMixedCatches && chains_.holds(now_.catches, number)) return "an open catch is overwritten";
  now_.y.add(number);
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::read_list(const Instruction& i, const Operand& list) {
  for (uint32_t n = 0; n < list.count; ++n) {
    if (Problem problem = read(i.list[static_cast<size_t>(list.value) + n])) return problem;
  }
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::gather(const Instruction& i, const OpcodeInfo& info, Gathered& g) {
  const Operand* o = i.operands;
  for (const char* letter = info.operands; *letter; ++letter, ++o) {
    const auto value = static_cast<uint64_t>(o->value);
    Problem problem = nullptr;
    switch (*letter) {
      case 's': problem = read(*o); break;
      case 'd':
        if (o->kind != OperandKind::X && o->kind != OperandKind::Y) return "a destination is no register";
        g.destinations[g.destination_count++] = o;
        break;
      case 'j':
      case 'e':
        if (o->kind != OperandKind::Label || value == 0 || value >= file_.label_count) return "a label is out of range";
        g.label = static_cast<uint32_t>(value);
        break;
      case 'f':
        if (o->kind != OperandKind::Label || value >= file_.label_count) return "a label is out of range";
        g.label = static_cast<uint32_t>(value);
        break;
      case 'h':
        if (o->kind == OperandKind::Label) {
          if (value == 0 || value >= file_.label_count) return "a label is out of range";
          g.label = static_cast<uint32_t>(value);
        } else if (o->kind != OperandKind::Atom || value >= file_.atoms.size()) {
          return "an operand is neither label nor atom";
        }
        break;
      case 'v':
        if (o->kind != OperandKind::Unsigned || value > kRegisters) return "a count of live registers is out of range";
        g.live = o->value;
        break;
      case 'w':
        if (o->kind != OperandKind::Unsigned || value > kRegisters) return "a frame is too large";
        if (value > Set::kLimit) return narrow();
        g.slots = static_cast<uint32_t>(value);
        break;
      case 't':
        if (o->kind != OperandKind::AllocList && (o->kind != OperandKind::Unsigned || value > (1u << 24))) return "a need of heap is malformed";
        break;
      case 'N':
      case 'q':
      case 'S':
      case 'u':
        if (o->kind != OperandKind::Unsigned) return "an operand is no plain number";
        break;
      case 'z':
        if (o->kind != OperandKind::Unsigned) problem = read(*o);
        break;
      case 'a':
        if (o->kind != OperandKind::Atom || value >= file_.atoms.size()) return "an operand is no atom";
        break;
      case 'g':
        if (o->kind == OperandKind::Atom ? value >= file_.atoms.size() : o->kind != OperandKind::Unsigned || value >= file_.lambdas.size()) return "a fun is out of range";
        break;
      case 'i':
        if (o->kind != OperandKind::Unsigned || value >= file_.imports.size()) return "an import is out of range";
        g.import = o;
        break;
      case 'm':
        if (o->kind != OperandKind::Unsigned || value >= file_.lambdas.size()) return "a fun is out of range";
        g.lambda = o;
        break;
      case 'y':
        if (o->kind != OperandKind::Y || value >= kRegisters) return "a y register is out of range";
        if (value >= Set::kLimit) return narrow();
        break;
      case 'r':
        if (o->kind != OperandKind::FloatRegister || value >= kRegisters) return "a float register is out of range";
        break;
      case 'F':
        if (o->kind != OperandKind::FloatRegister) problem = read(*o);
        else if (value >= kRegisters) return "a float register is out of range";
        break;
      case 'D':
        if (o->kind == OperandKind::X || o->kind == OperandKind::Y) g.destinations[g.destination_count++] = o;
        else if (o->kind != OperandKind::FloatRegister || value >= kRegisters) return "a float register is out of range";
        break;
      case 'L':
        if (o->kind != OperandKind::List) return "an operand is no list";
        g.list = o;
        break;
      default: return "an operand of unknown letter";
    }
    if (problem) return problem;
  }
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::collect(int64_t live) {
  if (live > static_cast<int64_t>(Set::kLimit)) return narrow();
  if (!now_.is_reachable) return nullptr;
  const Set kept = Set::first(static_cast<uint32_t>(live));
  if (!now_.x.contains(kept)) return "a live x register holds no term";
  if (live > 0 && now_.has_mark) return "the mark of an exception is taken for a term";
  now_.has_mark = false;
  if (!is_collectable(now_)) return "a y register was not written before a collection";
  now_.x = kept;
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::apply(const Gathered& g) {
  if (g.live >= 0) {
    if (Problem problem = collect(g.live)) return problem;
  }
  if (g.label != 0) {
    if (Problem problem = branch(g.label)) return problem;
  }
  for (uint32_t n = 0; n < g.destination_count; ++n) {
    if (Problem problem = write(*g.destinations[n])) return problem;
  }
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::strings(int64_t offset, int64_t bits) {
  const auto size = static_cast<int64_t>(file_.strings.size());
  return offset <= size && (bits + 7) / 8 <= size - offset ? nullptr : "a string leaves its table";
}

// type, segment number, unit, flags, source, size; a string's source is its offset.
template <size_t kWords>
const char* Verifier<kWords>::segments(const Instruction& i, const Operand& list) {
  if (list.count % 6 != 0) return "the segments of a binary are malformed";
  for (uint32_t n = 0; n < list.count; n += 6) {
    const Operand* o = &i.list[static_cast<size_t>(list.value) + n];
    if (o[0].kind != OperandKind::Atom || static_cast<size_t>(o[0].value) >= file_.atoms.size() || o[1].kind != OperandKind::Unsigned ||
        o[2].kind != OperandKind::Unsigned || (o[3].kind != OperandKind::Nil && o[3].kind != OperandKind::Literal)) {
      return "the segments of a binary are malformed";
    }
    if (Problem problem = read(o[3])) return problem;
    if (Problem problem = read(o[5])) return problem;
    if (file_.atoms[static_cast<size_t>(o[0].value)] != atoms::string) {
      if (Problem problem = read(o[4])) return problem;
      continue;
    }
    if (o[4].kind != OperandKind::Unsigned || o[5].kind != OperandKind::Integer || o[5].value < 0 || o[5].value > (1 << 28)) return "a string segment is malformed";
    if (Problem problem = strings(o[4].value, o[5].value * 8)) return problem;
  }
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::map_elements(const Instruction& i, const Operand& list) {
  if (list.count % 2 != 0) return "a list of map elements is malformed";
  const Operand* o = i.list.data() + list.value;
  for (uint32_t n = 0; n < list.count; n += 2) {
    if (Problem problem = read(o[n])) return problem;
    if (o[n + 1].kind != OperandKind::X && o[n + 1].kind != OperandKind::Y) return "a destination is no register";
  }
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::select(const Instruction& i, const Operand& list, bool arities) {
  if (list.count % 2 != 0) return "a list of choices is malformed";
  const Operand* o = i.list.data() + list.value;
  for (uint32_t n = 0; n < list.count; n += 2) {
    if (arities ? o[n].kind != OperandKind::Unsigned : o[n].kind == OperandKind::X || o[n].kind == OperandKind::Y) return "a choice is no constant";
    if (!arities) {
      if (Problem problem = read(o[n])) return problem;
    }
    if (o[n + 1].kind != OperandKind::Label || o[n + 1].value == 0 || o[n + 1].value >= file_.label_count) return "a label is out of range";
    if (Problem problem = branch(static_cast<uint32_t>(o[n + 1].value))) return problem;
  }
  return nullptr;
}

}  // namespace athanor::beam
