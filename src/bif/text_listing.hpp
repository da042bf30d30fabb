// SPDX-License-Identifier: Apache-2.0
// Text as a list of its characters, each read straight into its cell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "term/allocator.hpp"
#include "term/boxed.hpp"

namespace athanor::bif {

enum class Encoding : uint8_t { Latin1, Utf8 };

// Characters that begin in these bytes; of text that is not well-formed no fewer than can be read.
size_t count_characters(const uint8_t* bytes, size_t size, Encoding encoding);

class TextListing {
 public:
  // `characters`: as counted.
  void begin(Allocator& heap, const uint8_t* bytes, size_t size, size_t characters, Encoding encoding);
  // True: complete, or a character came that is malformed or not whole. A character is a unit of the budget.
  bool step(int64_t& budget);
  bool is_good() const { return is_good_; }
  Term result() const { return first_ == nullptr ? Term::nil() : Term::list_cell(first_); }
  // Of a text that is not good nothing is left on the heap, where nothing was allocated since.
  void abandon(Allocator& heap) { heap.give_back(first_, words_, 0); }

 private:
  bool latin1(size_t most);
  bool utf8(size_t most);

  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  Encoding encoding_ = Encoding::Utf8;
  bool is_good_ = true;
  Term* first_ = nullptr;
  Term* next_ = nullptr;   // cell of the next character
  size_t words_ = 0;
};

}  // namespace athanor::bif
