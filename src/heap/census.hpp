// SPDX-License-Identifier: Apache-2.0
// Counting boxes where they lie: for the rare question that keeping a count would make every program pay for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/heap.hpp"
#include "term/boxed.hpp"

namespace athanor::heap {

// Funs of this entry among `words` words that are all written (a heap, a fragment, a row), dead ones too.
uint64_t count_funs(const Term* words, size_t count, const FunHead* entry);
uint64_t count_funs(const Fragment* chain, const FunHead* entry);
uint64_t count_funs(const Heap& heap, const FunHead* entry);

}  // namespace athanor::heap
