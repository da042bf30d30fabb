// SPDX-License-Identifier: Apache-2.0
// Deep copies of terms between heaps. Iterative; literals of loaded code are shared, not copied.
#pragma once

#include "heap/fragment.hpp"
#include "term/allocator.hpp"

namespace athanor::heap {

class LiteralSpace;

// Words a copy takes; shared subterms count each time they are reached. `literals` null: literals count too.
size_t flat_words(Term t, const LiteralSpace* literals);
// What erts_debug:flat_size/1 tells: the release's sizes. OTP: there is one empty tuple for all, a literal that counts for nothing.
size_t told_words(Term t);
// Copies into `to`. Off-heap binaries gain a count. `literals` null: literals are copied too: for what is kept outside processes and
// mailboxes (timers, tables, data of ports), since only those are asked to let go of purged literals.
Term copy(Term t, Allocator& to, const LiteralSpace* literals);
// As copy without literals, of a term whose flat_words (literals counted) are known: they are not counted again.
Term copy_counted(Term t, size_t words, Allocator& to);

// A term with the fragments it lives in: what a signal carries.
struct Parcel {
  Term term;
  Fragment* fragments = nullptr;   // null: immediate or literal
};
Parcel pack(Term t, const LiteralSpace* literals);
inline void discard(Parcel& parcel) { Fragment::destroy_chain(parcel.fragments); parcel = {}; }

}  // namespace athanor::heap
