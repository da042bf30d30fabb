// SPDX-License-Identifier: Apache-2.0
// Small helpers that every family of built-ins uses.
#include "bif/bif.hpp"

#include <vector>

#include "base/utf8.hpp"

namespace athanor::bif {

Term make_list(Allocator& heap, const Term* items, size_t count, Term tail) {
  if (count == 0) return tail;
  Term* place = heap.allocate(count * 2);
  for (size_t i = 0; i < count; ++i) {
    place[2 * i] = items[i];
    place[2 * i + 1] = i + 1 == count ? tail : Term::list_cell(place + 2 * i + 2);
  }
  return Term::list_cell(place);
}

int64_t list_length(Term list) {
  int64_t length = 0;
  for (; list.is_list_cell(); list = list.tail()) ++length;
  return list.is_nil() ? length : -1;
}

Term latin1_list(Allocator& heap, std::string_view bytes) {
  if (bytes.empty()) return Term::nil();
  Term* const first = heap.allocate(bytes.size() * 2);
  Term* cell = first;
  for (size_t i = 0; i < bytes.size(); ++i, cell += 2) {
    cell[0] = Term::small(static_cast<uint8_t>(bytes[i]));
    cell[1] = Term::list_cell(cell + 2);
  }
  cell[-1] = Term::nil();
  return Term::list_cell(first);
}

Term code_point_list(Allocator& heap, std::string_view utf8) {
  std::vector<Term> points;
  points.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size();) {
    auto first = static_cast<uint8_t>(utf8[i]);
    size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (i + length > utf8.size()) length = utf8.size() - i;
    uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t k = 1; k < length; ++k) point = (point << 6) | (static_cast<uint8_t>(utf8[i + k]) & 0x3F);
    points.push_back(Term::small(point));
    i += length;
  }
  return make_list(heap, points.data(), points.size());
}

namespace {

// Walks nested lists of characters and binaries without recursion. `character` takes an integer; false ends the walk.
template <class Character, class Binary>
bool walk_nested(Term data, Character character, Binary binary) {
  std::vector<Term> rest{data};
  while (!rest.empty()) {
    Term t = rest.back();
    rest.pop_back();
    while (t.is_list_cell()) {
      Term head = t.head();
      if (head.is_small()) {
        if (!character(head.small_value())) return false;
        t = t.tail();
      } else if (head.is_list_cell()) {
        rest.push_back(t.tail());
        t = head;
      } else if (head.is_nil()) {
        t = t.tail();
      } else if (is_bitstring(head)) {
        if (!binary(head)) return false;
        t = t.tail();
      } else {
        return false;
      }
    }
    if (t.is_nil()) continue;
    if (is_bitstring(t)) {
      if (!binary(t)) return false;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

bool iolist_to_string(Term iolist, std::string& out) {
  return walk_nested(
      iolist,
      [&](int64_t byte) {
        if (byte < 0 || byte > 255) return false;
        out.push_back(static_cast<char>(byte));
        return true;
      },
      [&](Term t) {
        if (!athanor::binary::is_binary(t)) return false;
        athanor::binary::Scratch scratch;
        out += athanor::binary::bytes_of(t, scratch);
        return true;
      });
}

bool chardata_to_utf8(Term chardata, std::string& out) {
  if (chardata.is_atom()) {
    out += atom_text(chardata);
    return true;
  }
  return walk_nested(
      chardata,
      [&](int64_t point) {
        if (point < 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
        base::append_utf8(out, static_cast<uint32_t>(point));
        return true;
      },
      [&](Term t) {
        if (!athanor::binary::is_binary(t)) return false;
        athanor::binary::Scratch scratch;
        out += athanor::binary::bytes_of(t, scratch);
        return true;
      });
}

}  // namespace athanor::bif
