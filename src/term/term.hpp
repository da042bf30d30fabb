// SPDX-License-Identifier: Apache-2.0
// Term: one 64-bit word. The two low bits give the primary tag, immediates refine it:
//
//   ..................................................00   header of a boxed value; return address on a stack
//   .................... pointer .....................01   list cell
//   .................... pointer .....................10   boxed value
//   .......................... data ................0011   local pid    (28-bit number)
//   .......................... data ................0111   local port   (28-bit number)
//   .......................... index ..............001011  atom
//   .......................... address ............011011  catch        (stacks only; points at an 8-aligned handler)
//   ..............................................111011  nil
//   .......................... value ...............1111   small integer, 60 bits signed
//
// Word 0 is no term: it marks "no value" (Term::none()).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"

namespace athanor {

using Word = uint64_t;

struct Term {
  Word raw = 0;

  constexpr Term() = default;
  constexpr explicit Term(Word word) : raw(word) {}
  friend constexpr bool operator==(Term a, Term b) { return a.raw == b.raw; }  // identity of words, not equality of values

  static constexpr Term none() { return Term{}; }
  constexpr bool is_none() const { return raw == 0; }

  // --- small integers ---
  static constexpr int kSmallBits = 60;
  static constexpr int64_t kSmallMax = (int64_t{1} << 59) - 1;
  static constexpr int64_t kSmallMin = -(int64_t{1} << 59);
  static constexpr bool fits_small(int64_t value) { return value >= kSmallMin && value <= kSmallMax; }
  static constexpr Term small(int64_t value) { return Term{(static_cast<Word>(value) << 4) | 0xF}; }
  constexpr bool is_small() const { return (raw & 0xF) == 0xF; }
  constexpr int64_t small_value() const { return static_cast<int64_t>(raw) >> 4; }
  static constexpr bool both_small(Term a, Term b) { return (a.raw & b.raw & 0xF) == 0xF; }

  // --- atoms, nil ---
  static constexpr Term atom(uint32_t index) { return Term{(Word{index} << 6) | 0x0B}; }
  constexpr bool is_atom() const { return (raw & 0x3F) == 0x0B; }
  constexpr uint32_t atom_index() const { return static_cast<uint32_t>(raw >> 6); }
  static constexpr Term nil() { return Term{0x3B}; }
  constexpr bool is_nil() const { return raw == 0x3B; }

  // --- local pids and ports ---
  static constexpr Term local_pid(uint32_t number) { return Term{(Word{number} << 4) | 0x3}; }
  constexpr bool is_local_pid() const { return (raw & 0xF) == 0x3; }
  constexpr uint32_t pid_number() const { return static_cast<uint32_t>(raw >> 4); }
  static constexpr Term local_port(uint32_t number) { return Term{(Word{number} << 4) | 0x7}; }
  constexpr bool is_local_port() const { return (raw & 0xF) == 0x7; }
  constexpr uint32_t port_number() const { return static_cast<uint32_t>(raw >> 4); }

  // --- catch marks (stack only) ---
  static Term catch_mark(const void* handler) {
    return Term{(reinterpret_cast<Word>(handler) << 3) | 0x1B};
  }
  constexpr bool is_catch_mark() const { return (raw & 0x3F) == 0x1B; }
  const Word* catch_handler() const { return reinterpret_cast<const Word*>((raw >> 6) << 3); }

  // --- pointers ---
  constexpr bool is_immediate() const { return (raw & 3) == 3; }
  constexpr bool is_list_cell() const { return (raw & 3) == 1; }
  constexpr bool is_list() const { return is_list_cell() || is_nil(); }
  constexpr bool is_boxed() const { return (raw & 3) == 2; }
  constexpr bool is_pointer() const { return is_list_cell() || is_boxed(); }
  constexpr bool is_header_or_address() const { return (raw & 3) == 0; }
  static Term list_cell(const Term* cell) { return Term{reinterpret_cast<Word>(cell) | 1}; }
  static Term boxed(const void* box) { return Term{reinterpret_cast<Word>(box) | 2}; }
  Term* pointer() const { return reinterpret_cast<Term*>(raw & ~Word{3}); }
  // Of a list cell alone: its tag becomes part of the offset, which walks over lists feel.
  Term head() const { return cell()[0]; }
  Term tail() const { return cell()[1]; }

 private:
  Term* cell() const { return reinterpret_cast<Term*>(raw - 1); }
};
static_assert(sizeof(Term) == 8);

}  // namespace athanor
