// SPDX-License-Identifier: Apache-2.0
// The atom table: text to index and back. Atoms of term/atoms.def have fixed indices, known at compile time:
// atoms::ok, atoms::undefined …
#pragma once

#include <cstdint>
#include <string_view>

#include "term/term.hpp"

namespace athanor {

namespace atoms {
enum class Index : uint32_t {
#define ATOM(name) k_##name,
#define ATOM_TEXT(name, text) k_##name,
#include "term/atoms.def"
#undef ATOM
#undef ATOM_TEXT
  kPredefinedCount
};
#define ATOM(name) inline constexpr Term name = Term::atom(static_cast<uint32_t>(Index::k_##name));
#define ATOM_TEXT(name, text) inline constexpr Term name = Term::atom(static_cast<uint32_t>(Index::k_##name));
#include "term/atoms.def"
#undef ATOM
#undef ATOM_TEXT
}  // namespace atoms

class AtomTable {
 public:
  virtual ~AtomTable() = default;
  // The atom of this UTF-8 text (at most 255 characters, not checked here), made if new. none() when the table is
  // full. Any thread.
  virtual Term intern(std::string_view utf8) = 0;
  // As intern, but none() where the atom does not exist.
  virtual Term find(std::string_view utf8) = 0;
  // UTF-8 text; lives as long as the table. Lock-free, any thread.
  virtual std::string_view text(Term atom) const = 0;
  // Hash of the text: atom part of phash2 and of phash (the stock VM's atom hash). Lock-free.
  virtual uint32_t hash(Term atom) const = 0;
  // Rank word for a fast first comparison: the first bytes of the name, so that most comparisons need no text. Lock-free.
  virtual uint32_t order_prefix(Term atom) const = 0;
  virtual uint32_t count() const = 0;
  virtual uint32_t limit() const = 0;
};
AtomTable* make_atom_table(uint32_t limit);

inline constexpr Term boolean(bool value) { return value ? atoms::true_ : atoms::false_; }

}  // namespace athanor
