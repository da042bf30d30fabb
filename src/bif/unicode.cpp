// SPDX-License-Identifier: Apache-2.0
// Character data to UTF-8 or code points. Data is first checked for shape and measured, then converted; what could not be
// converted is given back as the stock VM gives it, a half character at the end of one binary continuing in the next.
#define ATH_FAMILY "bif/unicode.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <cstring>
#include <memory>
#include <vector>

#include "bif/utf8.hpp"
#include "code/module.hpp"

namespace athanor::bif {

namespace {

enum class Encoding : uint8_t { Latin1, Utf8 };
enum class Utf8State : uint8_t { Whole, Short, Bad };

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

int put_code_point(uint32_t point, uint8_t* out) {
  if (point < 0x80) {
    out[0] = static_cast<uint8_t>(point);
    return 1;
  }
  if (point < 0x800) {
    out[0] = static_cast<uint8_t>(0xC0 | point >> 6);
    out[1] = static_cast<uint8_t>(0x80 | (point & 0x3F));
    return 2;
  }
  if (point < 0x10000) {
    out[0] = static_cast<uint8_t>(0xE0 | point >> 12);
    out[1] = static_cast<uint8_t>(0x80 | (point >> 6 & 0x3F));
    out[2] = static_cast<uint8_t>(0x80 | (point & 0x3F));
    return 3;
  }
  out[0] = static_cast<uint8_t>(0xF0 | point >> 18);
  out[1] = static_cast<uint8_t>(0x80 | (point >> 12 & 0x3F));
  out[2] = static_cast<uint8_t>(0x80 | (point >> 6 & 0x3F));
  out[3] = static_cast<uint8_t>(0x80 | (point & 0x3F));
  return 4;
}

// Bytes of UTF-8 at most; false: a term that has no place in character data. OTP: a big integer ends the check, so that the
// conversion can report it.
bool measure(Term data, Encoding encoding, size_t& bytes) {
  std::vector<Term> rest;
  bytes = 0;
  const auto binary_need = [&](Term t) {
    const athanor::binary::Bits bits = athanor::binary::bits_of(t);
    if (!bits.is_whole_bytes()) return false;
    bytes += bits.bit_size / 8;
    if (encoding == Encoding::Latin1) {
      athanor::binary::Scratch scratch;
      const std::string_view view = athanor::binary::bytes_of(t, scratch);
      bytes += count_high(reinterpret_cast<const uint8_t*>(view.data()), view.size());
    }
    return true;
  };
  for (;;) {
    while (data.is_list_cell()) {
      const Term head = data.head();
      data = data.tail();
      if (head.is_small()) {
        const auto point = static_cast<uint64_t>(head.small_value());
        bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      } else if (head.is_list_cell()) {
        rest.push_back(data);
        data = head;
      } else if (is_bitstring(head)) {
        if (!binary_need(head)) return false;
      } else if (is_big(head)) {
        return true;
      } else if (!head.is_nil()) {
        return false;
      }
    }
    if (!data.is_nil() && !(is_bitstring(data) && binary_need(data))) return false;
    if (rest.empty()) return true;
    data = rest.back();
    rest.pop_back();
  }
}

class Conversion {
 public:
  Conversion(Process& self, Encoding encoding, uint8_t* out) : heap_(self.heap()), encoding_(encoding), out_(out) {}

  // Converts all of `data`. On an error, rest() is what remains.
  void run(Term data);
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
  bool integer(Term t);
  bool binary(Term t, Term& remaining);
  size_t utf8(const uint8_t* bytes, size_t size, bool& good);

  Allocator& heap_;
  Encoding encoding_;
  uint8_t* out_;
  size_t position_ = 0, characters_ = 0;
  uint8_t pending_[4] = {};
  size_t pending_count_ = 0;
  bool failed_ = false;
  Term rest_ = Term::nil();
};

bool Conversion::integer(Term t) {
  if (pending_count_ != 0) return false;
  const auto point = static_cast<uint64_t>(t.small_value());
  if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF) || (encoding_ == Encoding::Latin1 && point > 255)) return false;
  position_ += static_cast<size_t>(put_code_point(static_cast<uint32_t>(point), out_ + position_));
  ++characters_;
  return true;
}

// Copies well-formed characters; how many bytes of the source are dealt with. good false: the rest starts badly.
size_t Conversion::utf8(const uint8_t* bytes, size_t size, bool& good) {
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
  while (used < size) {
    size_t length = ascii_prefix(bytes + used, size - used);
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

bool Conversion::binary(Term t, Term& remaining) {
  athanor::binary::Scratch scratch;
  const std::string_view view = athanor::binary::bytes_of(t, scratch);
  const auto* bytes = reinterpret_cast<const uint8_t*>(view.data());
  if (encoding_ == Encoding::Latin1) {
    for (size_t i = 0; i < view.size(); ++i) position_ += static_cast<size_t>(put_code_point(bytes[i], out_ + position_));
    characters_ += view.size();
    return true;
  }
  bool good;
  const size_t used = utf8(bytes, view.size(), good);
  if (!good) remaining = athanor::binary::part(heap_, t, used * 8, (view.size() - used) * 8);
  return good;
}

void Conversion::run(Term data) {
  std::vector<Term> stack;
  Term remaining;
  const auto fail = [&](Term rest) {
    // What was under way goes in front of what waits behind it, level by level.
    for (; !stack.empty(); stack.pop_back()) rest = cons(heap_, rest, stack.back());
    failed_ = true;
    rest_ = rest;
  };
  for (;;) {
    while (data.is_list_cell()) {
      const Term head = data.head();
      if (head.is_small()) {
        if (!integer(head)) return fail(data);
        data = data.tail();
      } else if (head.is_nil()) {
        data = data.tail();
      } else if (head.is_list_cell()) {
        stack.push_back(data.tail());
        data = head;
      } else if (is_bitstring(head)) {
        if (!binary(head, remaining)) return fail(cons(heap_, remaining, data.tail()));
        data = data.tail();
      } else {
        return fail(data);
      }
    }
    if (!data.is_nil()) {
      if (!is_bitstring(data)) return fail(data);
      if (!binary(data, remaining)) return fail(remaining);
    }
    if (stack.empty()) return;
    data = stack.back();
    stack.pop_back();
  }
}

Term list_of(Allocator& heap, const uint8_t* utf8, size_t size, size_t characters) {
  if (characters == 0) return Term::nil();
  Term* place = heap.allocate(characters * 2);
  for (size_t at = 0, i = 0; at < size; ++i) {
    const uint8_t first = utf8[at];
    uint32_t point = first;
    if (first < 0x80) {
      at += 1;
    } else if (first < 0xE0) {
      point = (first & 0x1Fu) << 6 | (utf8[at + 1] & 0x3Fu);
      at += 2;
    } else if (first < 0xF0) {
      point = (first & 0xFu) << 12 | (utf8[at + 1] & 0x3Fu) << 6 | (utf8[at + 2] & 0x3Fu);
      at += 3;
    } else {
      point = (first & 0x7u) << 18 | (utf8[at + 1] & 0x3Fu) << 12 | (utf8[at + 2] & 0x3Fu) << 6 | (utf8[at + 3] & 0x3Fu);
      at += 4;
    }
    place[2 * i] = Term::small(point);
    place[2 * i + 1] = at == size ? Term::nil() : Term::list_cell(place + 2 * i + 2);
  }
  return Term::list_cell(place);
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
  athanor::binary::Scratch scratch;
  const std::string_view view = athanor::binary::bytes_of(args[0], scratch);
  self.charge(view.size() / 1024);
  return boolean(ascii_prefix(reinterpret_cast<const uint8_t*>(view.data()), view.size()) == view.size());
}

BifResult characters_to_binary_2(Process& self, const Term* args) {
  Encoding encoding;
  if (!known_encoding(args[1], encoding)) return trap_to(self, "characters_to_binary_int", args);
  Term data = args[0];
  if (data.is_list_cell() && data.tail().is_nil() && is_bitstring(data.head())) data = data.head();
  size_t need;
  if (!measure(data, encoding, need)) return self.badarg();
  self.charge(need / 64);
  if (is_bitstring(data) && athanor::binary::bit_size(data) / 8 == need) {
    athanor::binary::Scratch scratch;
    const std::string_view view = athanor::binary::bytes_of(data, scratch);
    if (encoding == Encoding::Latin1 || is_valid_utf8(reinterpret_cast<const uint8_t*>(view.data()), view.size())) return data;
  }
  uint8_t* out;
  Term result = athanor::binary::make_uninitialised(self.heap(), need, &out);
  Conversion conversion(self, encoding, out);
  conversion.run(data);
  if (conversion.bytes() != need) result = athanor::binary::from_bytes(self.heap(), out, conversion.bytes());
  return outcome(self, conversion, result);
}

BifResult characters_to_list_2(Process& self, const Term* args) {
  Encoding encoding;
  if (!known_encoding(args[1], encoding)) return trap_to(self, "characters_to_list_int", args);
  size_t need;
  if (!measure(args[0], encoding, need)) return self.badarg();
  self.charge(need / 32);
  std::unique_ptr<uint8_t[]> out(new uint8_t[need + 1]);
  Conversion conversion(self, encoding, out.get());
  conversion.run(args[0]);
  return outcome(self, conversion, list_of(self.heap(), out.get(), conversion.bytes(), conversion.characters()));
}

}  // namespace unicode
}  // namespace athanor::bif
