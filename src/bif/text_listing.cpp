// SPDX-License-Identifier: Apache-2.0
#include "bif/text_listing.hpp"

#include <algorithm>
#include <cstring>

#include "base/utf8.hpp"

namespace athanor::bif {

namespace {

// A cell whose tail is the one behind it.
Term* put_cell(Term* cell, uint32_t value) {
  cell[0] = Term::small(value);
  cell[1] = Term::list_cell(cell + 2);
  return cell + 2;
}

constexpr size_t kTogether = 8;   // bytes that are looked at at once
bool are_ascii(const uint8_t* eight) {
  uint64_t word;
  std::memcpy(&word, eight, kTogether);
  return (word & 0x8080808080808080u) == 0;
}

}  // namespace

size_t count_characters(const uint8_t* bytes, size_t size, Encoding encoding) {
  if (encoding == Encoding::Latin1) return size;
  size_t count = 0;
  for (size_t i = 0; i < size; ++i) count += base::continues_utf8(bytes[i]) ? 0 : 1;
  return count;
}

void TextListing::begin(Allocator& heap, const uint8_t* bytes, size_t size, size_t characters, Encoding encoding) {
  at_ = bytes;
  end_ = bytes + size;
  encoding_ = encoding;
  words_ = 2 * characters;
  first_ = next_ = characters == 0 ? nullptr : heap.allocate(words_);
  is_good_ = characters != 0 || size == 0;
}

bool TextListing::latin1(size_t most) {
  const uint8_t* const end = at_ + std::min(most, static_cast<size_t>(end_ - at_));
  Term* cell = next_;
  for (; at_ != end; ++at_) cell = put_cell(cell, *at_);
  next_ = cell;
  return true;
}

bool TextListing::utf8(size_t most) {
  const uint8_t* at = at_;
  const uint8_t* const end = end_;
  Term* cell = next_;
  Term* const last = first_ + words_;
  bool good = true;
  for (size_t read = 0; at != end && read < most;) {
    if (static_cast<size_t>(end - at) >= kTogether && are_ascii(at)) {
      for (size_t i = 0; i < kTogether; ++i) cell = put_cell(cell, at[i]);
      at += kTogether;
      read += kTogether;
      continue;
    }
    uint32_t point;
    const size_t length = base::read_utf8(at, static_cast<size_t>(end - at), point);
    good = length != 0 && cell != last;
    if (!good) break;
    cell = put_cell(cell, point);
    at += length;
    ++read;
  }
  at_ = at;
  next_ = cell;
  return good;
}

bool TextListing::step(int64_t& budget) {
  if (at_ == end_ || !is_good_) return true;
  if (budget <= 0) return false;
  const Term* const before = next_;
  is_good_ = encoding_ == Encoding::Latin1 ? latin1(static_cast<size_t>(budget)) : utf8(static_cast<size_t>(budget));
  budget -= (next_ - before) / 2;
  if (!is_good_) return true;
  if (at_ != end_) return false;
  next_[-1] = Term::nil();
  return true;
}

}  // namespace athanor::bif
