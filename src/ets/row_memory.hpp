// SPDX-License-Identifier: Apache-2.0
// The memory of rows, for what builds them.
#pragma once

#include "base/assert.hpp"
#include "ets/row.hpp"
#include "term/allocator.hpp"

namespace athanor::ets {

Row* allocate_row(size_t words);

// Hands out the words behind a Row. They were counted before, so it never grows.
class RowAllocator final : public Allocator {
 public:
  RowAllocator(Term* memory, size_t words) {
    top_ = memory;
    limit_ = memory + words + kReserveWords;   // a row has no stack, hence no reserve
  }

 protected:
  Term* grow(size_t words) override {
    ATH_ASSERT(!"a row is larger than it was measured");
    return nullptr;
  }
};

}  // namespace athanor::ets
