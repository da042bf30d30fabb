// SPDX-License-Identifier: Apache-2.0
// Rows of tables made with `compressed`. An element that takes less room as bytes of the external term format is kept as such bytes: a heap
// binary whose size has its highest bit set, which no binary of a program has. The key, and what the format does not bring back as it was
// (pids, references, funs, large binaries), stays as it is. Whoever shows a row to a program unpacks it first.
#pragma once

#include "ets/row.hpp"

namespace athanor::ets {

Row* make_packed_row(Term object, size_t key_position);
Term unpack_object(const Row& row, Allocator& to);
Term unpack_element(Term stored, Allocator& to);

}  // namespace athanor::ets
