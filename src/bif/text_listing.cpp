// SPDX-License-Identifier: Apache-2.0
#include "bif/text_listing.hpp"

#include <algorithm>
#include <cstring>

namespace athanor::bif {

namespace {

bool continues(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// The character that begins at `bytes`: its length; 0: it is malformed, or not all of it is there.
size_t read_character(const uint8_t* bytes, size_t left, uint32_t& point) {
  const uint8_t first = bytes[0];
  if (first < 0x80) {
    point = first;
    return 1;
  }
  if (first < 0xE0) {
    if (first < 0xC2 || left < 2 || !continues(bytes[1])) return 0;
    point = (first & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    return 2;
  }
  if (first < 0xF0) {
    if (left < 3 || !continues(bytes[1]) || !continues(bytes[2])) return 0;
    point = (first & 0xFu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    return point < 0x800 || (point >= 0xD800 && point < 0xE000) ? 0 : 3;
  }
  if (first > 0xF4 || left < 4 || !continues(bytes[1]) || !continues(bytes[2]) || !continues(bytes[3])) return 0;
  point = (first & 0x7u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
  return point < 0x10000 || point > 0x10FFFF ? 0 : 4;
}

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
  for (size_t i = 0; i < size; ++i) count += continues(bytes[i]) ? 0 : 1;
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
    const size_t length = read_character(at, static_cast<size_t>(end - at), point);
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
