// SPDX-License-Identifier: Apache-2.0
// Calls of natives from the bytes of an input, one after the other, by the process of a bench. Answers stay in its dictionary, under the numbers from 0 on,
// and may be arguments of later calls.
//
//   an input:  { [which native] its arguments, as TermSource reads them }
#pragma once

#include "harness/bench.hpp"
#include "harness/families.hpp"
#include "harness/term_source.hpp"

namespace athanor::fuzz {

struct Calls {
  size_t most = 12;
  Bench::Limits limits;            // of one
  uint32_t slices_of_others = 4;   // after each, for processes that it made or woke
};
void make_calls(Bench& machine, const Family& family, TermSource& source, const Calls& calls);

}  // namespace athanor::fuzz
