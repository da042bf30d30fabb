// SPDX-License-Identifier: Apache-2.0
#include "term/external/decoder.hpp"

namespace athanor::external {

bool check_utf8(const uint8_t* text, size_t bytes, size_t& characters) {
  characters = 0;
  for (size_t i = 0; i < bytes; ++characters) {
    uint8_t c = text[i];
    size_t length = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (length == 0 || length > bytes - i) return false;
    uint32_t value = length == 1 ? c : c & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      if ((text[i + k] & 0xC0) != 0x80) return false;
      value = value << 6 | (text[i + k] & 0x3F);
    }
    if (length == 3 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) return false;
    if (length == 4 && (value < 0x10000 || value > 0x10FFFF)) return false;
    i += length;
  }
  return true;
}

Term checked_atom(std::string_view utf8) {
  size_t characters;
  if (!check_utf8(reinterpret_cast<const uint8_t*>(utf8.data()), utf8.size(), characters) || characters > kMaxAtomCharacters) return Term::none();
  return atom_table().intern(utf8);
}

Decoding::Decoding(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options)
    : heap_(heap), options_(options), bytes_(bytes), count_(count) {
  if (options.with_version) {
    is_done_ = count == 0 || bytes[0] != kVersion;
    if (is_done_) return;
    skipped_ = 1;
  }
  constexpr size_t kHeader = 5;  // of a compressed term
  if (options.atoms == nullptr && count - skipped_ >= kHeader && bytes[skipped_] == static_cast<uint8_t>(Tag::Compressed)) {
    Reader header(bytes + skipped_ + 1, 4);
    skipped_ += kHeader;
    inflation_ = std::make_unique<Inflation>(bytes + skipped_, count - skipped_, header.word());
  } else {
    size_or_build();
  }
}

Decoding::Plain Decoding::plain() const {
  if (inflation_) return {reinterpret_cast<const uint8_t*>(inflation_->bytes().data()), inflation_->bytes().size()};
  return {bytes_ + skipped_, count_ - skipped_};
}

void Decoding::size_or_build() {
  const Plain term = plain();
  if (term.count <= options_.room / Sizing::kMostWordsPerByte) build();
  else sizing_.emplace(term.bytes, term.count);
}

void Decoding::build() {
  const Plain term = plain();
  decoder_.emplace(heap_, term.bytes, term.count, options_);
}

void Decoding::build_in_room(const uint8_t* bytes) {
  room_wanted_ = 0;
  bytes_ = bytes;
  build();
}

bool Decoding::step(int64_t& budget) {
  constexpr int64_t kInflateCost = int64_t{1} << 17;   // of a step
  while (!is_done_ && !sizing_ && !decoder_) {
    if (budget <= 0) return false;
    budget -= kInflateCost;
    if (!inflation_->step()) continue;
    is_done_ = !inflation_->is_good();
    if (!is_done_) size_or_build();
  }
  if (is_done_) return true;
  if (!decoder_) {
    if (!sizing_->step(budget)) return false;
    if (sizing_->words() > options_.room) {
      room_wanted_ = sizing_->words();
      return true;
    }
    build();
  }
  if (!decoder_->run(budget)) return false;
  is_done_ = true;
  result_ = {decoder_->result(), skipped_ + (inflation_ ? inflation_->used() : decoder_->used())};
  return true;
}

Decoded decode(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options) {
  Decoding decoding(heap, bytes, count, options);
  int64_t budget = INT64_MAX;
  while (!decoding.step(budget)) budget = INT64_MAX;
  return decoding.result();
}

}  // namespace athanor::external
