// SPDX-License-Identifier: Apache-2.0
// The grammar of terms in a crash dump, as strict as the release's crashdump_viewer takes it: a line a box or cell, and words, which stand in lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace athanor::fuzz {

// Ends the program: says what is wrong, and where.
[[noreturn]] void dump_fault(const char* what, std::string_view where);

struct DumpWord {
  enum class Kind : uint8_t { Address, Nil, Integer, Atom, Pid, Port };
  Kind kind = Kind::Nil;
  uint64_t address = 0;
  int64_t integer = 0;
  std::string_view text;   // of an atom; of an identifier, from < to >
};

struct DumpLine {
  enum class Kind : uint8_t { Cell, Tuple, Float, Integer, Pid, Port, External, Bytes, BinaryRef, SubBinary, FlatMap, HashMap, HashNode };
  Kind kind = Kind::Cell;
  std::vector<DumpWord> words;   // head and tail; elements; keys, then values; children
  uint64_t size = 0;             // pairs of a map; bytes of BinaryRef and SubBinary
  uint64_t base = 0;             // BinaryRef, SubBinary: address of what has the bytes
  uint64_t offset = 0;           // and where they begin in it
  std::string_view text;         // of a number; of an identifier, from < to >
  std::string bytes;             // External, Bytes
};

// Takes what it reads off the front of a line.
class LineParser {
 public:
  explicit LineParser(std::string_view line) : line_(line), rest_(line) {}
  uint64_t hex();
  void take(char expected);
  std::string base64(uint64_t bytes);
  DumpWord word();
  DumpLine term();
  void end();   // nothing is left

 private:
  [[noreturn]] void fault(const char* what) const { dump_fault(what, line_); }
  bool takes(std::string_view prefix);
  std::string_view chars(uint64_t count);
  std::string_view decimal();
  std::string_view identifier(int numbers);
  void words(DumpLine& line, uint64_t count);

  const std::string_view line_;
  std::string_view rest_;
};

// Whether the text, as it stands in a record, is that atom: as it is, or in quotes with escapes.
bool is_atom_text(std::string_view text, std::string_view name);

}  // namespace athanor::fuzz
