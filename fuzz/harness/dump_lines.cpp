// SPDX-License-Identifier: Apache-2.0
#include "harness/dump_lines.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace athanor::fuzz {

void dump_fault(const char* what, std::string_view where) {
  std::fprintf(stderr, "crash dump: %s: %.*s\n", what, static_cast<int>(std::min<size_t>(where.size(), 400)), where.data());
  std::abort();
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

bool LineParser::takes(std::string_view prefix) {
  if (!rest_.starts_with(prefix)) return false;
  rest_.remove_prefix(prefix.size());
  return true;
}

void LineParser::take(char expected) {
  if (!takes({&expected, 1})) fault("a separator is missing");
}

void LineParser::end() {
  if (!rest_.empty()) fault("more than was expected in a line");
}

uint64_t LineParser::hex() {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, 16);
  if (error != std::errc()) fault("a hexadecimal number is missing or too large");
  rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
  return value;
}

std::string_view LineParser::chars(uint64_t count) {
  if (count > rest_.size()) fault("a line is shorter than it says");
  const std::string_view text = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return text;
}

std::string_view LineParser::decimal() {
  size_t count = rest_.starts_with('-');
  const size_t first = count;
  while (count < rest_.size() && is_digit(rest_[count])) ++count;
  if (count == first) fault("a number is missing");
  return chars(count);
}

// <0.1.2>
std::string_view LineParser::identifier(int numbers) {
  const std::string_view start = rest_;
  take('<');
  for (int i = 0; i < numbers; ++i) {
    if (i > 0) take('.');
    (void)decimal();
  }
  take('>');
  return start.substr(0, start.size() - rest_.size());
}

std::string LineParser::base64(uint64_t bytes) {
  if (bytes > rest_.size()) fault("bytes are fewer than the line says");
  const std::string_view digits = chars((bytes + 2) / 3 * 4);
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 4) {
    uint32_t three = 0;
    for (size_t d = 0; d < 4; ++d) {
      const bool is_padding = out.size() + d > bytes;   // of n bytes n + 1 digits are given
      const int value = is_padding ? (digits[i + d] == '=' ? 0 : -1) : base64_value(digits[i + d]);
      if (value < 0) fault("no base 64");
      three = three << 6 | static_cast<uint32_t>(value);
    }
    for (int shift = 16; shift >= 0 && out.size() < bytes; shift -= 8) out += static_cast<char>(three >> shift);
  }
  return out;
}

DumpWord LineParser::word() {
  DumpWord word;
  if (takes("H")) {
    word.kind = DumpWord::Kind::Address;
    word.address = hex();
  } else if (takes("N")) {
    word.kind = DumpWord::Kind::Nil;
  } else if (takes("I")) {
    word.kind = DumpWord::Kind::Integer;
    const std::string_view digits = decimal();
    if (std::from_chars(digits.data(), digits.data() + digits.size(), word.integer).ec != std::errc()) fault("a small integer is large");
  } else if (takes("A")) {
    word.kind = DumpWord::Kind::Atom;
    const uint64_t size = hex();
    take(':');
    word.text = chars(size);
  } else if (takes("P")) {
    word.kind = DumpWord::Kind::Pid;
    word.text = identifier(3);
  } else if (takes("p")) {
    word.kind = DumpWord::Kind::Port;
    word.text = identifier(2);
  } else {
    fault("no such kind of word");
  }
  return word;
}

void LineParser::words(DumpLine& line, uint64_t count) {
  if (count > rest_.size()) fault("elements are fewer than the line says");
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) take(',');
    line.words.push_back(word());
  }
}

DumpLine LineParser::term() {
  using Kind = DumpLine::Kind;
  DumpLine line;
  auto sized = [&] {
    const uint64_t size = hex();
    take(':');
    return size;
  };
  if (takes("l")) {
    line.kind = Kind::Cell;
    line.words.push_back(word());
    take('|');
    line.words.push_back(word());
  } else if (takes("t")) {
    line.kind = Kind::Tuple;
    words(line, sized());
  } else if (takes("F")) {
    line.kind = Kind::Float;
    line.text = chars(sized());
  } else if (takes("B")) {
    line.kind = Kind::Integer;
    line.text = decimal();
  } else if (takes("P")) {
    line.kind = Kind::Pid;
    line.text = identifier(3);
  } else if (takes("p")) {
    line.kind = Kind::Port;
    line.text = identifier(2);
  } else if (takes("E") || rest_.starts_with("Yh")) {
    line.kind = takes("Yh") ? Kind::Bytes : Kind::External;
    line.bytes = base64(sized());
  } else if (takes("Yc") || rest_.starts_with("Ys")) {
    line.kind = takes("Ys") ? Kind::SubBinary : Kind::BinaryRef;
    line.base = sized();
    line.offset = sized();
    line.size = hex();
  } else if (takes("Mf")) {
    line.kind = Kind::FlatMap;
    line.size = sized();
    line.words.push_back(word());
    take(':');
    words(line, line.size);
  } else if (takes("Mh")) {
    line.kind = Kind::HashMap;
    line.size = sized();
    words(line, sized());
  } else if (takes("Mn")) {
    line.kind = Kind::HashNode;
    words(line, sized());
  } else {
    fault("no such kind of line");
  }
  end();
  return line;
}

bool is_atom_text(std::string_view text, std::string_view name) {
  if (!text.starts_with('\'')) return text == name;
  if (text.size() < 2 || !text.ends_with('\'')) return false;
  std::string read;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\'') return false;   // within quotes it is escaped
    if (text[i] != '\\') {
      read += text[i];
      continue;
    }
    static constexpr std::string_view kEscapes = "nftrbv", kMeant = "\n\f\t\r\b\v";
    const char escaped = text[++i];
    if (const size_t which = kEscapes.find(escaped); which != kEscapes.npos) {
      read += kMeant[which];
    } else if (is_digit(escaped)) {
      if (i + 3 >= text.size()) return false;
      unsigned code = 0;
      if (std::from_chars(text.data() + i, text.data() + i + 3, code, 8).ptr != text.data() + i + 3) return false;
      i += 2;
      if (code >= 0x80) read += static_cast<char>(0xC0 | code >> 6);
      read += static_cast<char>(code >= 0x80 ? 0x80 | (code & 0x3F) : code);
    } else {
      read += escaped;
    }
  }
  return read == name;
}

}  // namespace athanor::fuzz
