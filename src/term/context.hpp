// SPDX-License-Identifier: Apache-2.0
// What terms need of their machine: atom texts, the local node's name, code for decoding funs. Each thread that works
// for a machine carries its TermContext (ThreadMachine sets it); so compare, print, hash take terms alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "term/atom_table.hpp"
#include "term/boxed.hpp"

namespace athanor {

// A node other than ours or ours under an earlier creation; interned, never freed while the machine lives.
struct Node {
  Term name;
  uint32_t creation;
  uint32_t number = 0;   // in the order of becoming known, from 1
};

// Joins to the layers above, for decoding and printing.
class TermHost {
 public:
  virtual ~TermHost() = default;
  virtual ExportHead* export_of(Mfa mfa) = 0;  // made if new
  // The entry of a local fun, made unloaded if the module is not there.
  virtual FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) = 0;
  virtual Node* node_of(Term name, uint32_t creation) = 0;
  // Is there code behind it (binary_to_term/2 with `safe`)?
  virtual bool has_export(Mfa mfa) { return true; }
  virtual void note_shown(Term magic_reference) {}   // its numbers leave the machine: they are to be found again
  // The alias or magic reference that has these numbers, built on `heap`; none() where it is an ordinary one.
  virtual Term reference_of(class Allocator& heap, const uint32_t numbers[3]) { return Term::none(); }
};

// A value that changes a few times in a machine's life, while any thread reads it.
template <class T>
class Published {
 public:
  Published(T value = T{}) : value_(value) {}
  Published& operator=(T value) {
    value_.store(value, std::memory_order_release);
    return *this;
  }
  operator T() const { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<T> value_;
};

struct TermContext {
  AtomTable* atoms = nullptr;
  TermHost* host = nullptr;
  Published<Term> node_name;       // atoms::nonode_at_nohost until distribution starts
  Published<uint32_t> creation;
  int otp_release = 25;
};

extern thread_local TermContext* current_term_context;

inline AtomTable& atom_table() { return *current_term_context->atoms; }
inline std::string_view atom_text(Term atom) { return atom_table().text(atom); }
inline bool is_named(Term term, std::string_view name) { return term.is_atom() && atom_text(term) == name; }   // an atom of this text
inline Term intern(std::string_view text) { return atom_table().intern(text); }

}  // namespace athanor
