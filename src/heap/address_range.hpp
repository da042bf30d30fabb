// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "term/term.hpp"

namespace athanor::heap {

// Whether an address lies in it is one subtraction and one comparison. By default it holds none.
struct AddressRange {
  Word start = 0;
  size_t bytes = 0;
  AddressRange() = default;
  AddressRange(Word start, size_t bytes) : start(start), bytes(bytes) {}
  AddressRange(const Term* from, const Term* to) : start(reinterpret_cast<Word>(from)), bytes(reinterpret_cast<Word>(to) - start) {}
  bool contains(const Term* p) const { return reinterpret_cast<Word>(p) - start < bytes; }
};

}  // namespace athanor::heap
