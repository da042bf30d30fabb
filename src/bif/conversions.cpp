// SPDX-License-Identifier: Apache-2.0
// Integers and atoms as text and back. Floats: conversions_float.cpp.
#include <string>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#define ATH_FAMILY "bif/conversions.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr size_t kMaxAtomCharacters = 255;

// --- integers ---

bool base_of(Term t, int& base) {
  if (!t.is_small() || t.small_value() < 2 || t.small_value() > 36) return false;
  base = static_cast<int>(t.small_value());
  return true;
}

BifResult parse_integer(Process& self, std::string_view text, int base) {
  bool too_large = false;
  Term result = integer::parse(self.heap(), text.data(), text.size(), base, too_large);
  if (too_large) return self.system_limit();
  self.charge(text.size() / 16);
  return result.is_none() ? self.badarg() : BifResult(result);
}

BifResult list_to_integer(Process& self, Term list, int base) {
  char few[64];
  size_t count = 0;
  std::string text;   // of more
  for (; list.is_list_cell(); list = list.tail()) {
    Term head = list.head();
    if (!head.is_small() || head.small_value() < 0 || head.small_value() > 127) return self.badarg();
    if (count == sizeof few) {
      text.append(few, count);
      count = 0;
    }
    few[count++] = static_cast<char>(head.small_value());
  }
  if (!list.is_nil()) return self.badarg();
  if (text.empty()) return parse_integer(self, {few, count}, base);
  text.append(few, count);
  return parse_integer(self, text, base);
}

BifResult binary_to_integer(Process& self, Term t, int base) {
  if (!athanor::binary::is_binary(t)) return self.badarg();
  athanor::binary::Scratch scratch;
  return parse_integer(self, athanor::binary::bytes_of(t, scratch), base);
}

std::string integer_text(Process& self, Term t, int base) {
  std::string text = integer::to_text(t, base);
  self.charge(text.size() / 8);
  return text;
}

// --- atoms ---

// UTF-8 of a flat list of characters. `latin1_only` as binary encodings ask. False: no such list.
bool list_to_utf8(Term list, std::string& out, size_t& characters) {
  characters = 0;
  for (; list.is_list_cell(); list = list.tail()) {
    Term head = list.head();
    if (!head.is_small()) return false;
    int64_t point = head.small_value();
    if (point < 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    base::append_utf8(out, static_cast<uint32_t>(point));
    ++characters;
  }
  return list.is_nil();
}

// Number of characters of well-formed UTF-8; -1: malformed.
int64_t utf8_length(std::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    auto first = static_cast<uint8_t>(text[i]);
    size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return -1;
    uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) {
      auto next = static_cast<uint8_t>(text[i + k]);
      if ((next & 0xC0) != 0x80) return -1;
      point = (point << 6) | (next & 63);
    }
    if ((length == 3 && point < 0x800) || (length == 4 && (point < 0x10000 || point > 0x10FFFF)) || (point >= 0xD800 && point <= 0xDFFF)) return -1;
    i += length;
  }
  return count;
}

enum class Existing : bool { MayBeNew, Must };

BifResult atom_from_utf8(Process& self, std::string_view text, size_t characters, Existing existing) {
  if (characters > kMaxAtomCharacters) return existing == Existing::Must ? self.badarg() : self.system_limit();
  Term atom = existing == Existing::Must ? atom_table().find(text) : atom_table().intern(text);
  if (!atom.is_none()) return atom;
  // OTP: a full atom table ends the machine; here the process that asked gets system_limit.
  return existing == Existing::Must ? self.badarg() : self.system_limit();
}

BifResult atom_from_list(Process& self, Term list, Existing existing) {
  std::string text;
  size_t characters;
  if (!list_to_utf8(list, text, characters)) return self.badarg();
  return atom_from_utf8(self, text, characters, existing);
}

BifResult atom_from_binary(Process& self, const Term* args, Existing existing) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = athanor::binary::bytes_of(args[0], scratch);
  if (args[1] == atoms::latin1) {
    return atom_from_utf8(self, base::utf8_of_latin1(bytes), bytes.size(), existing);
  }
  if (args[1] != atoms::utf8 && args[1] != atoms::unicode) return self.badarg();
  // OTP: what is too long is told before what stands after the last character that fits is looked at.
  if (bytes.size() > 4 * kMaxAtomCharacters && existing == Existing::MayBeNew) return self.system_limit();
  int64_t characters = utf8_length(bytes);
  if (characters < 0) {
    size_t end = 0, count = 0;   // up to the first character too many
    for (; end < bytes.size() && count <= kMaxAtomCharacters; ++count)
      for (++end; end < bytes.size() && (static_cast<uint8_t>(bytes[end]) & 0xC0) == 0x80;) ++end;
    if (count <= kMaxAtomCharacters || existing == Existing::Must || utf8_length(bytes.substr(0, end)) < 0) return self.badarg();
    return self.system_limit();
  }
  return atom_from_utf8(self, bytes, static_cast<size_t>(characters), existing);
}

}  // namespace

namespace erlang {

BifResult integer_to_list_1(Process& self, const Term* args) {
  if (!is_integer(args[0])) return self.badarg();
  return latin1_list(self.heap(), integer_text(self, args[0], 10));
}
BifResult integer_to_list_2(Process& self, const Term* args) {
  int base;
  if (!is_integer(args[0]) || !base_of(args[1], base)) return self.badarg();
  return latin1_list(self.heap(), integer_text(self, args[0], base));
}
BifResult integer_to_binary_1(Process& self, const Term* args) {
  if (!is_integer(args[0])) return self.badarg();
  return athanor::binary::from_text(self.heap(), integer_text(self, args[0], 10));
}
BifResult integer_to_binary_2(Process& self, const Term* args) {
  int base;
  if (!is_integer(args[0]) || !base_of(args[1], base)) return self.badarg();
  return athanor::binary::from_text(self.heap(), integer_text(self, args[0], base));
}
BifResult list_to_integer_1(Process& self, const Term* args) { return list_to_integer(self, args[0], 10); }
BifResult list_to_integer_2(Process& self, const Term* args) {
  int base;
  return base_of(args[1], base) ? list_to_integer(self, args[0], base) : self.badarg();
}
BifResult binary_to_integer_1(Process& self, const Term* args) { return binary_to_integer(self, args[0], 10); }
BifResult binary_to_integer_2(Process& self, const Term* args) {
  int base;
  return base_of(args[1], base) ? binary_to_integer(self, args[0], base) : self.badarg();
}

BifResult atom_to_list_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  return code_point_list(self.heap(), atom_text(args[0]));
}
BifResult atom_to_binary_2(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  std::string_view text = atom_text(args[0]);
  if (args[1] == atoms::utf8 || args[1] == atoms::unicode) return athanor::binary::from_text(self.heap(), text);
  if (args[1] != atoms::latin1) return self.badarg();
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    auto first = static_cast<uint8_t>(text[i]);
    if (first < 0x80) {
      bytes.push_back(text[i]);
    } else if (first < 0xC4) {
      bytes.push_back(static_cast<char>((first << 6) | (static_cast<uint8_t>(text[++i]) & 63)));
    } else {
      return self.badarg();
    }
  }
  return athanor::binary::from_text(self.heap(), bytes);
}
BifResult list_to_atom_1(Process& self, const Term* args) { return atom_from_list(self, args[0], Existing::MayBeNew); }
BifResult list_to_existing_atom_1(Process& self, const Term* args) { return atom_from_list(self, args[0], Existing::Must); }
BifResult binary_to_atom_2(Process& self, const Term* args) { return atom_from_binary(self, args, Existing::MayBeNew); }
BifResult binary_to_existing_atom_2(Process& self, const Term* args) { return atom_from_binary(self, args, Existing::Must); }

}  // namespace erlang

// string:list_to_integer/1: {Integer, Rest} | {error, no_integer | not_a_list | badarg}.
BifResult string::list_to_integer_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return make_tuple(self.heap(), atoms::error, atoms::not_a_list);
  std::string text;
  Term at = args[0];
  auto character = [&]() -> int64_t { return at.is_list_cell() && at.head().is_small() ? at.head().small_value() : -1; };
  int64_t first = character();
  if (first == '+' || first == '-') {
    text.push_back(static_cast<char>(first));
    at = at.tail();
  }
  size_t sign = text.size();
  while (character() >= '0' && character() <= '9') {
    text.push_back(static_cast<char>(character()));
    at = at.tail();
  }
  if (text.size() == sign) return make_tuple(self.heap(), atoms::error, atoms::no_integer);
  BifResult number = parse_integer(self, text, 10);
  if (!number.has_value()) return number;
  return make_tuple(self.heap(), number.value, at);
}

}  // namespace athanor::bif
