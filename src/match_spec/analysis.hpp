// SPDX-License-Identifier: Apache-2.0
// Questions about parts of match specs, asked before a table is walked.
#pragma once

#include <cstdint>

#include "term/term.hpp"

namespace athanor::match_spec {

// N of the variable '$N', or -1.
int64_t variable_number(Term t);
// No variables, no '_'.
bool is_ground(Term pattern);
bool contains_map(Term pattern);
// Ground and without maps, which match larger ones: it matches what is =:= to it.
bool matches_equal_only(Term pattern);
// Element `key_position` (from 1) of a head, or none() where the head is no tuple or too small.
Term key_of_head(Term head, size_t key_position);
// ets:select_replace/2 demands that every clause visibly keeps the key.
bool keeps_key(Term clause, size_t key_position);

}  // namespace athanor::match_spec
