// SPDX-License-Identifier: Apache-2.0
// Terms that a library hands over, looked at where the machine's environment has ATHANOR_NIF_CHECK=1: a term belongs to the environment that it
// was made in, and is only to become part of what is made in the same. Elsewhere this costs a test of a flag.
#pragma once

#include <cstddef>

#include "nif/env.hpp"

namespace athanor::nif {

// Ends the program, naming the function, where one of them is no term or belongs elsewhere.
void check_terms_slowly(const Env& env, const Term* terms, size_t count, const char* function);

inline void check_terms(const Env& env, const Term* terms, size_t count, const char* function) {
  if (ATH_UNLIKELY(env.checks_terms)) check_terms_slowly(env, terms, count, function);
}
inline void check_terms(const Env& env, const ERL_NIF_TERM* terms, size_t count, const char* function) {
  check_terms(env, terms_of(terms), count, function);
}

// What a NIF returned, always looked at: a word that can be no term would be found by the next collection.
inline bool is_word_of_a_term(Term word) { return !word.is_header_or_address() && !(word.is_immediate() && word.is_catch_mark()); }

}  // namespace athanor::nif
