// SPDX-License-Identifier: Apache-2.0
#include "harness/dump_terms.hpp"

#include <cmath>
#include <cstdlib>

#include "heap/fragment.hpp"
#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/external/external.hpp"
#include "term/map.hpp"
#include "term/print.hpp"

namespace athanor::fuzz {

namespace {

using Kind = DumpLine::Kind;

// Leaves of a hashed map lie at most so deep; a line that referred to itself would lead further.
constexpr int kMostLevels = 64;

// none() where the bytes are no term, or more than one.
Term decoded(Allocator& heap, const std::string& bytes) {
  const external::Decoded decoded = external::decode(heap, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {});
  return decoded.used == bytes.size() ? decoded.term : Term::none();
}

std::string text_of(const DumpLine& line) { return std::string(line.text); }

}  // namespace

void DumpHeap::add(std::string_view line) {
  LineParser parser(line);
  const uint64_t address = parser.hex();
  parser.take(':');
  if (!lines_.emplace(address, parser.term()).second) dump_fault("an address has two lines", line);
}

const DumpLine* DumpHeap::find(uint64_t address) const {
  if (auto found = lines_.find(address); found != lines_.end()) return &found->second;
  return literals_ ? literals_->find(address) : nullptr;
}

const DumpLine& DumpHeap::line_at(uint64_t address, const char* what) const {
  const DumpLine* line = find(address);
  char text[24];
  std::snprintf(text, sizeof text, "H%llX", static_cast<unsigned long long>(address));
  if (!line) dump_fault(what, text);
  return *line;
}

void DumpHeap::check(const DumpWord& word, std::string_view where) const {
  if (word.kind == DumpWord::Kind::Address && !find(word.address)) dump_fault("a term is referred to that has no line", where);
}

// Bytes that a line refers to: of a =binary, or, for a part, of a short binary that has a line.
std::string_view DumpHeap::bytes_of(const DumpLine& line) const {
  if (line.kind == Kind::Bytes) return line.bytes;
  std::string_view whole;
  if (auto found = binaries_.find(line.base); found != binaries_.end()) {
    whole = found->second;
  } else {
    if (line.kind == Kind::BinaryRef) dump_fault("a binary is referred to that is not there", "Yc");
    const DumpLine& base = line_at(line.base, "a part of a binary that is not there");
    if (base.kind != Kind::Bytes) dump_fault("a part of what is no binary", base.text);
    whole = base.bytes;
  }
  if (line.offset > whole.size() || line.size > whole.size() - line.offset) dump_fault("a part goes beyond its binary", line.kind == Kind::BinaryRef ? "Yc" : "Ys");
  return whole.substr(line.offset, line.size);
}

void DumpHeap::collect_leaves(const DumpLine& line, std::vector<const DumpLine*>& leaves) const {
  struct Level {
    const DumpLine* line;
    size_t next;
  };
  std::vector<Level> levels{{&line, 0}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.line->words.size()) {
      levels.pop_back();
      continue;
    }
    const DumpWord& word = level.line->words[level.next++];
    if (word.kind != DumpWord::Kind::Address) dump_fault("a child of a map is a word", word.text);
    const DumpLine& child = line_at(word.address, "a child of a map has no line");
    if (child.kind == Kind::Cell) leaves.push_back(&child);
    else if (child.kind == Kind::HashNode && levels.size() < kMostLevels) levels.push_back({&child, 0});
    else dump_fault("a child of a map is neither leaf nor node", child.text);
  }
}

void DumpHeap::check() const {
  for (const auto& [address, line] : lines_) {
    char where[32];
    std::snprintf(where, sizeof where, "at H%llX", static_cast<unsigned long long>(address));
    for (const DumpWord& word : line.words) check(word, where);
    switch (line.kind) {
      case Kind::Float: {
        const std::string text = text_of(line);
        char* end = nullptr;
        if (!std::isfinite(std::strtod(text.c_str(), &end)) || *end != '\0' || text.find('.') == text.npos) dump_fault("no float", line.text);
        break;
      }
      case Kind::External: {
        heap::FragmentAllocator heap(64);
        if (decoded(heap, line.bytes).is_none()) dump_fault("no external term", where);
        break;
      }
      case Kind::BinaryRef:
      case Kind::SubBinary: (void)bytes_of(line); break;
      case Kind::FlatMap: {
        const DumpWord& keys = line.words[0];
        if (keys.kind != DumpWord::Kind::Address) dump_fault("keys of a map are a word", where);
        const DumpLine& tuple = line_at(keys.address, "keys of a map have no line");
        if (tuple.kind != Kind::Tuple || tuple.words.size() != line.size) dump_fault("keys of a map are not as many as its values", where);
        break;
      }
      case Kind::HashMap: {
        std::vector<const DumpLine*> leaves;
        collect_leaves(line, leaves);
        if (leaves.size() != line.size) dump_fault("a map has not as many leaves as it says", where);
        break;
      }
      default: break;
    }
  }
}

void DumpHeap::expect(const DumpWord& first, Term whole) const {
  std::vector<Pair> rest{{&first, whole}};
  while (!rest.empty()) {
    const auto [word, term] = rest.back();
    rest.pop_back();
    bool is_same = false;
    switch (word->kind) {
      case DumpWord::Kind::Address:
        is_same = true;
        if (found_.insert({word->address, term.raw}).second) expect_line(line_at(word->address, "a term has no line"), term, rest);
        break;
      case DumpWord::Kind::Nil: is_same = term.is_nil() || term.is_none(); break;
      case DumpWord::Kind::Integer: is_same = term.is_small() && term.small_value() == word->integer; break;
      case DumpWord::Kind::Atom: is_same = term.is_atom() && atom_text(term) == word->text; break;
      case DumpWord::Kind::Pid: is_same = term.is_local_pid() && to_text(term) == word->text; break;
      case DumpWord::Kind::Port: is_same = term.is_local_port() && to_text(term) == "#Port" + std::string(word->text); break;
    }
    if (!is_same) dump_fault("a word is not the term that is there", to_text(term, 300));
  }
}

void DumpHeap::expect_line(const DumpLine& line, Term term, std::vector<Pair>& rest) const {
  auto expect_words = [&](size_t from, const Term* terms) {
    for (size_t i = from; i < line.words.size(); ++i) rest.push_back({&line.words[i], terms[i - from]});
  };
  bool is_same = false;
  switch (line.kind) {
    case Kind::Cell:
      is_same = term.is_list_cell();
      if (is_same) rest.insert(rest.end(), {{&line.words[0], term.head()}, {&line.words[1], term.tail()}});
      break;
    case Kind::Tuple:
      is_same = is_tuple_of(term, line.words.size());
      if (is_same) expect_words(0, tuple_elements(term));
      break;
    case Kind::Float: is_same = is_float(term) && std::strtod(text_of(line).c_str(), nullptr) == float_value(term); break;
    case Kind::Integer: is_same = is_big(term) && to_text(term, SIZE_MAX) == line.text; break;
    case Kind::Pid: is_same = is_kind(term, BoxedKind::ExternalPid) && to_text(term) == line.text; break;
    case Kind::Port: is_same = is_kind(term, BoxedKind::ExternalPort) && to_text(term) == "#Port" + text_of(line); break;
    case Kind::External: {
      heap::FragmentAllocator heap(64);
      const Term read = decoded(heap, line.bytes);
      // OTP: what a fun has captured is left out.
      is_same = is_local_fun(term) ? is_local_fun(read) && fun_entry(read) == fun_entry(term) : equal_exact(read, term);
      break;
    }
    case Kind::Bytes:
    case Kind::BinaryRef:
    case Kind::SubBinary: {
      if (!is_bitstring(term)) break;
      const binary::Bits bits = binary::bits_of(term);
      const std::string_view bytes = bytes_of(line);
      // Of a long one that does not begin and end with a byte, the bytes are shown that it lies in.
      const bool is_bytes = bits.is_whole_bytes() && bits.is_aligned();
      is_same = is_bytes ? std::string_view(reinterpret_cast<const char*>(bits.bytes + bits.bit_offset / 8), bits.bit_size / 8) == bytes : bytes.size() == bits.bit_size / 8;
      break;
    }
    case Kind::FlatMap:
      is_same = is_flat_map(term) && map_size(term) == line.size;
      if (!is_same) break;
      rest.push_back({&line.words[0], term.pointer()[2]});
      expect_words(1, term.pointer() + 3);
      break;
    case Kind::HashMap: {
      if (!is_hash_map(term) || map_size(term) != line.size) break;
      std::vector<const DumpLine*> leaves;
      collect_leaves(line, leaves);
      map::Iterator pairs(term, map::Order::Stored);
      Term key, value;
      for (const DumpLine* leaf : leaves) {
        if (!pairs.next(key, value)) break;
        rest.insert(rest.end(), {{&leaf->words[0], key}, {&leaf->words[1], value}});
      }
      is_same = leaves.size() == line.size;
      break;
    }
    case Kind::HashNode: break;
  }
  if (!is_same) dump_fault("a line is not the term that is there", to_text(term, 300));
}

}  // namespace athanor::fuzz
