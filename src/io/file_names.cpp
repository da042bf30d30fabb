// SPDX-License-Identifier: Apache-2.0
#include "io/file_names.hpp"

#include <langinfo.h>
#include <locale.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#include "bif/utf8.hpp"
#include "code/code_server.hpp"
#define ATH_FAMILY "io/files.def"
#include "bif/declare.inc"

namespace athanor::io {

bool locale_is_utf8() {
  // The host's own locale is left alone: a locale object of ours answers.
  locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  bool result = std::strcmp(::nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
  ::freelocale(locale);
  return result;
}

bool names_are_utf8() { return process::current_runtime->identity.utf8_names; }

// Reads one code point at `at`, moves behind it; -1: not UTF-8.
static int64_t next_code_point(std::string_view text, size_t& at) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t first = byte(at);
  if (first < 0x80) { ++at; return first; }
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return -1;
  uint32_t code = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return -1;
    code = code << 6 | (byte(at + i) & 0x3F);
  }
  if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10FFFF)) || (code >= 0xD800 && code < 0xE000)) {
    return -1;
  }
  at += length;
  return code;
}

bool is_utf8(std::string_view bytes) { return bif::is_valid_utf8(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()); }

static bool append_character(std::string& out, uint32_t code) {
  if (code == 0) return false;
  if (names_are_utf8()) { base::append_utf8(out, code); return true; }
  if (code > 0xFF) return false;
  out += static_cast<char>(code);
  return true;
}

bool name_to_bytes(Term name, Atoms allowed, std::string& out) {
  if (binary::is_binary(name)) {
    binary::Scratch scratch;
    std::string_view bytes = binary::bytes_of(name, scratch);
    if (bytes.find('\0') != std::string_view::npos) return false;
    out.append(bytes);
    return true;
  }
  std::vector<Term> rest;   // tails of the lists we are inside of
  Term at = name;
  for (;;) {
    if (at.is_nil()) {
      if (rest.empty()) return true;
      at = rest.back();
      rest.pop_back();
    } else if (at.is_list_cell()) {
      Term head = at.head();
      at = at.tail();
      if (head.is_small()) {
        int64_t code = head.small_value();
        if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
        if (!append_character(out, static_cast<uint32_t>(code))) return false;
      } else if (head.is_list()) {
        rest.push_back(at);
        at = head;
      } else if (head.is_atom() && allowed == Atoms::Allowed) {
        rest.push_back(at);
        at = head;
      } else {
        return false;
      }
    } else if (at.is_atom() && allowed == Atoms::Allowed) {
      std::string_view text = atom_text(at);
      for (size_t i = 0; i < text.size();) {
        int64_t code = next_code_point(text, i);
        if (code < 0 || !append_character(out, static_cast<uint32_t>(code))) return false;
      }
      at = Term::nil();
    } else {
      return false;
    }
  }
}

Term name_from_bytes(Allocator& heap, std::string_view bytes) {
  if (!names_are_utf8()) return bif::latin1_list(heap, bytes);
  if (!is_utf8(bytes)) return binary::from_text(heap, bytes);
  return bif::code_point_list(heap, bytes);
}

}  // namespace athanor::io

namespace athanor::bif {

BifResult file::native_name_encoding_0(Process&, const Term*) { return io::names_are_utf8() ? atoms::utf8 : atoms::latin1; }

// OTP: atoms are not taken, though file names elsewhere may be atoms.
BifResult prim_file::internal_name2native_1(Process& self, const Term* args) {
  std::string bytes;
  if (!io::name_to_bytes(args[0], io::Atoms::Refused, bytes)) return self.badarg();
  return athanor::binary::from_bytes(self.heap(), bytes.c_str(), bytes.size() + 1);
}

static Term what_of_odd_names(process::Identity::OddNames odd_names) {
  using OddNames = process::Identity::OddNames;
  return odd_names == OddNames::Ignore ? atoms::ignore : odd_names == OddNames::Refuse ? atoms::error : atoms::warning;
}

BifResult prim_file::internal_native2name_1(Process& self, const Term* args) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = athanor::binary::bytes_of(args[0], scratch);
  if (!io::names_are_utf8()) return latin1_list(self.heap(), bytes);
  if (!io::is_utf8(bytes)) return make_tuple(self.heap(), atoms::error, what_of_odd_names(self.runtime().identity.odd_names));
  return code_point_list(self.heap(), bytes);
}

// Composed as Unicode's form C has it; text without combining marks is so already.
BifResult prim_file::internal_normalize_utf8_1(Process& self, const Term* args) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = athanor::binary::bytes_of(args[0], scratch);
  if (!io::is_utf8(bytes)) return self.badarg();
  const Term text = code_point_list(self.heap(), bytes);
  const bool is_ascii = std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
  if (is_ascii) return text;
  return self.trap(self.runtime().code->export_of(intern("unicode"), intern("characters_to_nfc_list"), 1), {text});
}

BifResult prim_file::is_translatable_1(Process& self, const Term* args) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  return boolean(!io::names_are_utf8() || io::is_utf8(athanor::binary::bytes_of(args[0], scratch)));
}

}  // namespace athanor::bif
