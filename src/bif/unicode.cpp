// SPDX-License-Identifier: Apache-2.0
// Character data to UTF-8 or code points. Data is first checked for shape and measured, then converted; what could not be
// converted is given back as the stock VM gives it, a half character at the end of one binary continuing in the next.
#define ATH_FAMILY "bif/unicode.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "base/utf8.hpp"
#include "bif/long_work.hpp"
#include "bif/text_listing.hpp"
#include "bif/utf8.hpp"
#include "code/module.hpp"
#include "term/work_stack.hpp"

namespace athanor::bif {

namespace {

enum class Utf8State : uint8_t { Whole, Short, Bad };

constexpr int64_t kCharactersPerReduction = 16;

// The character at bytes[0..size): its length, or what is wrong with it. Short says only that bytes are missing.
Utf8State next_character(const uint8_t* bytes, size_t size, size_t& length) {
  const uint8_t first = bytes[0];
  if (first < 0x80) {
    length = 1;
    return Utf8State::Whole;
  }
  length = (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : (first & 0xF8) == 0xF0 ? 4 : 0;
  if (length == 0) return Utf8State::Bad;
  if (size < length) return Utf8State::Short;
  for (size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return Utf8State::Bad;
  }
  const bool bad = length == 2   ? first < 0xC2
                   : length == 3 ? (first == 0xE0 && bytes[1] < 0xA0) || (first == 0xED && bytes[1] >= 0xA0)
                                 : (first == 0xF0 && bytes[1] < 0x90) || first > 0xF4 || (first == 0xF4 && bytes[1] > 0x8F);
  return bad ? Utf8State::Bad : Utf8State::Whole;
}

// Could these bytes, too few for a character, become one? OTP: overlong starts and surrogates pass here.
bool may_continue(const uint8_t* bytes, size_t size) {
  size_t length;
  if (next_character(bytes, 1, length) != Utf8State::Short || size >= length) return false;
  for (size_t i = 1; i < size; ++i) {
    if ((bytes[i] & 0xC0) != 0x80) return false;
  }
  return true;
}

size_t ascii_prefix(const uint8_t* bytes, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    if (word & 0x8080808080808080u) break;
  }
  while (i < size && bytes[i] < 0x80) ++i;
  return i;
}

// How many bytes start at or above 0x80.
size_t count_high(const uint8_t* bytes, size_t size) {
  size_t high = 0;
  for (size_t i = 0; i < size; ++i) high += bytes[i] >> 7;
  return high;
}

// Counts bytes of UTF-8 at most. is_good() false: a term that has no place in character data. OTP: a big integer ends the check, so that
// the conversion can report it.
class Measuring {
 public:
  Measuring(Term data, Encoding encoding) : at_(data), encoding_(encoding) {}
  bool step(int64_t& budget);
  bool is_good() const { return is_good_; }
  size_t bytes() const { return bytes_; }

 private:
  void integers(int64_t& budget);
  bool binary(Term t, int64_t& budget);
  bool refuse() {
    is_good_ = false;
    return true;
  }

  Term at_;
  Encoding encoding_;
  WorkStack<Term, 16> rest_;
  size_t bytes_ = 0;
  bool is_good_ = true;
};

bool Measuring::binary(Term t, int64_t& budget) {
  const athanor::binary::Bits bits = athanor::binary::bits_of(t);
  if (!bits.is_whole_bytes()) return false;
  bytes_ += bits.bit_size / 8;
  if (encoding_ == Encoding::Latin1) {
    athanor::binary::Scratch scratch;
    const std::string_view view = athanor::binary::bytes_of(t, scratch);
    bytes_ += count_high(reinterpret_cast<const uint8_t*>(view.data()), view.size());
    budget -= static_cast<int64_t>(view.size() / 16);
  }
  return true;
}

// Small integers at the front of a list, which most character data is made of: in registers.
void Measuring::integers(int64_t& budget) {
  Term at = at_;
  size_t bytes = bytes_;
  int64_t left = budget;
  for (; left > 0 && at.is_list_cell() && at.head().is_small(); --left, at = at.tail()) {
    const auto point = static_cast<uint64_t>(at.head().small_value());
    bytes += 1 + (point >= 0x80) + (point >= 0x800) + (point >= 0x10000);
  }
  at_ = at;
  bytes_ = bytes;
  budget = left;
}

bool Measuring::step(int64_t& budget) {
  for (;;) {
    for (;;) {
      integers(budget);
      if (!at_.is_list_cell()) break;
      if (budget-- <= 0) return false;
      const Term head = at_.head();
      at_ = at_.tail();
      if (head.is_list_cell()) {
        rest_.push(at_);
        at_ = head;
      } else if (is_bitstring(head)) {
        if (!binary(head, budget)) return refuse();
      } else if (is_big(head)) {
        return true;
      } else if (!head.is_nil()) {
        return refuse();
      }
    }
    if (!at_.is_nil() && !(is_bitstring(at_) && binary(at_, budget))) return refuse();
    if (rest_.empty()) return true;
    at_ = rest_.pop();
  }
}

class Conversion {
 public:
  Conversion(Allocator& heap, Term data, Encoding encoding) : heap_(heap), at_(data), encoding_(encoding) {}

  void write_to(uint8_t* out) { out_ = out; }
  // Converts; true: all, or up to an error, then rest() is what remains.
  bool step(int64_t& budget);
  bool failed() const { return failed_; }
  bool incomplete() const { return !failed_ && pending_count_ != 0; }
  size_t bytes() const { return position_; }
  size_t characters() const { return characters_; }
  // What was not converted: after a failure, or the half character at the end.
  Term rest() {
    if (pending_count_ == 0) return rest_;
    const Term pending = athanor::binary::from_bytes(heap_, pending_, pending_count_);
    if (!failed_) return pending;
    return cons(heap_, pending, cons(heap_, rest_, Term::nil()));
  }
  // A half character that cannot become a whole one is an error, not incomplete.
  bool pending_is_hopeless() const { return !may_continue(pending_, pending_count_); }

 private:
  enum class Taken : uint8_t { All, Part, Bad };
  void integers(int64_t& budget);
  Taken binary(Term t, Term& remaining, int64_t& budget);
  size_t utf8(const uint8_t* bytes, size_t wanted, size_t size, bool& good);
  bool fail(Term rest);

  Allocator& heap_;
  Term at_;
  Encoding encoding_;
  uint8_t* out_ = nullptr;
  WorkStack<Term, 16> stack_;
  size_t offset_ = 0;           // into the binary under way
  size_t position_ = 0, characters_ = 0;
  uint8_t pending_[4] = {};
  size_t pending_count_ = 0;
  bool failed_ = false;
  Term rest_ = Term::nil();
};

// Characters at the front of a list, as integers: in registers. It stops at what is none.
void Conversion::integers(int64_t& budget) {
  if (pending_count_ != 0) return;
  const uint64_t limit = encoding_ == Encoding::Latin1 ? 0x100 : 0x110000;
  Term at = at_;
  char* out = reinterpret_cast<char*>(out_ + position_);
  int64_t left = budget;
  for (; left > 0 && at.is_list_cell() && at.head().is_small(); --left, at = at.tail()) {
    const auto point = static_cast<uint64_t>(at.head().small_value());
    if (point < 0x80) {
      *out++ = static_cast<char>(point);
      continue;
    }
    if (point >= limit || (point >= 0xD800 && point <= 0xDFFF)) break;
    out += base::put_utf8(static_cast<uint32_t>(point), out);
  }
  at_ = at;
  position_ = static_cast<size_t>(out - reinterpret_cast<char*>(out_));
  characters_ += static_cast<size_t>(budget - left);
  budget = left;
}

// Copies well-formed characters that begin in the first `wanted` of `size` bytes; how many bytes of the source are dealt with. good
// false: the rest starts badly.
size_t Conversion::utf8(const uint8_t* bytes, size_t wanted, size_t size, bool& good) {
  size_t used = 0;
  good = true;
  if (pending_count_ != 0) {
    size_t need;
    next_character(pending_, 1, need);
    const size_t missing = need - pending_count_;
    if (size < missing) {
      if (size != 0) std::memcpy(pending_ + pending_count_, bytes, size);
      pending_count_ += size;
      return size;
    }
    std::memcpy(pending_ + pending_count_, bytes, missing);
    size_t length;
    if (next_character(pending_, need, length) != Utf8State::Whole) {
      good = false;
      return 0;
    }
    std::memcpy(out_ + position_, pending_, need);
    position_ += need;
    ++characters_;
    pending_count_ = 0;
    used = missing;
  }
  while (used < wanted) {
    size_t length = ascii_prefix(bytes + used, wanted - used);
    if (length != 0) {
      std::memcpy(out_ + position_, bytes + used, length);
      characters_ += length;
    } else {
      const Utf8State state = next_character(bytes + used, size - used, length);
      if (state == Utf8State::Bad) {
        good = false;
        return used;
      }
      if (state == Utf8State::Short) {
        pending_count_ = size - used;
        std::memcpy(pending_, bytes + used, pending_count_);
        return size;
      }
      std::memcpy(out_ + position_, bytes + used, length);
      ++characters_;
    }
    position_ += length;
    used += length;
  }
  return used;
}

// A piece of a binary; offset_ says how far it is dealt with.
Conversion::Taken Conversion::binary(Term t, Term& remaining, int64_t& budget) {
  constexpr size_t kPieceBytes = size_t{1} << 15;
  const athanor::binary::Bits bits = athanor::binary::bits_of(t);
  const size_t size = bits.bit_size / 8, count = std::min(size - offset_, kPieceBytes);
  const size_t visible = std::min(size - offset_, count + 3);   // with the end of the last character
  const uint64_t from = bits.bit_offset + offset_ * 8;
  const uint8_t* bytes = bits.bytes + from / 8;
  athanor::binary::Scratch scratch;
  if (from % 8 != 0) {
    uint8_t* copy = scratch.reserve(visible);
    athanor::binary::copy_bits(bits.bytes, from, copy, 0, visible * 8);
    bytes = copy;
  }
  budget -= static_cast<int64_t>(count / 4);
  if (encoding_ == Encoding::Latin1) {
    for (size_t i = 0; i < count; ++i) position_ += base::put_utf8(bytes[i], reinterpret_cast<char*>(out_ + position_));
    characters_ += count;
    offset_ += count;
  } else {
    bool good;
    offset_ += utf8(bytes, count, visible, good);
    if (!good) {
      remaining = athanor::binary::part(heap_, t, offset_ * 8, (size - offset_) * 8);
      return Taken::Bad;
    }
  }
  if (offset_ < size) return Taken::Part;
  offset_ = 0;
  return Taken::All;
}

// What was under way goes in front of what waits behind it, level by level.
bool Conversion::fail(Term rest) {
  while (!stack_.empty()) rest = cons(heap_, rest, stack_.pop());
  failed_ = true;
  rest_ = rest;
  return true;
}

bool Conversion::step(int64_t& budget) {
  Term remaining;
  for (;;) {
    integers(budget);
    if (budget <= 0) return false;
    --budget;
    if (at_.is_list_cell()) {
      const Term head = at_.head();
      if (head.is_nil()) {
        at_ = at_.tail();
      } else if (head.is_list_cell()) {
        stack_.push(at_.tail());
        at_ = head;
      } else if (is_bitstring(head)) {
        const Taken taken = binary(head, remaining, budget);
        if (taken == Taken::Bad) return fail(cons(heap_, remaining, at_.tail()));
        if (taken == Taken::All) at_ = at_.tail();
      } else {
        return fail(at_);
      }
      continue;
    }
    if (!at_.is_nil()) {
      if (!is_bitstring(at_)) return fail(at_);
      const Taken taken = binary(at_, remaining, budget);
      if (taken == Taken::Bad) return fail(remaining);
      if (taken == Taken::Part) continue;
    }
    at_ = Term::nil();
    if (stack_.empty()) return true;
    at_ = stack_.pop();
  }
}

// Finds how much of a binary is well-formed UTF-8, or 7-bit.
class Checking {
 public:
  enum class Of : uint8_t { Utf8, SevenBit };
  Checking(Term binary, Of of) : text_(binary), of_(of) {}
  bool step(int64_t& budget) {
    constexpr size_t kPieceBytes = size_t{1} << 14;
    while (at_ < text_.size()) {
      if (budget <= 0) return false;
      const size_t end = std::min(text_.size(), at_ + kPieceBytes), before = at_;
      while (at_ < end) {
        size_t length = ascii_prefix(text_.bytes() + at_, end - at_);
        if (length == 0 && (of_ == Of::SevenBit || next_character(text_.bytes() + at_, text_.size() - at_, length) != Utf8State::Whole)) {
          is_good_ = false;
          return true;
        }
        at_ += length;
      }
      budget -= static_cast<int64_t>((at_ - before) / 16) + 1;
    }
    return true;
  }
  bool is_good() const { return is_good_; }

 private:
  StableBytes text_;
  Of of_;
  size_t at_ = 0;
  bool is_good_ = true;
};

// characters_to_binary: measured; a binary that is its own result is only checked; else converted.
class ToBinary {
 public:
  ToBinary(Process& self, Term data, Encoding encoding)
      : self_(self), data_(data), encoding_(encoding), measuring_(data, encoding), conversion_(self.heap(), data, encoding) {}
  bool step(int64_t& budget);
  bool is_good() const { return measuring_.is_good(); }
  Conversion& conversion() { return conversion_; }
  Term result() const { return result_; }
  bool is_unchanged() const { return stage_ == Stage::Unchanged; }

 private:
  enum class Stage : uint8_t { Measure, Check, Convert, Unchanged };
  Process& self_;
  Term data_;
  Encoding encoding_;
  Stage stage_ = Stage::Measure;
  Measuring measuring_;
  std::optional<Checking> checking_;
  Conversion conversion_;
  uint8_t* out_ = nullptr;
  Term result_;
};

bool ToBinary::step(int64_t& budget) {
  if (stage_ == Stage::Measure) {
    if (!measuring_.step(budget)) return false;
    if (!measuring_.is_good()) return true;
    const bool may_stay = is_bitstring(data_) && athanor::binary::bit_size(data_) / 8 == measuring_.bytes();
    if (may_stay) checking_.emplace(data_, Checking::Of::Utf8);
    stage_ = may_stay && encoding_ == Encoding::Latin1 ? Stage::Unchanged : may_stay ? Stage::Check : Stage::Convert;
  }
  if (stage_ == Stage::Check) {
    if (!checking_->step(budget)) return false;
    stage_ = checking_->is_good() ? Stage::Unchanged : Stage::Convert;
  }
  if (stage_ == Stage::Unchanged) {
    result_ = data_;
    return true;
  }
  if (out_ == nullptr) {
    result_ = athanor::binary::make_uninitialised_or_none(self_.heap(), measuring_.bytes(), &out_);
    if (result_.is_none()) return true;
    conversion_.write_to(out_);
  }
  if (!conversion_.step(budget)) return false;
  if (conversion_.bytes() != measuring_.bytes()) result_ = athanor::binary::from_bytes(self_.heap(), out_, conversion_.bytes());
  return true;
}

// characters_to_list. Of a binary that is good the characters are counted and read into the list, else all is measured and converted first.
//
//   count ─► wait for room ─► list ─► done, or something is not good: begin again
//   measure ─► convert ─► wait for room ─► list
class ToList {
 public:
  ToList(Process& self, Term data, Encoding encoding) : self_(self), data_(data), encoding_(encoding) {
    if (is_text()) text_.emplace(binary());
    else convert();
  }
  bool step(int64_t& budget);
  // Words that are not there: after build_in_room it goes on.
  size_t room_wanted() const { return room_wanted_; }
  void build_in_room(Term data);
  bool is_good() const { return !measuring_ || measuring_->is_good(); }
  bool is_too_large() const { return is_too_large_; }   // there is no memory for so much
  Conversion* conversion() { return conversion_ ? &*conversion_ : nullptr; }
  Term result() const { return listing_.result(); }

 private:
  enum class Stage : uint8_t { Count, Measure, Convert, Room, List };
  // A binary, or a list of one.
  Term binary() const { return data_.is_list_cell() && data_.tail().is_nil() ? data_.head() : data_; }
  bool is_text() const { return is_bitstring(binary()) && athanor::binary::bit_size(binary()) % 8 == 0; }
  void convert() {
    text_.reset();
    measuring_.emplace(data_, encoding_);
    conversion_.emplace(self_.heap(), data_, encoding_);
    stage_ = Stage::Measure;
  }
  bool count(int64_t& budget);
  bool lacks_room() {
    room_wanted_ = process::room_lacking(self_, 2 * characters_);
    return room_wanted_ != 0;
  }
  void begin_list() {
    if (text_) listing_.begin(self_.heap(), text_->bytes(), text_->size(), characters_, encoding_);
    else listing_.begin(self_.heap(), out_.get(), conversion_->bytes(), characters_, Encoding::Utf8);
    stage_ = Stage::List;
  }

  Process& self_;
  Term data_;
  Encoding encoding_;
  Stage stage_ = Stage::Count;
  std::optional<StableBytes> text_;   // of a binary
  size_t at_ = 0, characters_ = 0;
  std::optional<Measuring> measuring_;
  std::optional<Conversion> conversion_;
  std::unique_ptr<uint8_t[]> out_;
  bool is_too_large_ = false;
  size_t room_wanted_ = 0;
  TextListing listing_;
};

bool ToList::count(int64_t& budget) {
  constexpr size_t kPieceBytes = size_t{1} << 14;
  constexpr int64_t kBytesPerUnit = 64;
  for (; at_ < text_->size(); budget -= kPieceBytes / kBytesPerUnit) {
    if (budget <= 0) return false;
    const size_t piece = std::min(text_->size() - at_, kPieceBytes);
    characters_ += count_characters(text_->bytes() + at_, piece, encoding_);
    at_ += piece;
  }
  return true;
}

// After a collection: `data` is where it is now.
void ToList::build_in_room(Term data) {
  room_wanted_ = 0;
  data_ = data;
  if (text_) text_.emplace(binary());
  begin_list();
}

bool ToList::step(int64_t& budget) {
  if (stage_ == Stage::Count) {
    if (!count(budget)) return false;
    if (lacks_room()) return true;
    begin_list();
  }
  if (stage_ == Stage::List) {
    if (!listing_.step(budget)) return false;
    if (listing_.is_good() || !text_) return true;
    listing_.abandon(self_.heap());
    convert();
  }
  if (stage_ == Stage::Measure) {
    if (!measuring_->step(budget)) return false;
    if (!measuring_->is_good()) return true;
    out_.reset(new (std::nothrow) uint8_t[measuring_->bytes() + 1]);
    if (out_ == nullptr) {
      is_too_large_ = true;
      return true;
    }
    conversion_->write_to(out_.get());
    stage_ = Stage::Convert;
  }
  if (!conversion_->step(budget)) return false;
  characters_ = conversion_->characters();
  if (!conversion_->failed() && lacks_room()) return true;
  begin_list();
  return listing_.step(budget);
}

bool known_encoding(Term atom, Encoding& encoding) {
  if (atom == atoms::latin1) encoding = Encoding::Latin1;
  else if (atom == atoms::unicode || atom == atoms::utf8) encoding = Encoding::Utf8;
  else return false;
  return true;
}

BifResult trap_to(Process& self, const char* function, const Term* args) {
  ExportHead* target = current_term_context->host->export_of({atoms::unicode, intern(function), 2});
  return self.trap(static_cast<code::Export*>(target), {args[0], args[1]});
}

BifResult outcome(Process& self, Conversion& conversion, Term result) {
  if (!conversion.failed() && !conversion.incomplete()) return result;
  const bool error = conversion.failed() || conversion.pending_is_hopeless();
  return make_tuple(self.heap(), error ? atoms::error : atoms::incomplete, result, conversion.rest());
}

}  // namespace

bool is_valid_utf8(const uint8_t* bytes, size_t size) {
  for (size_t at = 0; at < size;) {
    size_t length = ascii_prefix(bytes + at, size - at);
    if (length == 0 && next_character(bytes + at, size - at, length) != Utf8State::Whole) return false;
    at += length;
  }
  return true;
}

namespace unicode {

BifResult bin_is_7bit_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0]) || athanor::binary::bit_size(args[0]) % 8 != 0) return atoms::false_;
  return long_work(
      self, args, 1, kCharactersPerReduction, [&] { return Checking(args[0], Checking::Of::SevenBit); },
      [](Checking& work) -> BifResult { return boolean(work.is_good()); });
}

BifResult characters_to_binary_2(Process& self, const Term* args) {
  Encoding encoding;
  if (!known_encoding(args[1], encoding)) return trap_to(self, "characters_to_binary_int", args);
  Term data = args[0];
  if (data.is_list_cell() && data.tail().is_nil() && is_bitstring(data.head())) data = data.head();
  return long_work(
      self, args, 2, kCharactersPerReduction, [&] { return ToBinary(self, data, encoding); },
      [&](ToBinary& work) -> BifResult {
        if (!work.is_good()) return self.badarg();
        if (work.result().is_none()) return self.system_limit();
        return work.is_unchanged() ? BifResult(work.result()) : outcome(self, work.conversion(), work.result());
      });
}

BifResult characters_to_list_2(Process& self, const Term* args) {
  Encoding encoding;
  if (!known_encoding(args[1], encoding)) return trap_to(self, "characters_to_list_int", args);
  return long_work(
      self, args, 2, kCharactersPerReduction, [&] { return ToList(self, args[0], encoding); },
      [&](ToList& work) -> BifResult {
        if (const size_t words = work.room_wanted(); words != 0) return make_room_for(self, work, words, args, 2);
        if (!work.is_good()) return self.badarg();
        if (work.is_too_large()) return self.system_limit();
        return work.conversion() == nullptr ? BifResult(work.result()) : outcome(self, *work.conversion(), work.result());
      },
      [&](ToList& work) {
        if (work.room_wanted() != 0) work.build_in_room(args[0]);
      });
}

}  // namespace unicode
}  // namespace athanor::bif
