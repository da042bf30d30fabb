// SPDX-License-Identifier: Apache-2.0
// Terms as erlang:display/1 writes them. One frame a container under way; stops when the text is long enough.
#include "term/print.hpp"

#include <charconv>
#include <cstdio>

#include "term/binary.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"
#include "term/map/trie.hpp"
#include "term/work_stack.hpp"

namespace athanor {
namespace {

void append_number(std::string& out, uint64_t value, int base = 10) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, base).ptr;
  out.append(buffer, end);
}

// OTP: the number before the first dot is 0 for our node, else the index of the node's name.
uint64_t channel(Term identifier) {
  Term name = node_of(identifier).name;
  return name == local_node().name ? 0 : name.atom_index();
}

// --- atoms ---
bool is_lower(unsigned c) { return (c >= 'a' && c <= 'z') || (c >= 0xDF && c != 0xF7 && c <= 0xFF); }
bool is_upper(unsigned c) { return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7); }

// Characters above Latin-1 need quotes; 0 stands for them.
unsigned latin1_at(std::string_view text, size_t& index) {
  auto c = static_cast<uint8_t>(text[index++]);
  if (c < 0x80) return c;
  unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
  unsigned value = more == 1 && index < text.size() ? (c & 0x1Fu) << 6 | (static_cast<uint8_t>(text[index]) & 0x3Fu) : 0;
  index = std::min(index + more, text.size());
  return value > 0xFF ? 0 : value;
}

bool needs_quotes(std::string_view text) {
  size_t index = 0;
  if (text.empty() || !is_lower(latin1_at(text, index))) return true;
  while (index < text.size()) {
    unsigned c = latin1_at(text, index);
    if (!(is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '_')) return true;
  }
  return false;
}

void append_octal(std::string& out, unsigned c) {
  out += '\\';
  std::string digits;
  append_number(digits, c, 8);
  out.append(digits.size() < 3 ? 3 - digits.size() : 0, '0');
  out += digits;
}

void append_atom(std::string& out, Term atom) {
  std::string_view text = atom_text(atom);
  bool quotes = needs_quotes(text);
  if (quotes) out += '\'';
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<uint8_t>(text[i]);
    switch (c) {
      case '\'': out += "\\'"; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '\b': out += "\\b"; break;
      case '\v': out += "\\v"; break;
      default:
        if (c < ' ') {
          append_octal(out, c);
        } else if (c == 0xC2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xA0) {
          append_octal(out, static_cast<uint8_t>(text[++i]));
        } else {
          out += static_cast<char>(c);
        }
    }
  }
  if (quotes) out += '\'';
}

// --- leaves ---
void append_float(std::string& out, double value) {
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific, 6).ptr;
  out.append(buffer, end);
}

void append_pid(std::string& out, Term pid) {
  out += '<';
  append_number(out, channel(pid));
  out += '.';
  append_number(out, pid_id(pid));
  out += '.';
  append_number(out, pid_serial(pid));
  out += '>';
}

void append_port(std::string& out, Term port) {
  out += "#Port<";
  append_number(out, channel(port));
  out += '.';
  append_number(out, port_id(port));
  out += '>';
}

void append_reference(std::string& out, Term reference) {
  out += "#Ref<";
  append_number(out, channel(reference));
  ReferenceNumbers all = reference_numbers(reference);
  for (uint32_t i = all.count; i-- > 0;) {
    out += '.';
    append_number(out, all.numbers[i]);
  }
  out += '>';
}

void append_fun(std::string& out, Term fun) {
  if (is_local_fun(fun)) {
    const FunHead* entry = fun_entry(fun);
    out += "#Fun<";
    out += atom_text(entry->module);
    out += '.';
    append_number(out, entry->index);
    out += '.';
    append_number(out, entry->old_uniq);
    out += '>';
    return;
  }
  const Mfa& mfa = export_entry(fun)->mfa;
  out += "fun ";
  append_atom(out, mfa.module);
  out += ':';
  append_atom(out, mfa.function);
  out += '/';
  append_number(out, mfa.arity);
}

// OTP: single bytes of a string are shown as they are, but for quote and newline.
bool is_printable_list(Term list) {
  for (; list.is_list_cell(); list = list.tail()) {
    Term head = list.head();
    if (!head.is_small()) return false;
    int64_t c = head.small_value();
    bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (c < 0 || c > 255 || ((c < 32 || c == 127 || (c > 127 && c < 160)) && !space)) return false;
  }
  return list.is_nil();
}

void append_string(std::string& out, Term list, size_t limit) {
  out += '"';
  for (; list.is_list_cell() && out.size() < limit; list = list.tail()) {
    auto c = static_cast<char>(list.head().small_value());
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void append_bitstring(std::string& out, Term t, size_t limit) {
  binary::Bits bits = binary::bits_of(t);
  size_t count = bits.bit_size / 8;
  auto rest = static_cast<unsigned>(bits.bit_size % 8);
  const auto byte = [&](size_t index, unsigned width) {
    uint8_t value = 0;
    binary::copy_bits(bits.bytes, bits.bit_offset + index * 8, &value, 8 - width, width);
    return value;
  };
  bool printable = rest == 0 && count != 0;
  for (size_t i = 0; printable && i < count; ++i) {
    uint8_t c = byte(i, 8);
    printable = c >= ' ' && c < 127;
  }
  out += printable ? "<<\"" : "<<";
  for (size_t i = 0; i < count && out.size() < limit; ++i) {
    uint8_t c = byte(i, 8);
    if (printable) {
      if (c == '"') out += '\\';
      out += static_cast<char>(c);
    } else {
      if (i != 0) out += ',';
      append_number(out, c);
    }
  }
  if (rest != 0) {
    if (count != 0) out += ',';
    append_number(out, byte(count, rest));
    out += ':';
    append_number(out, rest);
  }
  out += printable ? "\">>" : ">>";
}

class Printer {
 public:
  explicit Printer(size_t limit) : limit_(limit) {}

  std::string run(Term t) {
    for (;;) {
      if (out_.size() > limit_) {
        out_ += "... ";
        return std::move(out_);
      }
      enter(t);
      for (;;) {
        if (stack_.empty()) return std::move(out_);
        if (step(t)) break;
      }
    }
  }

 private:
  enum class Kind : uint32_t { Elements, Tail, FlatMap };
  struct Frame {
    Kind kind;
    bool value;            // of a map: the value comes next
    bool first;
    const Term* next;      // elements or values
    const Term* keys;
    size_t count;
    Term list;             // rest of a list
  };

  // Writes the separator and gives the next term of the container on top; false: it is closed.
  bool step(Term& t) {
    Frame& frame = stack_.top();
    if (frame.kind == Kind::Tail) {
      Term rest = frame.list;
      if (rest.is_list_cell()) {
        if (!frame.first) out_ += ',';
        frame.first = false;
        frame.list = rest.tail();
        t = rest.head();
        return true;
      }
      if (!rest.is_nil()) {
        out_ += '|';
        frame.list = Term::nil();
        t = rest;
        return true;
      }
      out_ += ']';
      stack_.pop();
      return false;
    }
    if (frame.value) {
      out_ += "=>";
      frame.value = false;
      t = *frame.next++;
      return true;
    }
    if (frame.count == 0) {
      out_ += '}';
      stack_.pop();
      return false;
    }
    if (!frame.first) out_ += ',';
    frame.first = false;
    --frame.count;
    if (frame.kind == Kind::FlatMap) {
      frame.value = true;
      t = *frame.keys++;
    } else {
      t = *frame.next++;
    }
    return true;
  }

  void open(Kind kind, const Term* next, const Term* keys, size_t count) {
    stack_.push({kind, false, true, next, keys, count, Term{}});
  }

  void enter(Term t) {
    if (t.is_list_cell()) {
      if (is_printable_list(t)) {
        append_string(out_, t, limit_);
        return;
      }
      out_ += '[';
      stack_.push({Kind::Tail, false, true, nullptr, nullptr, 0, t});
      return;
    }
    if (t.is_boxed()) return enter_boxed(t);
    if (t.is_small()) out_ += integer::to_text(t, 10);
    else if (t.is_atom()) append_atom(out_, t);
    else if (t.is_nil()) out_ += "[]";
    else if (t.is_local_pid()) append_pid(out_, t);
    else if (t.is_local_port()) append_port(out_, t);
    else out_ += "<bad term>";
  }

  void enter_boxed(Term t) {
    const Term* box = t.pointer();
    size_t arity = header_arity(box->raw);
    switch (header_kind(box->raw)) {
      case BoxedKind::Tuple:
        out_ += '{';
        return open(Kind::Elements, box + 1, nullptr, arity);
      case BoxedKind::PositiveBig:
      case BoxedKind::NegativeBig:
        out_ += integer::to_text(t, 10);
        return;
      case BoxedKind::Float:
        return append_float(out_, float_value(t));
      case BoxedKind::FlatMap:
        out_ += "#{";
        return open(Kind::FlatMap, box + 3, tuple_elements(box[2]), map_size(t));
      case BoxedKind::HashMap:
      case BoxedKind::HashNode: {
        // OTP: hashed maps are shown as the trie they are.
        out_ += header_kind(box->raw) == BoxedKind::HashMap ? "#<" : "<";
        append_number(out_, map::view(t).bitmap, 16);
        out_ += ">{";
        return open(Kind::Elements, box + 2, nullptr, arity - 1);
      }
      case BoxedKind::Fun:
      case BoxedKind::Export:
        return append_fun(out_, t);
      case BoxedKind::HeapBinary:
      case BoxedKind::BinaryRef:
      case BoxedKind::SubBinary:
        return append_bitstring(out_, t, limit_);
      case BoxedKind::MatchContext:
        out_ += "#MatchState";
        return;
      case BoxedKind::Reference:
      case BoxedKind::MagicReference:
      case BoxedKind::ExternalReference:
        return append_reference(out_, t);
      case BoxedKind::ExternalPid:
        return append_pid(out_, t);
      case BoxedKind::ExternalPort:
        return append_port(out_, t);
      case BoxedKind::kCount:
        break;
    }
    out_ += "<bad box>";
  }

  size_t limit_;
  std::string out_;
  WorkStack<Frame, 16> stack_;
};

}  // namespace

std::string to_text(Term t, size_t max_bytes) { return Printer(max_bytes).run(t); }

std::string pid_text(Term pid) {
  std::string out;
  append_pid(out, pid);
  return out;
}

}  // namespace athanor
