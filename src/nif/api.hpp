// SPDX-License-Identifier: Apache-2.0
// The release's own header of the NIF interface. What it declares is exported by whatever program or library we are linked into.
#pragma once

#pragma GCC visibility push(default)
#include <erl_nif.h>
#pragma GCC visibility pop

#include "term/term.hpp"

namespace athanor::nif {

// A word of the interface is a word of ours.
static_assert(sizeof(ERL_NIF_TERM) == sizeof(Term));
inline Term term_of(ERL_NIF_TERM raw) { return Term{raw}; }
inline const Term* terms_of(const ERL_NIF_TERM* raw) { return reinterpret_cast<const Term*>(raw); }
inline ERL_NIF_TERM raw_of(Term t) { return t.raw; }

}  // namespace athanor::nif
